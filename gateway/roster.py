"""The site file, and beside it the tags that people have given to wearers since."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from pydantic import PrivateAttr

from contract.report import Assignments
from contract.site import Site

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")


class Roster(Site):
    """A site whose tags may change while the gateway runs; all else is the file's.

    The site file is believed before anything that was said in the console. Whoever carries no
    device in the file is left out: there would be no device to name in what is found.
    """

    _of_tag: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _seq: int = PrivateAttr(0)

    @classmethod
    def of(cls, site: Site) -> Roster:
        """Return the site with the tags of its file."""
        roster = cls.model_construct(**{name: getattr(site, name) for name in Site.model_fields})
        roster._of_tag = dict(site.wearer_of_tag)
        return roster

    @property
    def wearer_of_tag(self) -> Mapping[str, str]:
        """Wearer ids by the tag they carry."""
        return self._of_tag

    @property
    def seq(self) -> int:
        """The newest assignment that was taken up."""
        return self._seq

    def take_up(self, assignments: Assignments) -> None:
        """Believe these from now on, and no others beside the file's."""
        of_file = {d.tag: d.wearer for d in self.device if d.tag and d.wearer}
        carrying = {d.wearer for d in self.device if d.wearer}
        said = {each.tag: each.wearer for each in assignments.tags}
        strangers = sorted({wearer for wearer in said.values() if wearer not in carrying})
        if strangers:
            log.warning("tags-of-strangers", wearers=strangers)
        # One reference: whoever reads meanwhile sees the old ones or the new ones.
        self._of_tag = {t: w for t, w in said.items() if w in carrying} | of_file
        self._seq = assignments.seq

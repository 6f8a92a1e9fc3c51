"""Whose tag is whose: the site file's word, and beside it what people assigned since."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from contract.assignment import AssignmentBlock, refusal
from contract.site import Site

KEPT = 16
"""Assignments that are remembered of one tag; the oldest go first."""


class Worn(NamedTuple):
    """Who carries a tag from an instant on. Sorts by time, and of one instant by number."""

    since_ns: int
    seq: int
    wearer: str | None


@dataclass(frozen=True, slots=True)
class Assignments:
    """The assignments of each tag, oldest first. Never changed in place.

    In which order they come, and how often, makes no difference: each is put where it belongs.
    A read is of whoever carried the tag when it was read, so one that was spooled meanwhile is not
    of the next wearer. Before the first assignment the tag is taken for that wearer's already: a
    reader whose clock is behind must not hide them.
    """

    of_tag: Mapping[str, tuple[Worn, ...]] = field(default_factory=dict)
    several: frozenset[str] = frozenset()
    """Wearers who carry more than one tag, those of the site file included."""

    def after(self, block: AssignmentBlock, site: Site) -> Assignments:
        """Return them with one more; the very same where the site refuses it, or it is known."""
        worn = Worn(block.t0_ns, block.seq, block.wearer)
        known = self.of_tag.get(block.tag, ())
        if worn in known or refusal(site, block) is not None:
            return self
        of_tag = {**self.of_tag, block.tag: tuple(sorted((*known, worn), key=_order))[-KEPT:]}
        return Assignments(of_tag, _several(of_tag, site))

    def wearer(self, site: Site, tag: str, at_ns: int) -> str | None:
        """Return who carries a tag at an instant, None for nobody. The site file comes first."""
        of_file = site.wearer_of_tag.get(tag)
        if of_file is not None:
            return of_file
        known = self.of_tag.get(tag)
        if known is None:
            return None
        number = bisect_right(known, at_ns, key=lambda worn: worn.since_ns)
        return known[max(0, number - 1)].wearer


def _order(worn: Worn) -> tuple[int, int]:
    return worn.since_ns, worn.seq


def _several(of_tag: Mapping[str, tuple[Worn, ...]], site: Site) -> frozenset[str]:
    tags = Counter(site.wearer_of_tag.values())
    tags.update(
        known[-1].wearer
        for tag, known in of_tag.items()
        if known[-1].wearer is not None and tag not in site.wearer_of_tag
    )
    return frozenset(person for person, count in tags.items() if count > 1)

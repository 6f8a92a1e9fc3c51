"""A rule that looks at one person at a time: nobody else's crossing is its business."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import Rule
from detectors.zone.scene import Inside, Scene


class Personal(Rule):
    """What it claims of somebody hangs on them, the zone and the time: not on who else is there.

    So a crossing costs one look at one person, however many are in the zone.
    """

    @abstractmethod
    def claims_of(self, scene: Scene, who: Inside) -> Iterator[Claim | Recheck]:
        """Yield what is wrong with somebody being here, all of it about them."""

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield what is wrong with anybody being here."""
        for who in self.people(scene):
            yield from self.claims_of(scene, who)

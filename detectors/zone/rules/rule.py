"""What a rule is: a thing that a zone's declaration asks for, looked at when something changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from contract.detection_kinds import DetectionKind
from contract.zone import Zone
from detectors.zone.ground import UNIDENTIFIED, Ground
from detectors.zone.permission import Verdict
from detectors.zone.rules.claim import Claim, FactValue, Recheck
from detectors.zone.scene import Energy, Inside, Scene

NAMES_TOLD = 12


class RuleSettings(BaseModel):
    """What all zones of a site have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dwell_steps_s: tuple[float, ...] = Field(
        (5.0, 30.0, 120.0, 600.0), description="A breach is told again when it lasts this long"
    )
    rejoin_s: float = Field(20.0, ge=0, le=600, description="Back within this: the same breach")
    repeat_s: float = Field(
        8 * 3600, ge=0, le=7 * 86_400, description="Breaches within this are counted together"
    )
    company_s: float = Field(
        10.0, ge=0, le=600, description="Escort, second person or attendant may be so late"
    )
    badge_s: float = Field(
        3.0, ge=0, le=600, description="A badge may be read so much later than a camera sees"
    )
    renew_s: float = Field(
        5.0, ge=1, le=600, description="A change of who is concerned is told at most this often"
    )
    casualty_s: float = Field(
        3600, gt=0, le=86_400, description="So long somebody who went down counts as down"
    )
    quiet_counts_s: float = Field(
        900,
        ge=0,
        le=86_400,
        description="A tag gone quiet so long before an evacuation may still be inside",
    )
    together_s: float = Field(
        20.0, ge=0, le=600, description="Tags that go quiet within this are one blind area …"
    )
    together_people: int = Field(3, ge=2, le=1000, description="… if there are so many")


@dataclass(frozen=True, slots=True)
class Rule(ABC):
    """One rule on one zone. It remembers nothing: what lasts is the scene's and the docket's."""

    kind: ClassVar[DetectionKind]
    """The kind of the detections that it leads to."""
    zone: Zone
    ground: Ground
    settings: RuleSettings

    @classmethod
    @abstractmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Whether a zone's declaration asks for this rule."""

    @abstractmethod
    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield what is wrong in the zone, and when to look again though nothing happens."""

    def looks_at(self) -> frozenset[str]:
        """Return the zones whose comings and goings matter to it."""
        return frozenset({self.zone.id})

    # What several rules ask.

    def energy(self, scene: Scene) -> Energy:
        """Return the state of the zone, as told or as declared."""
        return scene.energy.get(self.zone.id) or Energy(self.zone.declared_state, 0)

    def danger(self, scene: Scene) -> dict[str, FactValue]:
        """Return the facts about the zone's hazard."""
        live = self.zone.is_live(self.energy(scene).state)
        return {"hazard": self.zone.hazard, "live": live, "idlh": self.zone.idlh}

    def people(self, scene: Scene) -> tuple[Inside, ...]:
        """Return the people of the site who are in the zone, first come first."""
        return scene.people(self.zone.id)

    def count(self, scene: Scene) -> int:
        """Return how many they are."""
        return len(scene.inside.get(self.zone.id, ()))

    def unexplained(self, scene: Scene) -> tuple[Inside, ...]:
        """Return whom a camera sees here beyond the people with badges, who came last.

        Cameras do not know whom they see, so people are counted. Of two cameras on one zone, the
        one that sees more counts: both see the same people.
        """
        seen = scene.strangers(self.zone.id, UNIDENTIFIED)
        if not seen:
            return ()
        device, _ = Counter(who.device for who in seen).most_common(1)[0]
        mine = tuple(who for who in seen if who.device == device)
        return mine[self.count(scene) :]

    def innermost(self, scene: Scene, person: str) -> bool:
        """Whether somebody here is not in a zone within this one, which has rules of its own."""
        return self.ground.is_innermost(self.zone.id, scene.where.get(person, ()))

    def verdict(self, scene: Scene, person: str) -> Verdict:
        """Return whether somebody may be here."""
        energy = self.energy(scene)
        return self.ground.permissions.judge(
            person, self.zone, energy.state, energy.since_ns, scene.known_ns(person)
        )

    def title(self) -> str:
        """Return the zone as people call it."""
        return self.ground.title(self.zone.id)


def listed(names: tuple[str, ...]) -> str:
    """Return names in a row, at most twelve of them.

    >>> listed(("a", "b"))
    'a, b'
    """
    more = f" and {len(names) - NAMES_TOLD} more" if len(names) > NAMES_TOLD else ""
    return ", ".join(name[:24] for name in names[:NAMES_TOLD]) + more

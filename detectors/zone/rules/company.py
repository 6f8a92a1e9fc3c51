"""Somebody is without the company that the zone asks for: a second person, or an attendant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.zone import Zone
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import Rule, listed
from detectors.zone.scene import Inside, Scene


class Company(Rule):
    """The two-person rule: whoever is here is not fewer than `least_people`.

    Everybody counts, also who may not be there: so a permission never makes anybody short of
    company, and who may not be there is a breach of its own.
    """

    kind: ClassVar[DetectionKind] = DetectionKind.TWO_PERSON

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it where there is a least number."""
        return zone.least_people > 1

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield that too few are there."""
        if not 0 < self.count(scene) < self.zone.least_people:
            return
        people = self.people(scene)
        words = f"{len(people)} in {self.title()}, which asks for {self.zone.least_people}"
        yield _short(self, scene, people, words)


class Attendant(Rule):
    """While somebody is here, an attendant of a valid permit is in an adjacent zone.

    29 CFR 1910.146(b): an attendant is "stationed outside one or more permit spaces" and "monitors
    the authorized entrants".
    """

    kind: ClassVar[DetectionKind] = DetectionKind.NO_ATTENDANT

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it where an attendant is asked for."""
        return zone.attendant

    def looks_at(self) -> frozenset[str]:
        """Look at the zones around as well: the attendant stands there."""
        return self.ground.ways[self.zone.id] | {self.zone.id}

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield that nobody stands outside."""
        inside = scene.inside.get(self.zone.id)
        if not inside:
            return
        ways = self.ground.ways[self.zone.id]
        for person, spans in self.ground.permissions.attendants.get(self.zone.id, {}).items():
            near = person not in inside and not ways.isdisjoint(scene.where.get(person, ()))
            validity = spans.at(scene.now_ns)
            if near and validity.standing == "valid":
                if validity.until_ns is not None:
                    yield Recheck(validity.until_ns)
                return
        people = self.people(scene)
        yield _short(self, scene, people, f"nobody attends to who is in {self.title()}")


def _short(rule: Rule, scene: Scene, people: tuple[Inside, ...], words: str) -> Claim:
    names = tuple(who.person for who in people)
    changed_ns = (scene.changed_ns.get(zone, 0) for zone in rule.looks_at())
    onset_ns = min(scene.now_ns, max(changed_ns, default=scene.now_ns))
    return Claim(
        rule.kind,
        None,
        onset_ns,
        onset_ns + ns(rule.settings.company_s),
        scene.now_ns,
        f"{words}: {listed(names)}",
        {**rule.danger(scene), "people": len(people)},
        steps_s=rule.settings.dwell_steps_s,
        device=people[0].device,
        confidence=min(who.confidence for who in people),
        names=names,
    )

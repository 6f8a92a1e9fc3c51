"""Somebody is about to go in after somebody who is down, and is not cleared to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.zone import Zone
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import Rule
from detectors.zone.scene import Scene


class Rescuer(Rule):
    """While somebody is down in an IDLH zone, who comes to its edge is cleared for it.

    About a quarter of those who died in confined spaces were attempting rescue, most of them
    co-workers (Suruda et al., J. Hazard. Mater. 36 (1994) 45-53). "About to" means: came into an
    adjacent zone after the other went down, or was refused at a door of the zone since then.
    Whoever stood there before is not taken for a rescuer. Cleared is who may be in the zone now,
    or has its `rescue_training`.
    """

    kind: ClassVar[DetectionKind] = DetectionKind.RESCUER

    @classmethod
    def asked_by(cls, zone: Zone) -> bool:
        """Ask it of zones that are immediately dangerous to life or health."""
        return zone.idlh

    def looks_at(self) -> frozenset[str]:
        """Look at the zones around."""
        return self.ground.ways[self.zone.id] | {self.zone.id}

    def claims(self, scene: Scene) -> Iterator[Claim | Recheck]:
        """Yield who is at the edge."""
        lasts_ns = ns(self.settings.casualty_s)
        down = [
            casualty
            for casualty in scene.casualties.values()
            if casualty.zone == self.zone.id and scene.now_ns < casualty.onset_ns + lasts_ns
        ]
        if not down:
            return
        yield Recheck(max(casualty.onset_ns for casualty in down) + lasts_ns)
        first_ns = min(casualty.onset_ns for casualty in down)
        victims = {casualty.person for casualty in down}
        for person, (near, since_ns, device) in sorted(self._near(scene, first_ns).items()):
            at_ns = scene.known_ns(person)
            trained = self.ground.permissions.is_trained(person, self.zone.rescue_training, at_ns)
            verdict = self.verdict(scene, person)
            if verdict.until_ns is not None:
                yield Recheck(verdict.until_ns)
            if person in victims or trained or verdict.answer == "yes":
                continue
            onset_ns = min(max(since_ns, first_ns), at_ns)
            yield Claim(
                self.kind,
                person,
                onset_ns,
                onset_ns,
                at_ns,
                f"is {near} {self.title()}, where somebody is down, and is not cleared to go in",
                {**self.danger(scene), "authorised": "no"},
                device=device,
            )

    def _near(self, scene: Scene, first_ns: int) -> dict[str, tuple[str, int, str | None]]:
        found: dict[str, tuple[str, int, str | None]] = {}
        for person, (zone, at_ns) in scene.denied.items():
            inside = self.zone.id in scene.where.get(person, ())
            if zone == self.zone.id and at_ns >= first_ns and not inside:
                found[person] = ("at a closed door of", at_ns, None)
        inside_now = {who.person for who in self.people(scene)}
        for near in sorted(self.ground.ways[self.zone.id]):
            for who in scene.people(near):
                came = who.since_ns >= first_ns and who.person not in inside_now
                if came and who.person in self.ground.site.wearers:
                    found.setdefault(who.person, ("next to", who.since_ns, who.device))
        return found

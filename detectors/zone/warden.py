"""Follows what happens on a site, and says which rules it breaks. Knows nothing of reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.instants import ns
from detectors.finding import Finding
from detectors.zone.crossing import Crossing
from detectors.zone.docket import Docket
from detectors.zone.ground import NAMELESS, UNIDENTIFIED, Ground
from detectors.zone.rulebook import Rulebook
from detectors.zone.rules.rule import RuleSettings
from detectors.zone.scene import Casualty, Energy, Evacuation, Quiet, Scene

BEHIND_NS = ns(5)
"""Crossings so far in the past were delivered late: nobody's stay is counted beyond them."""
AHEAD_NS = ns(5)
"""A reader's clock may be so far ahead of the ticks; further, it does not bring the time."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What is so, and which breaches are open. Never changed in place."""

    scene: Scene = Scene()  # noqa: RUF009 -- frozen: one empty scene serves all
    docket: Docket = Docket()  # noqa: RUF009 -- the same


Told = tuple[Watch, tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Warden:
    """A site and its rules. Make it once with `of`; each method returns the watch after a thing."""

    ground: Ground
    rulebook: Rulebook

    @classmethod
    def of(cls, ground: Ground, settings: RuleSettings) -> Warden:
        """Return the warden of a site."""
        return cls(ground, Rulebook.of(ground, settings))

    def crossed(self, watch: Watch, crossings: Iterable[Crossing]) -> Told:
        """Follow one person's crossings, in the order of time."""
        found: tuple[Finding, ...] = ()
        for settled in _together(crossings):
            watch, new = self._followed(watch, settled)
            found += new
        return watch, found

    def fell_quiet(self, watch: Watch, person: str, quiet: Quiet) -> Told:
        """Note that somebody in no zone any more was not seen leaving; or was heard once more."""
        scene = watch.scene.fell_quiet(person, quiet)
        docket, found = self.rulebook.look_at(scene, watch.docket, person, quiet.zones)
        return Watch(scene, docket), found

    def energised(self, watch: Watch, zone: str, energy: Energy) -> Told:
        """Note a zone's state."""
        if zone not in self.ground.site.zones:
            return watch, ()
        return self._told(watch, watch.scene.energised(zone, energy), energy.since_ns, (zone,))

    def evacuated(self, watch: Watch, zones: Sequence[str], evacuation: Evacuation) -> Told:
        """Note that zones are to be left, or may be entered; all but assembly points if none."""
        every = tuple(zone.id for zone in self.ground.site.zone if not zone.muster)
        chosen = tuple(zone for zone in zones or every if zone in every)
        scene = watch.scene.evacuated(chosen, evacuation)
        return self._told(watch, scene, evacuation.since_ns, chosen)

    def down(self, watch: Watch, detection: str, casualty: Casualty, *, over: bool) -> Told:
        """Note that somebody is down, or is up again."""
        scene = watch.scene.down(detection, None if over else casualty)
        return self._told(watch, scene, casualty.onset_ns, (casualty.zone,))

    def refused(self, watch: Watch, person: str, zone: str, at_ns: int) -> Told:
        """Note that the door of a zone stayed shut for somebody."""
        return self._told(watch, watch.scene.refused(person, zone, at_ns), at_ns, (zone,))

    def ticked(self, watch: Watch, at_ns: int) -> Told:
        """Note the time: whoever was behind is up to date now, as far as anybody knows."""
        scene, docket = watch.scene, watch.docket
        now_ns = scene.now_ns
        if scene.tick_ns is not None and at_ns < scene.tick_ns:
            now_ns = min(now_ns, at_ns)  # the clock was set back: time goes on from there
        behind = scene.behind
        scene = replace(scene, now_ns=now_ns, tick_ns=at_ns, behind={})
        found: tuple[Finding, ...] = ()
        for person in behind:  # what fell due while they were behind is due now
            zones = scene.where.get(person, ())
            docket, new = self.rulebook.look_at(scene, docket, person, zones)
            found += new
        return Watch(scene, docket), found

    def advance(self, watch: Watch, at_ns: int) -> Told:
        """Let time pass, and look at what falls due."""
        scene, docket, found = self.rulebook.advance(watch.scene, watch.docket, at_ns)
        return Watch(scene, docket), found

    def _followed(self, watch: Watch, crossings: Sequence[Crossing]) -> Told:
        """Follow crossings of one person that were settled at once."""
        last = crossings[-1]
        person = last.person
        watch, found = self.advance(watch, self._time(watch.scene, last.decided_ns))
        scene = watch.scene
        if last.decided_ns < scene.now_ns - BEHIND_NS:
            scene = replace(scene, behind={**scene.behind, person: last.decided_ns})
        was = self._innermost(scene, person)
        since_ns = _since(scene, was, person)
        left_ns: dict[str, dict[str, int]] = {}
        quiet = scene.quiet.get(person)
        zones = dict.fromkeys(crossing.zone for crossing in crossings)
        zones.update(dict.fromkeys(quiet.zones if quiet is not None else ()))
        for crossing in crossings:
            scene = scene.crossed(crossing, self.ground)
            if crossing.direction == "exit":
                left_ns[crossing.zone] = {person: crossing.at_ns}
                if person.startswith(UNIDENTIFIED):
                    # What is claimed of them is claimed of nobody by name.
                    left_ns[crossing.zone][""] = crossing.at_ns
        # Around a zone that they left, or came into, they are now the innermost, or no longer.
        zones.update(dict.fromkeys(scene.where.get(person, ())))
        now = self._innermost(scene, person)
        if was != now and not person.startswith(NAMELESS):
            if was is not None:
                found += (_moved("clear", was, since_ns, last),)
            if now is not None:
                found += (_moved("onset", now, _since(scene, now, person), last),)
        docket, new = self.rulebook.look_at(scene, watch.docket, person, zones, left_ns)
        return Watch(scene, docket), found + new

    def _told(self, watch: Watch, scene: Scene, at_ns: int, zones: Sequence[str]) -> Told:
        """Look at what concerns these zones, of which something else than presence was told."""
        until_ns = self._time(scene, at_ns)
        watch, found = self.advance(replace(watch, scene=scene), until_ns)
        watch, new = self._look(watch, zones)
        return watch, found + new

    def _look(self, watch: Watch, zones: Sequence[str]) -> Told:
        docket, found = self.rulebook.look(watch.scene, watch.docket, zones)
        return replace(watch, docket=docket), found

    def _time(self, scene: Scene, at_ns: int) -> int:
        """Return how far something that happened brings the time."""
        return at_ns if scene.tick_ns is None else min(at_ns, scene.tick_ns + AHEAD_NS)

    def _innermost(self, scene: Scene, person: str) -> str | None:
        return self.ground.innermost(scene.where.get(person, ()))


def _together(crossings: Iterable[Crossing]) -> list[list[Crossing]]:
    """Return crossings in groups that happened at once."""
    groups: list[list[Crossing]] = []
    for crossing in crossings:
        if groups and groups[-1][-1].at_ns == crossing.at_ns:
            groups[-1].append(crossing)
        else:
            groups.append([crossing])
    return groups


def _since(scene: Scene, zone: str | None, person: str) -> int:
    inside = scene.inside.get(zone or "", {}).get(person)
    return 0 if inside is None else inside.since_ns


def _moved(phase: Phase, zone: str, since_ns: int, crossing: Crossing) -> Finding:
    return Finding(
        kind=DetectionKind.PRESENCE,
        phase=phase,
        onset_ns=since_ns,
        decided_ns=max(crossing.decided_ns, since_ns),
        confidence=min(1.0, max(0.0, crossing.confidence)),
        reason=f"{'enters' if phase == 'onset' else 'leaves'} {zone}",
        evidence=dict(crossing.evidence),
        zone=zone,
        device=crossing.device,
        person=crossing.person,
    )

"""What is so now, as far as is known: who is where, what the zones do, who is down, who is quiet.

Nothing here is changed in place: each method returns another scene.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from contract.zonestate import EnergyState
from detectors.zone.crossing import Crossing
from detectors.zone.ground import NAMELESS, Ground
from detectors.zone.shelves import Shelves

K = TypeVar("K")
V = TypeVar("V")
CASUALTIES_KEPT = 256


class Inside(NamedTuple):
    """Somebody in a zone."""

    person: str
    since_ns: int
    confidence: float
    device: str | None
    track: str | None = None
    """Whom a camera sees, as in `detection/1`."""


class Quiet(NamedTuple):
    """Somebody of whom nothing is heard any more, though nothing showed them leaving."""

    zones: tuple[str, ...]
    """Where they were, the innermost first."""
    heard_ns: int
    device: str | None


class Used(NamedTuple):
    """What somebody has used of a longest stay."""

    stayed_ns: int
    left_ns: int


class Casualty(NamedTuple):
    """Somebody who is down, or calls for help."""

    person: str | None
    zone: str
    onset_ns: int


class Energy(NamedTuple):
    """A zone's state, and since when."""

    state: EnergyState
    since_ns: int


class Evacuation(NamedTuple):
    """Whether a zone is to be left, and since when."""

    on: bool
    since_ns: int


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a rule looks at besides the site file."""

    now_ns: int = 0
    tick_ns: int | None = None
    """The last tick."""
    inside: Mapping[str, Mapping[str, Inside]] = field(default_factory=dict)
    """By zone and person: people of the site."""
    nameless: Mapping[str, Mapping[str, Inside]] = field(default_factory=dict)
    """The same of tags that nobody carries, and of whom cameras see."""
    where: Shelves[tuple[str, ...]] = field(default_factory=Shelves)
    """By person: the zones that they are in."""
    changed_ns: Mapping[str, int] = field(default_factory=dict)
    """By zone: when somebody came or left last."""
    quiet: Mapping[str, Quiet] = field(default_factory=dict)
    quiet_in: Mapping[str, Mapping[str, Quiet]] = field(default_factory=dict)
    """The same by zone, the innermost that they were in, and person."""
    used: Mapping[tuple[str, str], Used] = field(default_factory=dict)
    """By zone and person, where a longest stay counts on after a short absence."""
    behind: Mapping[str, int] = field(default_factory=dict)
    """By person whose reads arrive late: up to when they have been judged."""
    energy: Mapping[str, Energy] = field(default_factory=dict)
    evacuation: Mapping[str, Evacuation] = field(default_factory=dict)
    casualties: Mapping[str, Casualty] = field(default_factory=dict)
    """By the id of the detection."""
    denied: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """By person: the zone whose door stayed shut for them last, and when."""

    def people(self, zone: str) -> tuple[Inside, ...]:
        """Return who of the site is in a zone, first come first; of equals by name."""
        return _in_order(self.inside.get(zone, {}))

    def strangers(self, zone: str, prefix: str) -> tuple[Inside, ...]:
        """Return the nameless of a kind who are in a zone, in the same order."""
        there = self.nameless.get(zone)
        if not there:
            return ()
        return tuple(who for who in _in_order(there) if who.person.startswith(prefix))

    def known_ns(self, person: str) -> int:
        """Return up to when it is known where somebody is."""
        return min(self.now_ns, self.behind.get(person, self.now_ns))

    def crossed(self, crossing: Crossing, ground: Ground) -> Scene:
        """Return the scene after somebody came into a zone or left it."""
        zone, person, at_ns = crossing.zone, crossing.person, crossing.at_ns
        named = not person.startswith(NAMELESS)
        inside = self.inside if named else self.nameless
        there = inside.get(zone, {})
        others = tuple(z for z in self.where.get(person, ()) if z != zone)
        if crossing.direction == "entry":
            scene = self.seen(person)
            sure, device, track = crossing.confidence, crossing.device, crossing.track
            there = _with(there, person, Inside(person, at_ns, sure, device, track))
            others, used = (*others, zone), self.used
        elif person in there:
            scene, used = self, self.used
            if named:
                used = self._used(there[person], zone, at_ns, ground)
            there = _without(there, person)
        else:
            return self
        inside = _with(inside, zone, there)
        return replace(
            scene,
            inside=inside if named else scene.inside,
            nameless=scene.nameless if named else inside,
            where=self.where.having({person: others}) if others else self.where.without(person),
            changed_ns=_with(self.changed_ns, zone, at_ns),
            used=used,
        )

    def used_ns(self, zone: str, who: Inside, rest_ns: int) -> int:
        """Return how long somebody had stayed already when they came back."""
        used = self.used.get((zone, who.person))
        if used is None or who.since_ns - used.left_ns >= rest_ns:
            return 0
        return used.stayed_ns

    def _used(
        self, left: Inside, zone: str, at_ns: int, ground: Ground
    ) -> Mapping[tuple[str, str], Used]:
        rest_ns = round(ground.site.zones[zone].rest_s * 1e9)
        if not rest_ns:
            return self.used
        stayed_ns = self.used_ns(zone, left, rest_ns) + max(0, at_ns - left.since_ns)
        return _with(self.used, (zone, left.person), Used(stayed_ns, at_ns))

    def fell_quiet(self, person: str, quiet: Quiet) -> Scene:
        """Return the scene after somebody's tags fell silent where they were."""
        known = self.seen(person)
        quiet_in = known.quiet_in
        for zone in quiet.zones[:1]:
            quiet_in = _with(quiet_in, zone, _with(quiet_in.get(zone, {}), person, quiet))
        return replace(known, quiet=_with(known.quiet, person, quiet), quiet_in=quiet_in)

    def seen(self, person: str) -> Scene:
        """Return the scene after somebody who was quiet has been accounted for."""
        quiet = self.quiet.get(person)
        if quiet is None:
            return self
        quiet_in = self.quiet_in
        for zone in quiet.zones[:1]:
            quiet_in = _with(quiet_in, zone, _without(quiet_in[zone], person))
        return replace(self, quiet=_without(self.quiet, person), quiet_in=quiet_in)

    def energised(self, zone: str, energy: Energy) -> Scene:
        """Return the scene after a zone's state was told. What is older than the last is not."""
        known = self.energy.get(zone)
        if known is not None and known.since_ns > energy.since_ns:
            return self
        return replace(self, energy=_with(self.energy, zone, energy))

    def evacuated(self, zones: Iterable[str], evacuation: Evacuation) -> Scene:
        """Return the scene after zones were to be left, or may be entered again."""
        found = dict(self.evacuation)
        for zone in zones:
            known = found.get(zone)
            if known is None or known.since_ns <= evacuation.since_ns:
                found[zone] = evacuation
        return replace(self, evacuation=found)

    def down(self, detection: str, casualty: Casualty | None) -> Scene:
        """Return the scene after somebody went down, or with None is up again."""
        if casualty is None:
            return replace(self, casualties=_without(self.casualties, detection))
        found = _with(self.casualties, detection, casualty)
        if len(found) > CASUALTIES_KEPT:
            oldest = min(found, key=lambda known: (found[known].onset_ns, known))
            found = _without(found, oldest)
        return replace(self, casualties=found)

    def refused(self, person: str, zone: str, at_ns: int) -> Scene:
        """Return the scene after a door stayed shut."""
        return replace(self, denied=_with(self.denied, person, (zone, at_ns)))


def _in_order(there: Mapping[str, Inside]) -> tuple[Inside, ...]:
    return tuple(sorted(there.values(), key=lambda who: (who.since_ns, who.person)))


def _with(known: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return {**known, key: value}


def _without(known: Mapping[K, V], key: K) -> Mapping[K, V]:
    if key not in known:
        return known
    found = dict(known)
    del found[key]
    return found

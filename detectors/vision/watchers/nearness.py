"""Somebody on foot close to a vehicle that moves, where the camera knows the floor.

Only a model that tells vehicles apart can show it: `seen = "vehicle"` in tracks/1. MoveNet cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import dist
from typing import ClassVar, NamedTuple

from pydantic import Field

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.polygon import Point
from detectors.finding import Finding
from detectors.vision.floor import Floor
from detectors.vision.person import Person
from detectors.vision.watcher import Look, Watcher

OVER_NS = ns(3.0)


class Near(NamedTuple):
    """One person near one vehicle, by their numbers."""

    person: int
    vehicle: int
    since_ns: int
    last_ns: int
    least_m: float
    zone: str | None
    track: str
    """What the camera called the person then: boot/number."""


class NearVehicleWatcher(Watcher[tuple[Near, ...]]):
    """Who is on foot close to a vehicle that moves."""

    kind: ClassVar[str] = "near_vehicle"
    tells: ClassVar = frozenset({DetectionKind.NEAR_VEHICLE})

    near_m: float = Field(2.0, gt=0, le=50, description="On foot so close to a moving vehicle")
    moving_m_s: float = Field(0.5, ge=0, le=50, description="Slower than this a vehicle stands")

    def start(self) -> tuple[Near, ...]:
        """Return that nobody is near anything."""
        return ()

    def look(
        self, state: tuple[Near, ...], look: Look
    ) -> tuple[tuple[Near, ...], tuple[Finding, ...]]:
        """Return who is near what after a look, and whoever has come near or is no longer."""
        found: list[Finding] = []
        seen = [person for person in look.people.values() if person.last.t_ns == look.t_ns]
        after = {(near.person, near.vehicle): near for near in state}
        for person, vehicle, metres in _pairs(seen, look, self.near_m, self.moving_m_s):
            known = after.get((person.number, vehicle.number))
            if known is None:
                numbers = person.number, vehicle.number
                known = Near(
                    *numbers, look.t_ns, look.t_ns, metres, look.zone(person), person.track
                )
                found.append(_finding(known, "onset", look.t_ns))
            after[person.number, vehicle.number] = known._replace(
                last_ns=look.t_ns, least_m=min(metres, known.least_m)
            )
        for key, near in list(after.items()):
            if look.t_ns - near.last_ns >= OVER_NS:
                found.append(_finding(near, "clear", look.t_ns))
                del after[key]
        return tuple(after.values()), tuple(found)


def _pairs(
    seen: list[Person], look: Look, near_m: float, moving_m_s: float
) -> Iterator[tuple[Person, Person, float]]:
    floor, size_px = look.floor, look.size_px
    for vehicle in (each for each in seen if each.seen == "vehicle"):
        at = floor.place_m(vehicle.last.foot_px, size_px)
        speed = _speed_m_s(vehicle, at, floor, size_px)
        if at is None or speed < moving_m_s:
            continue
        for person in (each for each in seen if each.seen == "person"):
            stands = floor.place_m(person.last.foot_px, size_px)
            if stands is not None and dist(stands, at) <= near_m:
                yield person, vehicle, dist(stands, at)


def _speed_m_s(vehicle: Person, at: Point | None, floor: Floor, size_px: tuple[int, int]) -> float:
    x, y = vehicle.last.foot_px
    ahead_s = 0.1
    then = floor.place_m(
        (x + vehicle.velocity_px_s[0] * ahead_s, y + vehicle.velocity_px_s[1] * ahead_s), size_px
    )
    return 0.0 if at is None or then is None else dist(at, then) / ahead_s


def _finding(near: Near, phase: Phase, t_ns: int) -> Finding:
    words = f"on foot {near.least_m:.1f} m from a vehicle that moves"
    return Finding(
        kind=DetectionKind.NEAR_VEHICLE,
        phase=phase,
        onset_ns=near.since_ns,
        decided_ns=t_ns,
        confidence=0.7,
        reason=words if phase == "onset" else f"over: {words}",
        evidence={"distance_m": round(near.least_m, 2)},
        zone=near.zone,
        track=near.track,
    )

"""The floor plan of a simulated plant: rows of rooms, corridors and a lane between them, readers.

Zones touch. Every antenna is a reader's port and hangs in one zone, and is heard far into the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np

from contract.severity import Hazard
from contract.site import About, Device, Site, Wearer
from contract.zone import Zone
from simulators.plant.channel import Channel
from simulators.plant.hearing import Array

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in metres: every zone here is a rectangle."""

BAY_M = 12.0
ROW_M = 14.0
CORRIDOR_M, LANE_M = 4.0, 5.0
JITTER_M = 2.0
"""Walls between rooms are off the regular grid by up to so much."""
HAZARD_SPACING_M, PLAIN_SPACING_M, LINE_SPACING_M = 4.5, 6.0, 4.0
"""An antenna at least so often along each side of a zone: a beam that looks down hears about three
metres around it. Closest where only a line on the floor parts zones; wide in plain rooms."""
PORTS = 4
BETWEEN_ROWS: tuple[tuple[tuple[str, Hazard, int, float], ...], ...] = (
    (("corridor-1-", "none", 2, CORRIDOR_M),),
    (
        ("walkway-s", "none", 1, CORRIDOR_M),
        ("lane-", "B", 2, LANE_M),
        ("walkway-n", "none", 1, CORRIDOR_M),
    ),
    (("corridor-2-", "none", 2, CORRIDOR_M),),
    (),
)
"""Above each row of rooms: what it is called, its class, in how many parts, how deep. Between the
lane for trucks and the walkways on both sides of it is a line on the floor; all else is walled."""
ROOM_HAZARDS: tuple[Hazard, ...] = ("none", "A", "none", "C", "none", "B", "none")
"""The rooms' classes in turn: of seven rooms in a row, four are plain."""


@dataclass(frozen=True, slots=True)
class Antenna:
    """One port of one reader, where it hangs, and the zone that the site file gives it."""

    reader: str
    point: str
    zone: str
    at_m: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Zones with their boxes, in one order, and the antennas."""

    boxes: dict[str, Box]
    hazards: dict[str, Hazard]
    antennas: tuple[Antenna, ...]

    @property
    def readers(self) -> tuple[str, ...]:
        """The readers' ids, each once, in order."""
        return tuple(dict.fromkeys(antenna.reader for antenna in self.antennas))

    def array(self, channel: Channel, rng: np.random.Generator) -> Array:
        """Return the antennas for an `Ear`, no two alike."""
        numbers = {reader: number for number, reader in enumerate(self.readers)}
        return Array(
            np.array([antenna.at_m for antenna in self.antennas], dtype=np.float32),
            np.array([numbers[antenna.reader] for antenna in self.antennas]),
            np.array([int(antenna.point) - 1 for antenna in self.antennas]),
            PORTS,
            (channel.antenna_db * rng.standard_normal(len(self.antennas))).astype(np.float32),
            (channel.receive_db * rng.standard_normal(len(self.antennas))).astype(np.float32),
        )

    def site(self, wearers: tuple[Wearer, ...], badges: tuple[Device, ...]) -> Site:
        """Return the site file's tables: a hazard zone is for its own crew."""
        zones = tuple(
            Zone(
                id=name,
                title=name,
                hazard=self.hazards[name],
                polygon_m=((x0, y0), (x1, y0), (x1, y1), (x0, y1)),
                roles=(crew(name),) if self.hazards[name] != "none" else (),
            )
            for name, (x0, y0, x1, y1) in self.boxes.items()
        )
        readers = tuple(
            Device(
                id=reader,
                kind="reader",
                points={a.point: a.zone for a in self.antennas if a.reader == reader},
            )
            for reader in self.readers
        )
        about = About(id="plant", title="A simulated plant")
        return Site(
            site=about,
            zone=zones,
            device=(*readers, *badges),
            wearer=wearers,
            detector=({"kind": "zone"},),
        )


def crew(zone: str) -> str:
    """Return the role of those who may be in a hazard zone."""
    return f"crew-{zone}"


def lay_out(bays: int, rng: np.random.Generator) -> Layout:
    """Return a plant of four rows of rooms: `4 * bays + 8` zones, so 40 for eight bays."""
    width_m = bays * BAY_M
    boxes: dict[str, Box] = {}
    hazards: dict[str, Hazard] = {}
    bottom_m = 0.0

    def add(name: str, hazard: Hazard, left: float, right: float, deep_m: float) -> None:
        boxes[name] = (float(left), bottom_m, float(right), bottom_m + deep_m)
        hazards[name] = hazard

    for row in range(4):
        walls = np.linspace(0, width_m, bays + 1)
        walls[1:-1] += rng.uniform(-JITTER_M, JITTER_M, bays - 1)
        for left, right in pairwise(walls):
            number = sum(name.startswith("room") for name in boxes)
            hazard = ROOM_HAZARDS[number % len(ROOM_HAZARDS)]
            add(f"room-{number + 1:02d}", hazard, left, right, ROW_M)
        bottom_m += ROW_M
        for kind, hazard, halves, deep_m in BETWEEN_ROWS[row]:
            ends = np.linspace(0, width_m, halves + 1)
            for part, (left, right) in enumerate(pairwise(ends)):
                add(kind + "we"[part] * (halves > 1), hazard, left, right, deep_m)
            bottom_m += deep_m
    return Layout(boxes, hazards, _antennas(boxes, hazards))


def _antennas(boxes: dict[str, Box], hazards: dict[str, Hazard]) -> tuple[Antenna, ...]:
    places: list[tuple[str, tuple[float, float]]] = []
    for name, (x0, y0, x1, y1) in boxes.items():
        spacing_m = PLAIN_SPACING_M if hazards[name] == "none" else HAZARD_SPACING_M
        if not name.startswith("room"):
            spacing_m = LINE_SPACING_M
        across, along = (max(1, ceil(side / spacing_m)) for side in (x1 - x0, y1 - y0))
        places += [
            (name, (x0 + (i + 0.5) * (x1 - x0) / across, y0 + (j + 0.5) * (y1 - y0) / along))
            for j in range(along)
            for i in range(across)
        ]
    return tuple(
        Antenna(f"reader-{number // PORTS + 1:02d}", str(number % PORTS + 1), zone, at_m)
        for number, (zone, at_m) in enumerate(places)
    )

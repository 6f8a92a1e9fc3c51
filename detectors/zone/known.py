"""What does not change while people move: antennas, ways between zones, zones within zones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from contract.site import Site
from detectors.zone.adjacency import neighbours, outer, polygons
from detectors.zone.belief import Movement
from detectors.zone.ears import Ears
from detectors.zone.person import COORDINATE, Heard
from detectors.zone.settings import PresenceSettings


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A site as presence knows it, zones by their numbers. Make it once with `of`."""

    settings: PresenceSettings
    ears: Ears
    movement: Movement
    number: Mapping[str, int]
    outer: Mapping[int, tuple[int, ...]]
    """Of every zone those that it lies in, innermost first."""
    inner: Mapping[int, list[int]]
    """Of a zone those that lie in it, where there are any."""
    covered: frozenset[int]
    """Zones that something hears: only there does silence mean anything."""
    hazardous: frozenset[int]
    """Zones with a hazard class, and those in them: to be believed there takes a dwell."""
    sides: Mapping[str, tuple[int, int]]
    """Of each door the zone that it guards, and what is on its other side."""
    readers: tuple[str, ...]
    """The reader of each antenna."""

    @classmethod
    def of(cls, site: Site, settings: PresenceSettings) -> Known:
        """Return what is known of a site."""
        ears = Ears.of(site)
        zones = ears.zones
        number = {zone: i for i, zone in enumerate(zones)}
        near = np.zeros((len(zones), len(zones)), dtype=bool)
        for zone, others in neighbours(site).items():
            near[number[zone], [number[other] for other in others]] = True
        around = {number[z]: tuple(number[o] for o in others) for z, others in outer(site).items()}
        inner = {
            zone: found
            for zone in range(len(zones))
            if (found := [other for other, outers in around.items() if zone in outers])
        }
        dangers = {number[zone.id] for zone in site.zone if zone.hazard != "none"}
        located = {number[zone] for zone in polygons(site)} if _locates(site) else set()
        sides = {
            door.id: (number[door.zone], number.get(door.outside or "", len(zones)))
            for door in site.door
        }
        return cls(
            settings,
            ears,
            Movement.of(near, settings.stay_s),
            number,
            around,
            inner,
            frozenset(located | {zone for zone in ears.covers if zone >= 0}),
            frozenset(z for z in range(len(zones)) if dangers & {z, *around.get(z, ())}),
            sides,
            tuple(reader for reader, _ in ears.index),
        )

    def place(self, heard: Heard) -> int:
        """Return the zone that a read is at; -1 for none."""
        if heard.point == COORDINATE:
            return max(heard.inside, key=lambda each: each[1], default=(-1, 0.0))[0]
        return self.ears.covers[heard.point]

    def reader(self, heard: Heard) -> str | None:
        """Return the reader of a read; None of a coordinate, which may be of several."""
        return None if heard.point == COORDINATE else self.readers[heard.point]


def _locates(site: Site) -> bool:
    """Whether a reader may tell coordinates: one of which no antenna's zone is declared."""
    return any(d.kind == "reader" and not d.points and d.zone is None for d in site.device)

"""What readers hear: one cycle through the antennas after another, vectorised over all badges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulators.plant.channel import Channel
from simulators.plant.reach import Doorways, Reach

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


_HALF_DB = np.float32(6.0206)
"""Real and imaginary part share the power: 3 dB one way."""


@dataclass(frozen=True, slots=True)
class Array:
    """Antennas. `reader` and `port` number them.

    `power_db` is how much better each reaches a tag, `receive_db` how much too high its levels are.
    """

    at_m: Floats
    reader: Ints
    port: Ints
    ports: int
    power_db: Floats
    receive_db: Floats


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the recordings cannot say: they have one tag, in one room, on somebody who walks.

    Attributes
    ----------
    reads_a_second
        What one reader manages when many tags answer, by slotted ALOHA. A choice: readers are sold
        with figures from 100 (dense-reader modes) to 1,000 (one tag population, best case).
    body_db
        What the wearer's body takes when they face away, both ways. A choice: the recordings number
        the orientations, but by none of the readings of these numbers does the level change by more
        than half a decibel.
    sway_m_a_s
        How much who stands still, and those around them, still change the pattern.
    hang_m
        Antennas hang so high over the badges, and look straight down.
    beam
        One-way power falls as the cosine to this, off the axis: 3.1 is a patch of 75 degrees.
    lobe
        The least cosine: what the side lobes still hear.
    axis_db
        How much more than in the recordings is heard on the axis, both ways: 6 dB because their
        antennas stood askew in the corners of a room, 8 dB because a site sends with full power. A
        choice: what the recordings sent with is not known, but they read a tag to 4 or 5 m, and a
        worn tag is commonly read to 6 or 8.
    diffuse_db
        How much less a beam at the floor lights up of the walls, one way.
    wall_db
        What a wall takes, both ways; a person in a doorway has half of it.
    doorway_m
        Who is this near to a door is in the doorway.
    range_m
        Beyond it nothing is computed.
    """

    reads_a_second: float = 150.0
    body_db: float = 6.0
    sway_m_a_s: float = 0.05
    hang_m: float = 2.3
    beam: float = 3.1
    lobe: float = 0.25
    axis_db: float = 14.0
    diffuse_db: float = -6.0
    wall_db: float = 12.0
    doorway_m: float = 1.0
    range_m: float = 8.0


@dataclass(frozen=True, slots=True)
class Building:
    """How many walls lie between each zone and each antenna, and where the doors are."""

    walls: Floats
    """`(zones, antennas)`."""
    doors_m: Floats


@dataclass(frozen=True, slots=True)
class Heard:
    """Reads of a cycle, in no order: who, by which antenna, when, how loud."""

    tag: Ints
    antenna: Ints
    at_s: NDArray[np.float64]
    rssi_dbm: Floats


class Ear:
    """All antennas and all badges. `cycle` must be called with times that go on by `cycle_s`."""

    def __init__(
        self,
        channel: Channel,
        array: Array,
        tags: int,
        rng: np.random.Generator,
        around: Surroundings | None = None,
        building: Building | None = None,
    ) -> None:
        self._channel, self._array, self._rng = channel, array, rng
        self._around, self._building = around, building
        shape = (tags, len(array.at_m))
        # One realisation a tag and antenna: real and imaginary reflections, and the shadow.
        self._state = rng.standard_normal((3, *shape), dtype=np.float32)
        self._reach = Reach(array.at_m, around.range_m if around is not None else np.inf)
        self._doorways = (
            Doorways(building.doors_m, around.doorway_m)
            if around is not None and building is not None
            else None
        )

    def cycle(
        self,
        from_s: float,
        at_m: Floats,
        faces: Floats,
        moved_m: Floats,
        zones: Ints | None = None,
    ) -> Heard:
        """Visit every antenna once.

        `at_m` is where the badges are, `faces` the unit vectors that their wearers look along, and
        `moved_m` how far they came since the last cycle; `zones` numbers the zones they are in.
        """
        c, rng = self._channel, self._rng
        tag, antenna = self._reach.near(at_m, moved_m)
        real, imaginary, shadow = self._drift(tag, antenna, moved_m)
        direct_db = c.shadow_db * shadow + self._array.power_db[antenna]
        diffuse_db: Floats | float = 0.0
        to = self._array.at_m[antenna] - at_m[tag]
        floor2 = np.einsum("ij,ij->i", to, to)
        high_m = self._around.hang_m if self._around is not None else c.height_m
        way2 = np.maximum(floor2 + np.float32(high_m**2), np.float32(0.04))
        if self._around is not None:
            facing = np.einsum("ij,ij->i", to, faces[tag]) / np.sqrt(floor2 + np.float32(0.01))
            direct_db += self._aimed_db(way2) - self._around.body_db * (1 - facing) / 2
            through_db = self._walls_db(tag, antenna, at_m, moved_m, zones)
            direct_db += self._around.axis_db - through_db
            diffuse_db = 2 * self._around.diffuse_db + self._around.axis_db - through_db
        # One-way amplitudes; a level in dB is a one-way gain in dB taken twice.
        direct = way2 ** np.float32(-c.direct_exponent / 4) * _amplitude(direct_db)
        spread = way2 ** np.float32(-c.diffuse_exponent / 4) * _amplitude(
            2 * c.diffuse_db - _HALF_DB + diffuse_db
        )
        gain2 = (direct + spread * real) ** 2 + (spread * imaginary) ** 2
        level_dbm = c.at_1_m_dbm + 20 * np.log10(gain2 + np.float32(1e-9))
        margin = (level_dbm - c.threshold_dbm) / c.threshold_soft_db
        answers = 1 / (1 + np.exp(-np.clip(margin, -30, 30)))
        chance = c.read_share * answers * self._share(antenna, answers)
        read = rng.random(len(tag), dtype=np.float32) < chance
        tag, antenna = tag[read], antenna[read]
        slot_s = c.cycle_s / self._array.ports
        at_s = from_s + slot_s * (self._array.port[antenna] + rng.random(len(tag)))
        noise = c.noise_db * rng.standard_normal(len(tag), dtype=np.float32)
        told_dbm = level_dbm[read] + self._array.receive_db[antenna] + noise
        return Heard(tag, antenna, at_s, np.round(told_dbm))

    def _aimed_db(self, way2: Floats) -> Floats:
        """Return what is lost off the axis, both ways."""
        assert self._around is not None
        cosine = np.maximum(self._around.hang_m / np.sqrt(way2), np.float32(self._around.lobe))
        return np.asarray(20 * self._around.beam * np.log10(cosine))

    def _walls_db(
        self, tag: Ints, antenna: Ints, at_m: Floats, moved_m: Floats, zones: Ints | None
    ) -> Floats | float:
        if self._building is None or self._around is None or self._doorways is None:
            return 0.0
        assert zones is not None, "walls are between zones: say who is in which"
        doorway = self._doorways.inside(at_m, moved_m)
        wall_db = np.where(doorway, 0.5, 1.0).astype(np.float32) * np.float32(self._around.wall_db)
        return np.asarray(self._building.walls[zones[tag], antenna] * wall_db[tag])

    def _drift(self, tag: Ints, antenna: Ints, moved_m: Floats) -> Floats:
        """Return reflections and shadow of each pair, other ones as far as the tag has moved."""
        c = self._channel
        sway_m = self._around.sway_m_a_s * c.cycle_s if self._around is not None else 0.0
        way_m = np.maximum(moved_m, np.float32(sway_m))
        kept = np.exp(-way_m / np.array([[c.fade_m], [c.fade_m], [c.shadow_m]], dtype=np.float32))
        fresh = self._rng.standard_normal((3, len(tag)), dtype=np.float32)
        fresh *= np.sqrt(1 - kept * kept)[:, tag]
        now = self._state[:, tag, antenna]
        now *= kept[:, tag]
        now += fresh
        self._state[:, tag, antenna] = now
        return now

    def _share(self, antenna: Ints, answers: Floats) -> Floats | float:
        """Return how much of what an antenna could read its visit has time for."""
        if self._around is None:
            return 1.0
        c = self._channel
        answering = np.bincount(antenna, answers, len(self._array.at_m)) * c.read_share
        room = self._around.reads_a_second * c.cycle_s / self._array.ports
        share = np.minimum(1.0, room / np.maximum(answering, 1e-6))
        return np.asarray(share[antenna], dtype=np.float32)


def _amplitude(two_way_db: ArrayLike) -> Floats:
    return np.asarray(10 ** (np.asarray(two_way_db, dtype=np.float32) / np.float32(40)))

"""A simulated reader: it hears the badges near it, several times a second, and out of order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contract.instants import NS_PER_S
from contract.reads import Read, ReadsBlock
from contract.site import Device
from simulators.badge import FADING_DB, FAINTEST_DBM, Shadow, mean_rssi_dbm
from simulators.floor import Floor, Point, contains, edge_distance_m, middle

Floats = NDArray[np.float64]

WINDOW_S = 0.5
TRIES_A_SECOND = 6.0
"""How often an antenna asks a badge when few are about: the quadrant reader reached 5 to 8."""
BUSIEST_A_SECOND = 300.0
"""All the reads that a reader manages in a second, however many badges there are."""
LATEST_S = 0.5
LATE_SHARE = 0.15
"""In the quadrant recordings 13 to 16 % of reads go back in time, by up to 0.5 s."""
ELEMENT_M = 6.0
"""A zone's antennas hang in a grid this wide; a reader calls them one point."""


class SimulatedReader:
    """Reads of one reader, window by window. Its badges are the columns of what it is told."""

    def __init__(
        self,
        device: Device,
        floor: Floor,
        tags: Sequence[str],
        boot: int,
        rng: np.random.Generator,
    ) -> None:
        self.device = device
        self._points = [(p, z) for p, z in device.points.items() if z in floor.rooms]
        self._rooms = [floor.rooms[zone] for _, zone in self._points]
        self._elements = [np.asarray(_grid(room)) for room in self._rooms]
        self._tags = tags
        self._boot = boot
        self._rng = rng
        self._shadow = Shadow((len(tags), len(self._points)), rng)
        self._seq = 0
        self._waiting: list[tuple[float, float, Read]] = []

    def hear(
        self,
        from_s: float,
        places: Sequence[tuple[Point, Point, bool]],
        start_ns: int,
    ) -> ReadsBlock:
        """Return what is reported in the window that begins at `from_s`; it may be nothing.

        `places` says of each badge where it is, which way its wearer faces, whether they lie.
        Some reads are reported in a later window than they happened in, out of order.
        """
        self._shadow.drift(WINDOW_S)
        if self._tags and self._points:
            self._inventory(from_s, places, start_ns)
        until_s = from_s + WINDOW_S
        due = sorted((w for w in self._waiting if w[0] < until_s), key=lambda w: w[:2])
        self._waiting = [w for w in self._waiting if w[0] >= until_s]
        reads = tuple(read for _, _, read in due)
        first_ns = min((read.t_ns for read in reads), default=start_ns + round(from_s * NS_PER_S))
        block = ReadsBlock(
            device=self.device.id, boot=self._boot, seq=self._seq, t0_ns=first_ns, reads=reads
        )
        self._seq += 1
        return block

    def _inventory(
        self, from_s: float, places: Sequence[tuple[Point, Point, bool]], start_ns: int
    ) -> None:
        rng = self._rng
        mean_dbm = self._mean_dbm(places) + self._shadow.db
        tries = TRIES_A_SECOND * WINDOW_S
        # A reader's time is shared by the badges that can hear it at all.
        audible = mean_dbm > FAINTEST_DBM - 3 * FADING_DB
        share = min(1.0, BUSIEST_A_SECOND * WINDOW_S / max(tries * audible.sum(), 1e-9))
        counts = rng.poisson(tries * share * audible)
        who, point = np.nonzero(counts)
        often = counts[who, point]
        who, point = np.repeat(who, often), np.repeat(point, often)
        rssi_dbm = mean_dbm[who, point] + FADING_DB * rng.standard_normal(len(who))
        at_s = from_s + WINDOW_S * rng.random(len(who))
        late = rng.random(len(who)) < LATE_SHARE
        told_s = at_s + np.where(late, LATEST_S, 0.02) * rng.random(len(who))
        for i in np.flatnonzero(rssi_dbm >= FAINTEST_DBM):
            read = Read(
                tag=self._tags[who[i]],
                point=self._points[point[i]][0],
                t_ns=start_ns + round(float(at_s[i]) * NS_PER_S),
                rssi_dbm=round(float(rssi_dbm[i]) * 2) / 2,
            )
            self._waiting.append((float(told_s[i]), float(at_s[i]), read))

    def _mean_dbm(self, places: Sequence[tuple[Point, Point, bool]]) -> Floats:
        where = np.array([at for at, _, _ in places])
        facing = np.array([toward for _, toward, _ in places])
        lying = np.array([down for _, _, down in places])
        columns = []
        for room, elements in zip(self._rooms, self._elements, strict=True):
            to = elements[None, :, :] - where[:, None, :]
            way_m = np.hypot(to[..., 0], to[..., 1])
            nearest = way_m.argmin(axis=1)
            rows = np.arange(len(where))
            # Antennas hang two metres above the badges.
            slant_m = np.hypot(way_m[rows, nearest], 2.0)
            cosine = (to[rows, nearest] * facing).sum(axis=1) / slant_m
            outside = np.array([not contains(room, at) for at, _, _ in places])
            columns.append(mean_rssi_dbm(slant_m, cosine, lying, outside))
        return np.stack(columns, axis=1)


def _grid(room: Sequence[Point]) -> list[Point]:
    low, high = np.min(room, axis=0), np.max(room, axis=0)
    axes = []
    for axis in range(2):
        count = max(1, round(float(high[axis] - low[axis]) / ELEMENT_M))
        axes.append(low[axis] + (np.arange(count) + 0.5) * (high[axis] - low[axis]) / count)
    grid = [(float(x), float(y)) for x in axes[0] for y in axes[1]]
    inside = [at for at in grid if contains(room, at) and edge_distance_m(room, at) > 0.5]
    return inside or [middle(room)]

"""What the site's antennas tell of a badge in each zone: the observation model of presence.

A read says two things: which antenna heard the badge, and how loud. Given the zone, the logarithm
of how probable that is comes from the site's `[[hearing]]` tables, smoothed; of a site that
calibrated nothing, only from which antenna hangs where, and that louder is nearer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.hearing import Hearing
from contract.site import Site
from detectors.zone.adjacency import neighbours

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Point = tuple[str, str]
"""A reader and one of its points; `*` stands for all of them."""

LOWEST_DBM, HIGHEST_DBM, STEP_DB = -110, -10, 2
LEVELS = (HIGHEST_DBM - LOWEST_DBM) // STEP_DB + 1
NO_LEVEL = -999.0
"""Of a read whose reader tells no level."""

SMOOTH_DB = 2.0
"""A minute of walking does not fill every level; a neighbouring one is as good."""
BORROWED_READS = 30.0
"""A zone's levels at an antenna count with so many reads of all alike antennas and zones."""
BORROWED_SHARE_READS = 200.0
"""The same for the share of a zone's reads that an antenna has."""
STRAY = 0.005
"""Of all reads so many have any level at all: reflections, and what calibration did not meet."""

OWN, TOUCHING, FAR = 1.0, 0.1, 0.0
"""Without calibration: how much a badge in the own, a touching, another zone is expected."""
LEAST_NATS, NATS_A_DB, LOUDEST_DB = 2.0, 0.2, 35.0
"""Without calibration: what a read at the floor says for a zone, and each decibel above it."""
FLOOR_DBM, BLE_FLOOR_DBM = -76.0, -96.0
"""The weakest that passive tags and Bluetooth beacons are commonly heard at."""
SAID_NOTHING_NATS = 4.0
"""What a read without a level says for the zone, uncalibrated: about that of an ordinary one."""

FINEST_NATS = 2.0**-12
"""What reads say is a multiple of this: sums of it are exact, in whatever order they are taken."""


def exact(nats: Floats) -> Floats:
    """Return multiples of `FINEST_NATS`."""
    return np.asarray(np.rint(nats / FINEST_NATS) * FINEST_NATS)


@dataclass(frozen=True, slots=True, eq=False)
class Ears:
    """The antennas of a site. Make them once with `of`.

    Attributes
    ----------
    zones
        The site's zones by number.
    index, covers
        The antennas' numbers, and the number of the zone that each hangs in; -1 for none.
    bearing
        Without calibration: antennas × zones, how much hearing a badge there is expected.
    levels
        With calibration: antennas × levels × zones, log probability of a read; the last level is
        for reads that have none.
    """

    zones: tuple[str, ...]
    index: Mapping[Point, int]
    covers: tuple[int, ...]
    bearing: Floats
    levels: NDArray[np.float32] | None

    @classmethod
    def of(cls, site: Site) -> Ears:
        """Return the antennas of a site's readers, with what was calibrated of them."""
        zones = tuple(zone.id for zone in site.zone)
        number = {zone: i for i, zone in enumerate(zones)}
        placed: dict[Point, str | None] = {}
        for device in site.device:
            if device.kind == "reader":
                points = dict(device.points) or ({"*": device.zone} if device.zone else {})
                placed.update({(device.id, point): zone for point, zone in points.items()})
        for row in site.hearing:
            placed.setdefault((row.reader, row.point), None)
        covers = tuple(number.get(zone or "", -1) for zone in placed.values())
        near = _near(site, number)
        bearing = near[:, list(covers)].T if covers else np.zeros((0, len(zones)))
        bearing[[i for i, zone in enumerate(covers) if zone < 0]] = FAR
        index = {point: i for i, point in enumerate(placed)}
        levels = None
        if site.hearing:
            kinds = np.where(bearing == OWN, 0, np.where(bearing == TOUCHING, 1, 2))
            levels = _levels(site.hearing, index, number, kinds)
        return cls(zones, index, covers, exact(bearing), levels)

    def point(self, reader: str, point: str) -> int | None:
        """Return the number of an antenna; None when no zone is known of it."""
        found = self.index.get((reader, point))
        return self.index.get((reader, "*")) if found is None else found

    def told(self, level_dbm: float | None, tag: str) -> float:
        """Return what a level is worth, for `evidence`."""
        if self.levels is not None:
            if level_dbm is None:
                return LEVELS
            return min(max(round((level_dbm - LOWEST_DBM) / STEP_DB), 0), LEVELS - 1)
        if level_dbm is None:
            return SAID_NOTHING_NATS
        # The name of a beacon is a MAC; those are heard fainter than passive tags.
        above_db = level_dbm - (BLE_FLOOR_DBM if ":" in tag else FLOOR_DBM)
        nats = LEAST_NATS + NATS_A_DB * min(max(above_db, 0.0), LOUDEST_DB)
        return round(nats / FINEST_NATS) * FINEST_NATS

    def evidence(self, points: Sequence[int], told: Sequence[float]) -> Floats:
        """Return for each read, row by row, what it says for each zone, in nats.

        Only differences between zones mean something.
        """
        at = np.array(points, dtype=np.intp)
        if self.levels is not None:
            return self.levels[at, np.array(told, dtype=np.intp)].astype(np.float64)
        return np.asarray(self.bearing[at] * np.array(told)[:, None])


def _near(site: Site, number: Mapping[str, int]) -> Floats:
    """Return zones × zones: OWN on the diagonal, TOUCHING for neighbours, else FAR."""
    near = np.full((len(number), len(number)), FAR)
    for zone, others in neighbours(site).items():
        for other in others:
            near[number[zone], number[other]] = TOUCHING
    np.fill_diagonal(near, OWN)
    return near


def _levels(
    rows: Sequence[Hearing], index: Mapping[Point, int], number: Mapping[str, int], kinds: Ints
) -> NDArray[np.float32]:
    """Return antennas × levels × zones in log probabilities.

    An empirical Bayes estimate: each histogram borrows from the one of all antennas in their own
    zone, or in another, each shifted by how loud its antenna hears in general.
    """
    shape = (len(index), len(number))
    counts, reads = np.zeros((*shape, LEVELS)), np.zeros(shape)
    for row in rows:
        at = index[row.reader, row.point], number[row.zone]
        reads[at] += row.reads
        counts[at] += _smoothed(row)
    shift = _shifts(counts)
    own = kinds == 0
    log = np.empty((*shape, LEVELS + 1))
    pooled = [_pooled(counts, shift, own), _pooled(counts, shift, ~own)]
    for p in range(shape[0]):
        borrowed = [_shifted(each, shift[p]) for each in pooled]
        prior = np.where(own[p][:, None], borrowed[0], borrowed[1])
        each = counts[p] + BORROWED_READS * prior
        each /= each.sum(axis=1, keepdims=True)
        log[p, :, :LEVELS] = np.log((1 - STRAY) * each + STRAY / LEVELS)
    share = _shares(reads, kinds)
    log[:, :, :LEVELS] += np.log(share)[:, :, None]
    log[:, :, LEVELS] = np.log(share)
    return np.ascontiguousarray(exact(log).transpose(0, 2, 1), dtype=np.float32)


def _smoothed(row: Hearing) -> Floats:
    """Return a table's reads by our levels, each spread over its neighbours."""
    grid = LOWEST_DBM + STEP_DB * np.arange(LEVELS)
    spread = np.hypot(SMOOTH_DB, row.step_db / np.sqrt(12))
    found = np.zeros(LEVELS)
    for i, count in enumerate(row.counts):
        middle = row.from_dbm + (i + 0.5) * row.step_db - 0.5
        weight = np.exp(-0.5 * ((grid - middle) / spread) ** 2)
        found += count * weight / max(weight.sum(), 1e-12)
    return found


def _shifts(counts: Floats) -> Ints:
    """Return by how many levels each antenna hears louder than they all do in the middle."""
    by_point = counts.sum(axis=1)
    heard = by_point.sum(axis=1) > 0
    if not heard.any():
        return np.zeros(len(counts), dtype=np.int64)
    half = by_point.cumsum(axis=1) >= by_point.sum(axis=1, keepdims=True) / 2
    middle: Ints = half.argmax(axis=1)
    return np.where(heard, middle - round(float(middle[heard].mean())), 0).astype(np.int64)


def _pooled(counts: Floats, shift: Ints, which: NDArray[np.bool_]) -> Floats:
    total = np.full(LEVELS, 1e-9)
    for p, of_point in enumerate(counts):
        total += _shifted(of_point[which[p]].sum(axis=0), -shift[p])
    return np.asarray(total / total.sum())


def _shifted(histogram: Floats, by: int) -> Floats:
    if not by:
        return histogram
    moved = np.zeros_like(histogram)
    if by > 0:
        moved[by:] = histogram[:-by]
        moved[-1] += histogram[-by:].sum()
    else:
        moved[:by] = histogram[-by:]
        moved[0] += histogram[:-by].sum()
    return moved


def _shares(reads: Floats, kinds: Ints) -> Floats:
    """Return antennas × zones: the share of a zone's reads that each antenna has.

    It borrows from antennas that stand alike to other zones: in it, next to it, farther off.
    """
    told = reads.sum(axis=0) > 0
    each = reads[:, told] / reads[:, told].sum(axis=0)
    usual = np.array(
        [
            each[kinds[:, told] == kind].mean() if (kinds[:, told] == kind).any() else 0.0
            for kind in range(3)
        ]
    )
    usual = np.maximum(usual, 1e-4)
    louder = (reads.sum(axis=1) + 1) / (reads.sum(axis=1) + 1).mean()
    prior = usual[kinds] * np.clip(louder, 0.25, 4.0)[:, None]
    prior /= prior.sum(axis=0)
    total = reads.sum(axis=0) + BORROWED_SHARE_READS
    return np.asarray((reads + BORROWED_SHARE_READS * prior) / total)

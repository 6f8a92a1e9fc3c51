"""What a set of walks looks like, as named numbers: what the fit makes alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simulators.plant.walks import CORNERS_M, Walk

Row = NDArray[np.float64]

WINDOW_S = 0.5
WAYS_M = (0.0, 0.8, 1.2, 1.6, 2.1, 2.6, 3.1, 3.6, 4.2, 4.8, 7.0)
"""Distances, on the floor, between which levels and counts are compared."""
LAGS = (1, 2, 4, 8)
"""In windows: how long what is unusual stays so."""
GAPS = (25, 50, 75, 95)


def likeness(walks: Sequence[Walk]) -> Mapping[str, float]:
    """Return levels, counts and silences by distance and antenna, their memory, and the disorder.

    A number that the walks cannot give is NaN.
    """
    walks = [walk for walk in walks if len(walk.t_s) > 1]
    ways, counts, levels, owners, antennas = _windows(walks)
    found: dict[str, float] = {}
    bins = np.digitize(ways, WAYS_M) - 1
    typical_level, typical_count = np.full(len(ways), np.nan), np.zeros(len(ways))
    for number, (low, high) in enumerate(pairwise(WAYS_M)):
        here = bins == number
        heard = here & (counts > 0)
        name = f"{low:g}-{high:g} m"
        found[f"level {name}"] = _mean(levels[heard])
        found[f"level sd {name}"] = float(levels[heard].std()) if heard.any() else np.nan
        found[f"count {name}"] = _mean(counts[here])
        found[f"silent {name}"] = _mean(counts[here] == 0)
        typical_level[here], typical_count[here] = found[f"level {name}"], found[f"count {name}"]
    for antenna in range(len(CORNERS_M)):
        mine = (antennas == antenna) & (ways > 2.1)
        found[f"level antenna {antenna + 1}"] = _mean(levels[mine & (counts > 0)])
        found[f"count antenna {antenna + 1}"] = _mean(counts[mine])
    level_left = np.where(counts > 0, levels - typical_level, np.nan)
    for lag in LAGS:
        same = (owners[:-lag] == owners[lag:]) & (antennas[:-lag] == antennas[lag:])
        found[f"level memory {lag * WINDOW_S:g} s"] = _alike(level_left, lag, same)
        found[f"count memory {lag * WINDOW_S:g} s"] = _alike(counts - typical_count, lag, same)
    found["level step"] = _mean(np.abs(np.concatenate([_steps(walk) for walk in walks])))
    found |= _disorder(walks)
    return found


def _windows(walks: Sequence[Walk]) -> tuple[Row, Row, Row, Row, Row]:
    """Return distance, count, mean level, walk and antenna of every half second."""
    parts = []
    for owner, walk in enumerate(walks):
        t_s = walk.t_s - walk.t_s.min()
        size = max(1, int(walk.lasts_s / WINDOW_S))
        at_m = walk.places_m((np.arange(size) + 0.5) * WINDOW_S + walk.t_s.min())
        window = (t_s / WINDOW_S).astype(int)
        for antenna, corner_m in enumerate(CORNERS_M):
            mine = (walk.antenna == antenna) & (window < size)
            count = np.bincount(window[mine], minlength=size).astype(float)
            total = np.bincount(window[mine], walk.rssi_dbm[mine], minlength=size)
            level = total / np.maximum(count, 1)
            way = np.hypot(*(at_m - corner_m).T)
            parts.append((way, count, level, np.full(size, owner), np.full(size, antenna)))
    ways, counts, levels, owners, antennas = (
        np.concatenate(column).astype(np.float64) for column in zip(*parts, strict=True)
    )
    return ways, counts, levels, owners, antennas


def _steps(walk: Walk) -> Row:
    """Return by how much the level changes from one read to the next within a third of a second."""
    steps = []
    for antenna in range(len(CORNERS_M)):
        mine = np.flatnonzero(walk.antenna == antenna)
        mine = mine[np.argsort(walk.t_s[mine], kind="stable")]
        near = np.diff(walk.t_s[mine]) < 1 / 3
        steps.append(np.diff(walk.rssi_dbm[mine])[near])
    return np.concatenate(steps)


def _disorder(walks: Sequence[Walk]) -> dict[str, float]:
    steps_s = np.concatenate([np.diff(walk.t_s) for walk in walks])
    back_s = -steps_s[steps_s < 0]
    found = {"back share": float((steps_s < 0).mean())}
    for share in (50, 90, 99):
        found[f"back {share} %"] = float(np.percentile(back_s, share)) if len(back_s) else np.nan
    gaps_s = [
        np.diff(np.sort(walk.t_s[walk.antenna == antenna]))
        for walk in walks
        for antenna in range(len(CORNERS_M))
    ]
    for share, value in zip(GAPS, np.percentile(np.concatenate(gaps_s), GAPS), strict=True):
        found[f"gap {share} %"] = float(value)
    return found


def _alike(values: Row, lag: int, same: NDArray[np.bool_]) -> float:
    one, other = values[:-lag][same], values[lag:][same]
    both = ~(np.isnan(one) | np.isnan(other))
    if both.sum() < 3 or one[both].std() == 0 or other[both].std() == 0:
        return np.nan
    return float(np.corrcoef(one[both], other[both])[0, 1])


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")

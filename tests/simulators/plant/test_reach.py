"""Who is near what is looked up anew only for who has moved, and comes out as if for everybody."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.plant.reach import SLACK_M, Doorways, Reach

RNG = np.random.default_rng(5)
ANTENNAS_M = RNG.uniform(0, 40, (60, 2)).astype(np.float32)
RANGE_M = 6.0


def walk(steps: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return places and ways of thirty badges: some stand, some walk, one runs."""
    pace = np.repeat([0.0, 0.15, 2.0], [14, 15, 1])
    at_m = RNG.uniform(0, 40, (30, 2))
    found = [(at_m.astype(np.float32), np.zeros(30, dtype=np.float32))]
    for _ in range(steps):
        angle = RNG.uniform(0, 2 * np.pi, 30)
        at_m = at_m + pace[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        found.append((at_m.astype(np.float32), pace.astype(np.float32)))
    return found


def test_nobody_within_range_is_left_out_and_nobody_far_is_in() -> None:
    reach = Reach(ANTENNAS_M, RANGE_M)
    for at_m, moved_m in walk(100):
        pairs = set(zip(*(each.tolist() for each in reach.near(at_m, moved_m)), strict=True))
        far_m = np.hypot(*np.moveaxis(ANTENNAS_M[None] - at_m[:, None], 2, 0))
        assert set(zip(*np.nonzero(far_m < RANGE_M), strict=True)) <= pairs
        assert pairs <= set(zip(*np.nonzero(far_m < RANGE_M + 2 * SLACK_M), strict=True))


def test_without_a_range_everybody_is_near_everything() -> None:
    reach = Reach(ANTENNAS_M, np.inf)
    for at_m, moved_m in walk(3):
        tag, antenna = reach.near(at_m, moved_m)
        assert len(tag) == len(set(zip(tag.tolist(), antenna.tolist(), strict=True))) == 30 * 60


@pytest.mark.parametrize("doorway_m", [0.5, 3.0])
def test_doorways_are_those_of_the_place_that_one_is_at(doorway_m: float) -> None:
    doors_m = RNG.uniform(0, 40, (20, 2)).astype(np.float32)
    doorways = Doorways(doors_m, doorway_m)
    for at_m, moved_m in walk(50):
        gap_m = np.abs(at_m[:, None] - doors_m).max(axis=2).min(axis=1)
        assert doorways.inside(at_m, moved_m).tolist() == (gap_m < doorway_m).tolist()

"""Recordings at one rate: what was slow stays, what only a fast sensor could tell goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulators.accuracy.common_rate import BAND, at_rate
from simulators.recordings.trial import Trial
from tests.accuracy.trials import trial
from tests.support.motions import still


def wave(hz: float, odr_hz: float, seconds: float = 20.0) -> Trial:
    at_s = np.arange(round(seconds * odr_hz)) / odr_hz
    accel_g = np.zeros((len(at_s), 3), np.float32)
    accel_g[:, 2] = 1 + 0.5 * np.sin(2 * np.pi * hz * at_s)
    return replace(trial((still(1),)), accel_g=accel_g, odr_hz=odr_hz)


def swing_g(recorded: Trial) -> float:
    """Return the amplitude of the third axis, away from the ends."""
    middle = recorded.accel_g[len(recorded.accel_g) // 4 : -len(recorded.accel_g) // 4, 2]
    return float(np.sqrt(2) * middle.std())


@pytest.mark.parametrize("odr_hz", [20.0, 39.7, 49.6, 50.0, 128.0, 200.0])
def test_slow_movement_stays_as_it_was(odr_hz: float) -> None:
    (found,) = at_rate([wave(2.0, odr_hz)], 50.0)
    assert found.odr_hz == 50.0
    assert found.duration_s == pytest.approx(20.0, abs=0.06)
    at_s = np.arange(len(found.accel_g)) / 50.0
    expected = 1 + 0.5 * np.sin(2 * np.pi * 2.0 * at_s)
    inside = slice(25, -25)
    np.testing.assert_allclose(found.accel_g[inside, 2], expected[inside], atol=0.01)


def test_rest_stays_rest_to_either_end() -> None:
    resting = wave(0.0, 128.0)
    (found,) = at_rate([resting], 50.0)
    np.testing.assert_allclose(found.accel_g, np.array([[0, 0, 1]] * len(found.accel_g)), atol=1e-6)


@pytest.mark.parametrize(("hz", "kept"), [(5.0, True), (19.0, False), (23.0, False)])
def test_what_the_slowest_of_a_set_could_not_tell_is_taken_from_all(hz: float, kept: bool) -> None:
    fast, _ = at_rate([wave(hz, 200.0), wave(1.0, 39.7)], 50.0)
    assert swing_g(fast) == pytest.approx(0.5 if kept else 0.0, abs=0.02)
    assert hz < BAND * 39.7 if kept else hz > BAND * 39.7


def test_another_set_is_not_held_down_by_a_slow_one() -> None:
    slow = replace(wave(1.0, 25.0), set="slow")
    _, fast = at_rate([slow, wave(15.0, 200.0)], 50.0)
    assert swing_g(fast) == pytest.approx(0.5, abs=0.03)


def test_what_was_known_of_a_recording_is_kept_and_its_range_not_left() -> None:
    before = replace(wave(3.0, 100.0), range_g=1.2, is_fall=True, peak_s=4.0, onset_s=3.0)
    (after,) = at_rate([before], 50.0)
    assert np.abs(after.accel_g).max() <= np.float32(1.2)
    assert (after.name, after.is_fall, after.peak_s, after.onset_s) == (before.name, True, 4.0, 3.0)

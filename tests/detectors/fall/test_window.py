"""What the model sees of an impact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.dsp.samples import FloatArray
from detectors.fall.window import CHANNELS, RATE_HZ, channels, length, resampled

AFTER_S = 2.4


def swing(odr_hz: float, seconds: float = 12.0) -> tuple[FloatArray, int]:
    """Return a smooth movement with a blow in its middle, and the index of the blow."""
    t = np.arange(int(seconds * odr_hz)) / odr_hz - seconds / 2
    blow = 3 * np.exp(-((t / 0.1) ** 2))
    tilt = np.pi / 4 * (1 + np.tanh(t))
    accel = np.stack((np.sin(tilt) + 0.3 * blow, np.cos(tilt) + blow, 0.1 * np.sin(3 * t)), axis=1)
    return accel.astype(np.float32), int(seconds / 2 * odr_hz)


def rotation(seed: int) -> FloatArray:
    found, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    if np.linalg.det(found) < 0:
        found[:, 0] *= -1
    return found.astype(np.float32)


@given(seed=st.integers(0, 10_000))
def test_any_way_up_looks_the_same(seed: int) -> None:
    accel, peak = swing(50.0)
    turned = accel @ rotation(seed).T

    seen = channels(resampled(accel, 50.0, peak, AFTER_S))
    seen_turned = channels(resampled(turned, 50.0, peak, AFTER_S))

    np.testing.assert_allclose(seen_turned, seen, atol=2e-3)


@pytest.mark.parametrize("odr_hz", [20.0, 25.0, 39.7, 50.0, 52.0, 100.0, 128.0, 200.0])
def test_any_rate_looks_nearly_the_same(odr_hz: float) -> None:
    accel, peak = swing(odr_hz)
    reference, at = swing(1000.0)

    seen = channels(resampled(accel, odr_hz, peak, AFTER_S))
    as_it_was = channels(resampled(reference, 1000.0, at, AFTER_S))

    # At 20 Hz a blow of a tenth of a second is but a few samples.
    assert float(np.abs(seen[0] - as_it_was[0]).max()) < (0.6 if odr_hz < 30 else 0.15)
    assert float(np.abs(seen[4] - as_it_was[4]).max()) < 0.05


def test_nothing_of_a_fast_sensor_is_passed_over() -> None:
    spike = np.zeros((4000, 3), np.float32)
    spike[:, 1] = 1.0
    spike[2007, 1] = 201.0  # one sample of 200 Hz, between two of 50 Hz

    found = resampled(spike, 200.0, 2000, AFTER_S)

    extra = float((found[:, 1] - 1).sum()) / RATE_HZ
    assert extra == pytest.approx(200 / 200.0, rel=1e-3)


@pytest.mark.parametrize(
    ("peak", "size"),
    [
        pytest.param(3, 400, id="the stream began just now"),
        pytest.param(395, 400, id="it ends just after"),
        pytest.param(0, 1, id="a single sample"),
    ],
)
def test_what_was_not_measured_is_held(peak: int, size: int) -> None:
    accel, _ = swing(50.0)

    found = resampled(accel[:size], 50.0, peak, AFTER_S)

    assert found.shape == (length(AFTER_S), 3)
    assert np.isfinite(found).all()
    assert np.isfinite(channels(found)).all()


def test_a_hole_is_filled_with_what_was_before_it() -> None:
    accel, peak = swing(50.0)
    accel[peak + 30 : peak + 60] = np.nan

    found = resampled(accel, 50.0, peak, AFTER_S)

    assert np.isfinite(found).all()
    hole = found[length(0) + 33 : length(0) + 57]
    np.testing.assert_allclose(hole, np.tile(accel[peak + 29], (len(hole), 1)), atol=1e-5)


def test_nothing_measured_at_all_is_no_crash() -> None:
    found = channels(resampled(np.full((400, 3), np.nan, np.float32), 50.0, 200, AFTER_S))

    assert found.shape[0] == len(CHANNELS)
    assert np.isfinite(found).all()


def test_many_windows_at_once_are_as_one_by_one() -> None:
    windows = np.stack([resampled(*swing_at(shift)) for shift in range(5)])

    together = channels(windows)

    for window, seen in zip(windows, together, strict=True):
        np.testing.assert_array_equal(channels(window), seen)


def swing_at(shift: int) -> tuple[FloatArray, float, int, float]:
    accel, peak = swing(50.0)
    return accel, 50.0, peak + shift, AFTER_S

"""A fall from height is read off the time for which nothing carried the body."""

from __future__ import annotations

import numpy as np
import pytest

from contract.severity import Facts, assess
from detectors.fall.height import GRAVITY_M_S2, free_fall
from simulators.body.accelerometer import Accelerometer
from simulators.body.movement import Build
from simulators.body.script import Script, Step
from tests.support.detector_checks import run
from tests.support.falls_found import found, onsets
from tests.support.motions import SIDE, blocks, blow, drop, fall, restless, still
from tests.support.posture_weights import by_posture


@pytest.mark.parametrize("odr_hz", [25.0, 50.0, 200.0])
@pytest.mark.parametrize(
    ("height_m", "free_s"), [(0.2, 0.2), (0.44, 0.3), (1.0, 0.45), (1.8, 0.61), (2.5, 0.71)]
)
def test_height_is_read_off_the_free_fall(height_m: float, free_s: float, odr_hz: float) -> None:
    (onset,) = onsets(found((still(12), *fall(8, free_s)), odr_hz))
    off_by_m = abs(onset.evidence["free_fall_m"] - height_m)
    # The first few milliseconds of the blow carry nobody yet.
    assert off_by_m <= onset.evidence["free_fall_m_plus_minus"] + 0.03
    # A sample at either end is half in the fall: g·t·dt metres.
    assert onset.evidence["free_fall_m_plus_minus"] <= 2.1 * GRAVITY_M_S2 * free_s / odr_hz + 0.01
    assert onset.facts["free_fall_s"] == pytest.approx(free_s, abs=1.5 / odr_hz)
    assert f"height {onset.evidence['free_fall_m']:.1f} ±" in onset.reason


def test_a_blurred_beginning_makes_the_height_less_certain() -> None:
    sharp = np.zeros((100, 3))
    sharp[:, 2] = np.where(np.arange(100) < 40, 1.0, 0.05)
    blurred = sharp.copy()
    blurred[30:50, 2] = np.linspace(1, 0.05, 20)
    a, b = (free_fall(each.astype(np.float32), 100.0) for each in (sharp, blurred))
    assert a.lasted_s == pytest.approx(0.6)
    assert b.lasted_s == pytest.approx(0.6, abs=0.02)
    assert b.plus_minus_m > 2 * a.plus_minus_m


@pytest.mark.parametrize(
    ("magnitude_g", "odr_hz", "lasted_s"),
    [
        pytest.param([], 50.0, 0.0, id="nothing measured before"),
        pytest.param([1.0] * 50, 50.0, 0.0, id="standing"),
        pytest.param([0.1] * 25, 50.0, 0.5, id="the stream begins in the air"),
        pytest.param([1.0] * 9 + [float("nan")] * 25, 50.0, 0.0, id="not measured"),
        pytest.param([1.0] * 9 + [0.1] * 30 + [1.0] * 25, 50.0, 0.0, id="an earlier jump"),
        pytest.param([1.0] * 9 + [0.1] * 30 + [1.0] * 15, 50.0, 0.6, id="a stagger after it"),
    ],
)
def test_free_falls(magnitude_g: list[float], odr_hz: float, lasted_s: float) -> None:
    accel = np.asarray([(0.0, 0.0, each) for each in magnitude_g], np.float32).reshape(-1, 3)
    assert free_fall(accel, odr_hz).lasted_s == pytest.approx(lasted_s)


def test_a_stride_before_the_impact_is_no_height() -> None:
    (onset,) = onsets(found((still(12), drop(0.7), restless(0.6), blow(5), still(6, SIDE))))
    assert onset.evidence["free_fall_s"] < 0.05
    assert "height" not in onset.reason


@pytest.mark.parametrize("odr_hz", [25.0, 100.0])
@pytest.mark.parametrize("height_m", [1.0, 2.0, 3.5])
def test_a_simulated_body_falls_as_far_as_it_is_said_to(height_m: float, odr_hz: float) -> None:
    off_ladder = Step("fall_from_height", None, {"height_m": height_m})
    steps = (Step("stand", 10.0), off_ladder, Step("lie_still", 8.0))
    motion = Script(steps).motion(Accelerometer(odr_hz=odr_hz), seed=2, build=Build())
    sent = blocks(motion.accel_g.astype(float), odr_hz)
    (onset,) = onsets(run(by_posture(), sent))
    off_by_m = abs(onset.evidence["free_fall_m"] - height_m)
    assert off_by_m <= onset.evidence["free_fall_m_plus_minus"]
    facts = Facts.model_validate({"kind": "fall", **onset.facts})
    assert (assess(facts).rule == "fall/height") == (height_m >= 2)

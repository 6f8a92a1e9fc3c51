"""Simulated motions look like recorded ones: quartiles within the recorded 5 to 95 %.

Loose, because the recordings are staged by young people on mats; but a spike on noise would fail
every row of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from simulators.body.accelerometer import Accelerometer
from simulators.body.movement import Build
from simulators.body.script import Script, Step
from simulators.recordings.find import find
from tests.support.needs import recordings_folder

pytestmark = [pytest.mark.recordings, pytest.mark.slow]

ODR_HZ = 200
Samples = NDArray[np.float32]
SUBJECTS = ("SA01", "SA04", "SA07", "SA10", "SA13", "SA16")
PEOPLE = 60
WALK = Step("walk", 6.0, {"cadence_hz": 1.7})
LIE = Step("lie_still", 6.0)
STAND = Step("stand", 4.0)


def magnitude_g(accel_g: Samples) -> Samples:
    return np.asarray(np.linalg.norm(accel_g, axis=1), dtype=np.float32)


def around_peak(accel_g: Samples, from_s: float, to_s: float) -> Samples:
    peak = int(magnitude_g(accel_g).argmax())
    return accel_g[max(0, peak + round(from_s * ODR_HZ)) : peak + round(to_s * ODR_HZ)]


def peak_g(accel_g: Samples) -> float:
    return float(magnitude_g(accel_g).max())


def dip_g(accel_g: Samples) -> float:
    return float(magnitude_g(around_peak(accel_g, -1.0, 0.01)).min())


def dip_s(accel_g: Samples) -> float:
    return float((magnitude_g(around_peak(accel_g, -1.0, 0.01)) < 0.7).sum()) / ODR_HZ


def beyond_2_g_s(accel_g: Samples) -> float:
    return float((magnitude_g(around_peak(accel_g, -0.5, 0.5)) > 2).sum()) / ODR_HZ


def turned_deg(accel_g: Samples) -> float:
    before, after = around_peak(accel_g, -4, -2), around_peak(accel_g, 1.5, 4)
    if len(before) < ODR_HZ / 2 or len(after) < ODR_HZ / 2:
        return float("nan")
    p, q = before.mean(axis=0), after.mean(axis=0)
    return float(np.degrees(np.arccos(p @ q / np.linalg.norm(p) / np.linalg.norm(q))))


def still_g(accel_g: Samples) -> float:
    after = around_peak(accel_g, 1.5, 4)
    return float(magnitude_g(after).std()) if len(after) >= ODR_HZ / 2 else float("nan")


def spread_g(accel_g: Samples) -> float:
    """How lively all of it is, without its first and last second."""
    return float(magnitude_g(accel_g[ODR_HZ:-ODR_HZ]).std())


def rhythm_hz(accel_g: Samples) -> float:
    wave = magnitude_g(accel_g[ODR_HZ:-ODR_HZ])
    power = np.abs(np.fft.rfft(wave - wave.mean())) ** 2
    hz = np.fft.rfftfreq(len(wave), 1 / ODR_HZ)
    band = (hz > 0.8) & (hz < 6)
    return float(hz[band][power[band].argmax()])


Feature = Callable[[Samples], float]
FALLING: tuple[Feature, ...] = (peak_g, dip_g, dip_s, beyond_2_g_s, turned_deg, still_g)
GOING: tuple[Feature, ...] = (peak_g, spread_g, rhythm_hz)

ROWS = [
    pytest.param((WALK, Step("fall_forward"), LIE), "F01 F04", FALLING, id="forward trip"),
    pytest.param((WALK, Step("fall_backward"), LIE), "F02", FALLING, id="backward slip"),
    pytest.param((WALK, Step("fall_sideways"), LIE), "F03", FALLING, id="sideways"),
    pytest.param((WALK, Step("collapse"), LIE), "F06", FALLING, id="collapse"),
    pytest.param(
        (WALK, Step("fall_after_recovery_attempt"), LIE), "F01 F04", FALLING,
        id="after an attempt to recover",
    ),
    pytest.param(
        (Step("walk", 12.0, {"cadence_hz": 1.5}),), "D01", GOING, id="walking slowly"
    ),
    pytest.param(
        (Step("walk", 12.0, {"cadence_hz": 1.95}),), "D02", GOING, id="walking quickly"
    ),
    pytest.param((Step("jog", 12.0),), "D03 D04", GOING, id="jogging"),
    pytest.param(
        (Step("climb_stairs", 12.0),), "D05", (peak_g, spread_g), id="stairs"
    ),
    pytest.param((STAND, Step("jump"), STAND), "D19", (peak_g, dip_g, dip_s), id="jumping"),
    pytest.param((WALK, Step("stumble"), WALK), "D18", (peak_g, dip_g, dip_s, turned_deg),
                 id="stumbling"),
    pytest.param(
        (STAND, Step("sit_down", 4.0), STAND), "D07", (peak_g, dip_g, dip_s), id="sitting down"
    ),
    pytest.param((STAND, Step("bend_and_lift"), STAND), "D15 D16", (peak_g, dip_g, dip_s),
                 id="bending"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "activities", "features"), ROWS)
def test_simulated_quartiles_lie_in_the_recorded_range(
    steps: tuple[Step, ...], activities: str, features: tuple[Feature, ...]
) -> None:
    made = [simulated(steps, seed) for seed in range(PEOPLE)]
    real = recorded(recordings_folder(), activities)
    assert len(real) >= 6
    wrong = []
    for feature in features:
        low, high = np.nanpercentile([feature(a) for a in real], [5, 95])
        q1, q3 = np.nanpercentile([feature(a) for a in made], [25, 75])
        # A floor for what is as good as zero: a hundredth of a g or of a second, two degrees.
        slack = {"turned_deg": 2.0, "rhythm_hz": 0.1}.get(feature.__name__, 0.01)
        if q1 < low - slack or q3 > high + slack:
            said = f"{feature.__name__}: simulated {q1:.2f} to {q3:.2f}"
            wrong.append(f"{said}, recorded {low:.2f} to {high:.2f}")
    assert not wrong, "; ".join(wrong)


def simulated(steps: Iterable[Step], seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    build = Build.drawn(rng)
    sensor = Accelerometer.drawn(rng, odr_hz=ODR_HZ, step_g=1 / 256)
    return sensor.measure(Script(tuple(steps)).movement(build, rng), build, rng)


@cache
def recorded(folder: Path, activities: str) -> tuple[Samples, ...]:
    files = [folder / "imu" / "sisfall" / f"{subject}.npz" for subject in SUBJECTS]
    return tuple(trial.accel_g for trial in find(files, activities=activities.split()))

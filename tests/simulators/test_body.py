"""The body obeys physics, its sensor obeys its data sheet, and a seed is a seed."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.body.accelerometer import Accelerometer, turned_into
from simulators.body.curve import FINE_HZ, GRAVITY_M_S2
from simulators.body.descent import Catch, Descent
from simulators.body.movement import FALLS, Build, Movement
from simulators.body.script import ACTIVITIES, Script, Step
from simulators.errors import ScriptError

CLEAN = Accelerometer(odr_hz=200.0, range_g=64.0, noise_g=0.0, step_g=1 / 4096)
SEEDS = range(6)


def moved(activity: str, seed: int = 0, duration_s: float | None = None) -> Movement:
    rng = np.random.default_rng(seed)
    script = Script((Step("stand", 2.0), Step(activity, duration_s), Step("lie_still", 3.0)))
    return script.movement(Build.drawn(rng), rng)


@pytest.mark.parametrize("activity", sorted(ACTIVITIES))
@pytest.mark.parametrize("worn", ["trunk", "arm"])
def test_the_same_seed_gives_the_same_motion_and_another_seed_another(
    activity: str, worn: str
) -> None:
    script = Script((Step("stand", 2.0), Step(activity)))
    sensor = Accelerometer(worn=worn)  # type: ignore[arg-type]
    one, same, other = (script.motion(sensor, seed=seed) for seed in (3, 3, 4))
    assert one.accel_g.tobytes() == same.accel_g.tobytes()
    assert one.truth == same.truth
    assert one.accel_g.tobytes() != other.accel_g.tobytes()


@pytest.mark.parametrize("odr_hz", [20.0, 39.7, 50.0, 104.0, 200.0])
@pytest.mark.parametrize("activity", sorted(ACTIVITIES))
def test_every_rate_has_as_many_samples_as_it_should(activity: str, odr_hz: float) -> None:
    movement = moved(activity)
    accel_g = CLEAN.measure(movement, Build(), np.random.default_rng(0))
    assert len(accel_g) == round(movement.duration_s * 200)
    slow = Accelerometer(odr_hz=odr_hz).measure(movement, Build(), np.random.default_rng(0))
    assert slow.dtype == np.float32
    assert slow.shape == (round(movement.duration_s * odr_hz), 3)
    assert np.isfinite(slow).all()


@pytest.mark.parametrize("worn", ["trunk", "arm"])
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((Step("fall_backward"), Step("lie_still", 10.0)), id="lying after a fall"),
        pytest.param((Step("sit_down", 8.0),), id="sitting"),
    ],
)
def test_at_rest_the_magnitude_is_1_g(steps: tuple[Step, ...], worn: str) -> None:
    sensor = Accelerometer(odr_hz=100.0, worn=worn)  # type: ignore[arg-type]
    for seed in SEEDS:
        rest_g = np.linalg.norm(Script(steps).motion(sensor, seed).accel_g[-200:], axis=1)
        assert abs(rest_g.mean() - 1) < 0.03
        assert rest_g.std() < 0.03


@pytest.mark.parametrize("height_m", [1.0, 1.8, 3.0, 4.5])
def test_a_fall_from_a_height_lasts_as_long_as_gravity_says(height_m: float) -> None:
    fall = Step("fall_from_height", None, {"height_m": height_m})
    script = Script((Step("climb_ladder", 4.0), fall, Step("lie_still", 3.0)))
    for seed in SEEDS:
        motion = script.motion(CLEAN, seed, Build())
        (happened,) = motion.falls
        assert happened.impact_s is not None
        wanted_s = np.sqrt(2 * height_m / GRAVITY_M_S2)
        assert happened.impact_s - happened.onset_s == pytest.approx(wanted_s, abs=0.01)
        # And the sensor feels it: nothing acts on a body that falls freely.
        falling = motion.accel_g[: round(happened.impact_s * motion.odr_hz)]
        weightless = np.linalg.norm(falling, axis=1) < 0.3
        assert weightless.sum() / motion.odr_hz == pytest.approx(wanted_s, abs=0.04)


@given(
    drop_m=st.floats(0.3, 3.0),
    unsupported=st.floats(0.4, 1.0),
    loss_s=st.floats(0.0, 1.0),
    share=st.floats(0.0, 0.5),
)
def test_no_descent_is_faster_than_free_fall(
    drop_m: float, unsupported: float, loss_s: float, share: float
) -> None:
    support_g, lasts_s, left_m_s = Descent(
        drop_m, unsupported, loss_s, (Catch(share, 0.3), Catch(share, 0.7))
    ).fall()
    assert lasts_s >= np.sqrt(2 * drop_m / GRAVITY_M_S2) - 0.01
    assert left_m_s <= np.sqrt(2 * GRAVITY_M_S2 * drop_m) + 0.05
    assert len(support_g) == round(lasts_s * FINE_HZ)


@pytest.mark.parametrize("kind", sorted(FALLS))
def test_the_ground_takes_the_speed_that_the_fall_gave(kind: str) -> None:
    for seed in SEEDS:
        movement = moved(kind, seed)
        # Speed up and down over stand, fall, rest: what gravity gave, legs and ground have taken.
        vertical_m_s2 = (movement.force_g[:, 2] - 1) * GRAVITY_M_S2
        speed_m_s = np.cumsum(vertical_m_s2) / FINE_HZ
        assert abs(speed_m_s[-1]) < 0.5
        assert speed_m_s.min() < -0.8
        assert 0.5 * speed_m_s.min() ** 2 < GRAVITY_M_S2 * 2.2  # the default ladder is 2 m


@pytest.mark.parametrize("kind", sorted(FALLS))
def test_a_fall_ends_lying_and_its_peak_is_at_its_impact(kind: str) -> None:
    for seed in SEEDS:
        script = Script((Step("walk", 4.0), Step(kind), Step("lie_still", 4.0)))
        motion = script.motion(CLEAN, seed)
        (happened,) = motion.falls
        assert happened.kind == kind
        assert happened.impact_s is not None
        magnitude_g = np.linalg.norm(motion.accel_g, axis=1)
        peak_s = magnitude_g.argmax() / motion.odr_hz
        if kind != "fall_after_recovery_attempt":  # a caught step may be harder than the floor
            assert abs(peak_s - happened.impact_s) < 0.3
        assert abs(turned_deg(motion.accel_g[:600], motion.accel_g[-600:])) > 55


@pytest.mark.parametrize("kind", ["stumble", "jump", "jog", "climb_stairs", "bend_and_lift"])
def test_what_is_no_fall_ends_upright_and_is_not_called_one(kind: str) -> None:
    for seed in SEEDS:
        motion = Script((Step("stand", 3.0), Step(kind), Step("stand", 4.0))).motion(CLEAN, seed)
        assert motion.falls == ()
        assert turned_deg(motion.accel_g[:400], motion.accel_g[-400:]) < 15


def test_somebody_who_gets_up_stands_again() -> None:
    down = (Step("stand", 3.0), Step("fall_sideways"), Step("lie_moving", 5.0))
    steps = (*down, Step("get_up_from_floor"), Step("stand", 4.0))
    motion = Script(steps).motion(CLEAN, seed=2)
    assert turned_deg(motion.accel_g[:400], motion.accel_g[-400:]) < 15
    assert [happening.kind for happening in motion.truth] == [step.activity for step in steps]


def test_the_truth_is_contiguous_and_covers_the_motion() -> None:
    steps = [Step(activity) for activity in sorted(ACTIVITIES)]
    movement = Script(tuple(steps)).movement(Build(), np.random.default_rng(1))
    ends_s = [happening.end_s for happening in movement.happenings]
    assert [h.onset_s for h in movement.happenings] == pytest.approx([0.0, *ends_s[:-1]])
    assert ends_s[-1] == pytest.approx(movement.duration_s)
    # One activity begins in the posture in which the one before has ended.
    for track in (movement.pitch_rad, movement.roll_rad):
        assert np.abs(np.diff(track)).max() < 0.06


def test_the_sensor_clips_rounds_and_is_biased() -> None:
    sensor = Accelerometer(range_g=4.0, step_g=1 / 128, bias_g=(0.0, 0.0, 0.1), noise_g=0.0)
    script = Script((Step("fall_forward", None, {"contact_s": 0.03}),))
    motion = script.motion(sensor, seed=1)
    assert np.abs(motion.accel_g).max() <= 4.0
    assert (np.abs(motion.accel_g) == 4.0).any()
    assert np.array_equal(np.round(motion.accel_g * 128) / 128, motion.accel_g)
    resting = Script((Step("lie_still", 3.0),)).motion(sensor, seed=1).accel_g
    assert resting[:, 2].mean() == pytest.approx(1.1, abs=0.01)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_a_mounting_turns_and_does_not_stretch(seed: int) -> None:
    mounting = Accelerometer.drawn(np.random.default_rng(seed)).mounting
    assert np.allclose(mounting @ mounting.T, np.eye(3))
    assert np.linalg.det(mounting) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("pitch_deg", "roll_deg", "wanted"),
    [
        pytest.param(0, 0, (0, 0, 1), id="upright: along the spine"),
        pytest.param(90, 0, (-1, 0, 0), id="on the face: the floor pushes against the front"),
        pytest.param(-90, 0, (1, 0, 0), id="on the back"),
        pytest.param(0, 90, (0, 1, 0), id="on the right side: to the left"),
    ],
)
def test_gravity_turns_with_the_trunk(
    pitch_deg: float, roll_deg: float, wanted: tuple[float, float, float]
) -> None:
    up = np.array([[0.0, 0.0, 1.0]])
    pitch, roll = np.radians([pitch_deg]), np.radians([roll_deg])
    assert turned_into(up, pitch, roll)[0] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param(lambda: Step("wallk"), 'did you mean "walk"', id="an activity misspelt"),
        pytest.param(
            lambda: Step("walk", 3.0, {"cadense_hz": 2.0}), 'no setting "cadense_hz"', id="setting"
        ),
        pytest.param(lambda: Step("walk", -1.0), "duration", id="a negative duration"),
        pytest.param(lambda: Accelerometer(odr_hz=1000.0), "20 to 200 Hz", id="too fast a sensor"),
        pytest.param(lambda: Script(()).motion(), "at least one step", id="an empty script"),
    ],
)
def test_what_cannot_be_simulated_is_refused_by_name(wrong: object, says: str) -> None:
    assert callable(wrong)
    with pytest.raises(ScriptError, match=says):
        wrong()


def test_every_activity_says_what_it_is() -> None:
    for name, activity in ACTIVITIES.items():
        assert inspect.getdoc(activity), name


def turned_deg(before_g: np.ndarray, after_g: np.ndarray) -> float:
    """Return the angle between two stretches' mean directions."""
    p, q = before_g.mean(axis=0), after_g.mean(axis=0)
    return float(np.degrees(np.arccos(p @ q / np.linalg.norm(p) / np.linalg.norm(q))))

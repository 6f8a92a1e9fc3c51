from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.instants import NS_PER_S, ns
from contract.site import Site
from simulators.errors import RecordingError
from simulators.recordings.own import Crossing, Writer
from simulators.recordings.trial import Trial
from simulators.replay.clock import ReplayClock
from simulators.replay.stage import stage
from simulators.replay.tape import reels
from simulators.replay.timeline import (
    PAUSE_S,
    Playing,
    ending,
    lay_out,
    length_s,
    moments,
    wearer_id,
)

NOW_NS = 1_700_000_000 * NS_PER_S


def trial(
    subject: str = "SA01", seconds: float = 3.0, odr_hz: float = 50.0, **more: object
) -> Trial:
    accel = np.zeros((round(seconds * odr_hz), 3), np.float32)
    accel[:, 2] = 1
    known = {"activity": "F01", "trial": 1, "is_fall": True, "peak_s": 1.0, **more}
    return Trial(set="sisfall", subject=subject, odr_hz=odr_hz, accel_g=accel, **known)  # type: ignore[arg-type]


trials = st.lists(
    st.builds(
        trial,
        subject=st.sampled_from(["SA01", "SA02", "SE06"]),
        seconds=st.floats(0.2, 9.0),
        odr_hz=st.sampled_from([20.0, 49.6, 200.0]),
    ),
    min_size=1,
    max_size=6,
)


@given(trials, st.floats(0, 4))
def test_every_block_comes_once_and_after_its_last_sample(
    chosen: list[Trial], hold_s: float
) -> None:
    playing = lay_out(chosen, NOW_NS, hold_s)
    wanted = sorted((each.device, b.boot, b.seq) for each in playing for b in each.blocks())
    came: list[tuple[str, int, int]] = []
    before_ns = 0
    for moment in moments(playing):
        assert moment.at_ns > before_ns
        before_ns = moment.at_ns
        for block in moment.blocks:
            assert moment.at_ns - NS_PER_S <= block.end_ns < moment.at_ns
            came.append((block.device, block.boot, block.seq))
    assert sorted(came) == wanted


@given(trials)
def test_a_trial_is_over_only_after_its_last_block(chosen: list[Trial]) -> None:
    playing = lay_out(chosen, NOW_NS)
    over: list[Playing] = []
    for moment in moments(playing):
        for block in moment.blocks:
            assert not any(
                each.device == block.device and each.boot == block.boot for each in over
            ), "a block after the end of its trial"
        over.extend(moment.ended)
    assert len(over) == len(playing)


@given(trials)
def test_nobody_does_two_things_at_a_time(chosen: list[Trial]) -> None:
    playing = lay_out(chosen, NOW_NS)
    for one in playing:
        for other in playing:
            if one is not other and one.wearer == other.wearer:
                apart_ns = max(one.start_ns - other.end_ns, other.start_ns - one.end_ns)
                assert apart_ns >= ns(PAUSE_S)


def test_the_whole_ends_now() -> None:
    moved = ending(lay_out([trial(), trial("SA02", 9.0)], 0), NOW_NS)
    last = max(each.end_ns for each in moved)
    assert NOW_NS - NS_PER_S < last <= NOW_NS
    assert length_s(moved) == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("SA01", "sisfall-sa01", id="as published"),
        pytest.param("U 1/ä", "sisfall-u-1", id="what a topic could not hold"),
        pytest.param("é", "sisfall", id="nothing left of the name"),
    ],
)
def test_a_subject_becomes_an_id(name: str, found: str) -> None:
    assert wearer_id(trial(name)) == found


def test_the_clock_never_goes_back() -> None:
    clock = ReplayClock(10)
    clock.reach(5)
    assert clock() == 10
    clock.reach(12)
    assert clock() == 12


def test_a_tape_is_played_in_seconds_each_with_a_tick(tmp_path: Path) -> None:
    site = stage(lay_out([trial()], NOW_NS))
    path = tmp_path / "tape.jsonl"
    topic = f"floorwatch/1/{site.id}/replay/batch"
    with Writer(path) as tape:
        for at_s in (0.2, 0.9, 2.5):
            tape.write(Crossing(NOW_NS + ns(at_s), topic, b"{}"))
        tape.write(Crossing(NOW_NS, f"floorwatch/1/{site.id}/replay/ack", b"{}"))
        tape.write(Crossing(NOW_NS, "devices/belt-01/imu", b"{}"))
    played = reels(path, site)
    assert [reel.at_ns for reel in played] == [NOW_NS + k * NS_PER_S for k in (1, 2, 3)]
    streams = [[c.topic.rpartition("/")[2] for c in reel.crossings] for reel in played]
    assert streams == [["batch", "batch", "tick"], ["tick"], ["batch", "tick"]]


def test_a_tape_of_another_site_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    with Writer(path) as tape:
        tape.write(Crossing(NOW_NS, "floorwatch/1/elsewhere/edge-1/batch", b"{}"))
    site: Site = stage(lay_out([trial()], NOW_NS))
    with pytest.raises(RecordingError, match=r'of elsewhere, and nothing in it is of "replay"'):
        reels(path, site)

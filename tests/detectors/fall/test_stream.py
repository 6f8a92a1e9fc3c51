"""A device's samples on one grid: gaps keep their place, rates change, clocks are set."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.imu import ImuBlock
from contract.instants import ns
from detectors.fall.stream import KEPT_S, Stream
from tests.support.motions import T0_NS, Floats, blocks

RAMP = np.stack([np.arange(600) / 512, np.zeros(600), np.ones(600)], axis=1)
"""Twelve seconds at 50 Hz in which every sample is another."""


def heard(sent: Sequence[ImuBlock]) -> Stream:
    stream = Stream()
    for block in sent:
        stream = stream.at_rate(block.odr_hz).pieces(block)[-1]
    return stream


def without(sent: Sequence[ImuBlock], first: int, last: int) -> list[ImuBlock]:
    return [block for block in sent if not first <= block.seq < last]


@given(size=st.integers(1, 700), begin=st.integers(25, 500), count=st.integers(0, 100))
def test_a_window_is_what_was_measured_however_it_was_cut(
    size: int, begin: int, count: int
) -> None:
    stream = heard(blocks(RAMP, size=size))
    assert stream.end == 600
    window = stream.window(begin, begin + count)
    assert np.array_equal(window, RAMP[begin : begin + count].astype(np.float32))
    assert stream.t_ns(begin) == T0_NS + begin * 20_000_000


@pytest.mark.parametrize("odr_hz", [20.0, 50.0, 200.0])
@pytest.mark.parametrize("size_s", [0.05, 0.1, 1.0, 1.3, 10.0])
def test_what_is_kept_is_enough_and_little(odr_hz: float, size_s: float) -> None:
    size = round(size_s * odr_hz)
    accel = np.ones((round(40 * odr_hz), 3))
    stream = heard(blocks(accel, odr_hz, size=size))
    held_s = (stream.end - stream.first) / odr_hz
    assert KEPT_S <= held_s <= KEPT_S + 2.5
    assert len(pickle.dumps(stream)) < 20_000


@pytest.mark.parametrize("lost", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("odr_hz", [20.0, 50.0, 200.0])
def test_what_is_lost_moves_nothing_that_was_measured_after_it(odr_hz: float, lost: int) -> None:
    sent = without(blocks(RAMP, odr_hz, size=1), 300, 300 + lost)
    stream = heard(sent)
    assert stream.end == 600
    assert np.array_equal(stream.window(350, 500), RAMP[350:500].astype(np.float32))
    assert stream.t_ns(350) == T0_NS + round(350 * 1e9 / odr_hz)


def test_a_short_gap_is_bridged_by_a_line_and_a_long_one_is_not() -> None:
    sent = blocks(RAMP, size=5)
    bridged = heard(without(sent, 60, 62))  # 0.2 s
    assert bridged.end == 600
    assert np.allclose(bridged.window(290, 320)[:, 0], RAMP[290:320, 0], atol=1e-3)
    broken = heard(without(sent, 60, 63)).window(290, 325)[:, 0]
    assert np.flatnonzero(np.isnan(broken)).tolist() == list(range(10, 25))
    assert np.array_equal(broken[25:], RAMP[315:325, 0].astype(np.float32))


@pytest.mark.parametrize("begin", [295, 300, 304, 309, 310])
@pytest.mark.parametrize("end", [301, 306, 310, 316])
def test_a_window_that_ends_in_a_bridge_sees_the_same_bridge(begin: int, end: int) -> None:
    stream = heard(without(blocks(RAMP, size=5), 60, 62))
    whole = stream.window(250, 350)
    assert np.array_equal(stream.window(begin, max(begin, end)), whole[begin - 250 : end - 250])


def test_what_nobody_wore_is_a_gap() -> None:
    sent = blocks(RAMP)
    sent[5:7] = [block.model_copy(update={"worn": False}) for block in sent[5:7]]
    stream = heard(sent)
    assert stream.end == 600
    assert np.isnan(stream.window(250, 350)).all()
    assert not np.isnan(stream.window(150, 250)).any()


@pytest.mark.parametrize("step_s", [-3600.0, -2.0, -0.3])
def test_a_clock_that_is_set_back_tears_no_hole(step_s: float) -> None:
    sent = [
        b.model_copy(update={"t0_ns": b.t0_ns + ns(step_s)}) if b.seq >= 8 else b
        for b in blocks(RAMP)
    ]
    stream = heard(sent)
    assert np.array_equal(stream.window(300, 500), RAMP[300:500].astype(np.float32))
    assert stream.t_ns(399) == T0_NS + 399 * 20_000_000
    assert stream.t_ns(400) == T0_NS + 400 * 20_000_000 + ns(step_s)


def test_a_clock_that_is_set_forward_leaves_time_that_was_not_measured() -> None:
    sent = [
        b.model_copy(update={"t0_ns": b.t0_ns + ns(3600)}) if b.seq >= 8 else b
        for b in blocks(RAMP)
    ]
    stream = heard(sent)
    assert stream.end == 600 + 3600 * 50
    assert np.isnan(stream.window(stream.end - 300, stream.end - 200)).all()


@pytest.mark.parametrize(("before_hz", "after_hz"), [(25.0, 100.0), (100.0, 25.0), (20.0, 200.0)])
def test_a_change_of_rate_keeps_what_was_measured(before_hz: float, after_hz: float) -> None:
    def wave(odr_hz: float, seconds: int) -> Floats:
        t = np.arange(round(seconds * odr_hz)) / odr_hz
        return np.stack([np.sin(2 * np.pi * 0.5 * t), np.zeros_like(t), np.ones_like(t)], axis=1)

    slow = [b for b in blocks(wave(before_hz, 10), before_hz) if b.seq < 6]
    fast = [b for b in blocks(wave(after_hz, 10), after_hz) if b.seq >= 6]
    stream = heard([*slow, *fast])
    assert stream.odr_hz == after_hz
    seen = stream.window(stream.end - round(8 * after_hz), stream.end)
    wanted = wave(after_hz, 10)[-len(seen) :]
    assert np.abs(seen - wanted).max() < 0.08  # a line between samples of 20 Hz
    begin = stream.end - round(8 * after_hz)
    assert abs(stream.t_ns(begin) - (T0_NS + ns(2))) < ns(0.6 / before_hz)


@given(rates=st.lists(st.floats(49.5, 50.5), min_size=12, max_size=12))
@settings(max_examples=30)
def test_a_device_that_measures_its_own_rate_is_one_stream(rates: list[float]) -> None:
    sent = [
        block.model_copy(update={"odr_hz": rate})
        for block, rate in zip(blocks(RAMP), rates, strict=True)
    ]
    stream = heard(sent)
    # A block that says a sample more than it has leaves a hole of one, which is bridged.
    assert 600 <= stream.end <= 612
    window = stream.window(stream.end - 400, stream.end)
    assert not np.isnan(window).any()
    assert np.abs(np.diff(window[:, 0]) - 1 / 512).max() < 1.1 / 512

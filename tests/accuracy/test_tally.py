"""Counting over recordings: what is scripted, what is quiet, what the rate is taken over."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.accuracy.tally import Tally, fall_of
from simulators.accuracy.truth import Claim, judge
from simulators.recordings.trial import Trial


def trial(seconds: float, is_fall: bool = False, activity: str = "D01") -> Trial:
    accel_g = np.ones((round(seconds * 10), 3), np.float32)
    return Trial("made", "P01", activity, 1, 10.0, accel_g, is_fall, peak_s=5.0)


def counted(*events: tuple[Trial, list[float]]) -> Tally:
    tally = Tally("waist", "trunk")
    for each, onsets_s in events:
        fall = fall_of(each)
        tally.count(each, judge(fall, [Claim(at, at + 1) for at in onsets_s]))
    return tally


def test_a_row_says_it_all() -> None:
    row = counted(
        (trial(20, is_fall=True), [5.0, 15.0]),
        (trial(20, is_fall=True, activity="F07"), []),
        (trial(20, is_fall=True, activity="F08"), [9.0]),
        (trial(360), [100.0]),
        (trial(3600), [30.0]),
    ).row()
    assert row["position"] == "waist"
    assert (row["falls"], row["hits"], row["sensitivity"]) == (3, 1, 0.3333)
    assert (row["false_alarms"], row["hours"]) == (4, 1.1)
    assert row["false_alarms_per_hour"] == pytest.approx(4 / 1.1, abs=1e-3)
    assert row["false_alarms_per_hour_95"] == pytest.approx([1.0899 / 1.1, 10.2416 / 1.1], abs=1e-3)
    assert row["latency_p50_s"] == row["latency_p95_s"] == 1.0
    assert row["missed"] == ["made/P01/F07/1", "made/P01/F08/1"]
    assert row["missing"] == {"F07": 1, "F08": 1}
    assert row["elsewhere"] == ["made/P01/F08/1"]
    assert row["alarming"] == {"D01": 3, "F08": 1}


@pytest.mark.parametrize(
    ("seconds", "life"),
    [
        pytest.param(599.0, "scripted", id="an act"),
        pytest.param(600.0, "quiet", id="a life"),
    ],
)
def test_long_recordings_are_quiet_life(seconds: float, life: str) -> None:
    row = counted((trial(seconds), [1.0])).row()
    other = {"scripted": "quiet", "quiet": "scripted"}[life]
    assert row[life]["false_alarms"] == 1
    assert row[life]["hours"] == pytest.approx(seconds / 3600, abs=1e-4)
    assert (row[other]["false_alarms"], row[other]["hours"]) == (0, 0.0)


def test_a_long_recording_of_a_fall_adds_its_false_alarms_but_not_its_hours() -> None:
    row = counted((trial(900, is_fall=True), [5.0, 300.0])).row()
    assert (row["false_alarms"], row["hours"]) == (1, 0.0)
    assert row["false_alarms_per_hour"] is row["false_alarms_per_hour_95"] is None


def test_without_falls_nothing_is_said_of_sensitivity() -> None:
    row = counted((trial(30), [])).row()
    names = ("sensitivity", "latency_p50_s", "latency_p95_s")
    assert [row[name] for name in names] == [None] * 3


def test_tallies_add_up() -> None:
    events = [(trial(20, is_fall=True), [5.0]), (trial(60), [3.0]), (trial(700), [])]
    total = Tally()
    for event in events:
        total += counted(event)
    assert total.row() == counted(*events).row()

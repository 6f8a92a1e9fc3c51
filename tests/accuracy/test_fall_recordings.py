"""The fall detector on people: staged falls and everyday activity, event by event."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.accuracy.cross_fit import FOLDS, cross_fit
from simulators.accuracy.report import rows
from simulators.accuracy.scoring import Plan, score_folder
from simulators.accuracy.system import published, shipped
from simulators.accuracy.tally import Tally

pytestmark = [pytest.mark.recordings, pytest.mark.slow]


def tally_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> Tally:
    """Return what weights that never saw the people in a folder make of them."""
    ours = shipped(folds=cross_fit(FOLDS))
    scores = score_folder(folder, Plan((ours,)))
    with capsys.disabled():
        print("\n" + "\n".join(" | ".join(row) for row in rows(scores.known(ours))))
    (by_known,) = scores.known(ours).values()
    assert list(by_known) == ["cross-fitted"]
    return by_known["cross-fitted"]


def test_finds_the_staged_falls_of_sisfall(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tally_of(recordings / "imu/sisfall", capsys)
    assert found.falls > 1200
    assert found.sensitivity is not None
    assert found.sensitivity >= 0.985, found.missed
    assert found.scripted.hours > 9
    assert found.scripted.false_alarms <= found.scripted.hours
    assert (found.latency_s(50) or 9) <= 1.0
    assert (found.latency_s(100) or 9) <= 2.5


def test_leaves_quiet_people_in_peace(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = tally_of(recordings / "imu/uci_chest", capsys)
    assert found.quiet.hours > 7
    assert found.quiet.false_alarms <= 0.2 * found.quiet.hours


def test_finds_more_than_any_published_rule_with_as_few_alarms(
    recordings: Path, tmp_path: Path
) -> None:
    """On two people: no rule finds as many falls without more false alarms."""
    folder = tmp_path / "sisfall"
    folder.mkdir()
    for name in ("SA01.npz", "SE02.npz"):
        (folder / name).symlink_to((recordings / "imu/sisfall" / name).resolve())
    ours, rules = shipped(folds=cross_fit(FOLDS)), published()
    scores = score_folder(folder, Plan((ours, *rules)))
    found = scores.sets(ours)["sisfall"]
    assert (found.falls, found.worn) == (75, "trunk")
    for rule in rules:
        theirs = scores.sets(rule)["sisfall"]
        assert theirs.falls == found.falls
        assert (
            theirs.hits < found.hits or theirs.scripted.false_alarms > found.scripted.false_alarms
        )

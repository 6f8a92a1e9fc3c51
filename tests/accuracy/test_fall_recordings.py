"""The fall detector on people: staged falls and everyday activity, event by event."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.accuracy.report import rows
from simulators.accuracy.scoring import score_folder
from simulators.accuracy.system import SHIPPED, published, shipped
from simulators.accuracy.tally import Tally

pytestmark = [pytest.mark.recordings, pytest.mark.slow]


def tally_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> Tally:
    (found,) = (sets := score_folder(folder, [shipped()]).sets(SHIPPED)).values()
    with capsys.disabled():
        print("\n" + "\n".join(" | ".join(row) for row in rows(sets)))
    return found


def test_finds_the_staged_falls_of_sisfall(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tally_of(recordings / "imu/sisfall", capsys)
    assert found.falls > 1200
    assert found.sensitivity is not None
    assert found.sensitivity >= 0.97, found.missed
    assert found.scripted.hours > 9
    assert found.scripted.false_alarms <= 10 * found.scripted.hours
    assert found.latency_s(95) == pytest.approx(1.4, abs=0.1)


def test_leaves_quiet_people_in_peace(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = tally_of(recordings / "imu/uci_chest", capsys)
    assert found.quiet.hours > 7
    assert found.quiet.false_alarms <= 2 * found.quiet.hours


def test_finds_more_than_any_published_rule_with_as_few_alarms(
    recordings: Path, tmp_path: Path
) -> None:
    """On two people: no rule finds as many falls without more false alarms."""
    folder = tmp_path / "sisfall"
    folder.mkdir()
    for name in ("SA01.npz", "SE02.npz"):
        (folder / name).symlink_to((recordings / "imu/sisfall" / name).resolve())
    rules = published()
    scores = score_folder(folder, [shipped(), *rules])
    ours = scores.sets(SHIPPED)["sisfall"]
    assert (ours.falls, ours.worn) == (75, "trunk")
    for rule in rules:
        theirs = scores.sets(rule.name)["sisfall"]
        assert theirs.falls == ours.falls
        assert theirs.hits < ours.hits or theirs.scripted.false_alarms > ours.scripted.false_alarms

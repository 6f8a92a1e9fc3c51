"""The fall detector on people: staged falls and everyday activity, event by event."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.accuracy.fall_table import row, total

pytestmark = [pytest.mark.recordings, pytest.mark.slow]


def test_finds_the_staged_falls_of_sisfall(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subjects = sorted((recordings / "imu" / "sisfall").glob("S*.npz"))
    found = total(subjects)
    with capsys.disabled():
        print(f"\n{row(f'sisfall, {len(subjects)} subjects', found)}")
    assert found.falls > 1200
    assert found.everyday_s > 9 * 3600
    assert found.sensitivity >= 0.97, found.missed
    assert found.false_an_hour <= 10


def test_leaves_quiet_people_in_peace(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [*(recordings / "imu" / "uci_chest").glob("*.npz")]
    found = total(files)
    with capsys.disabled():
        print(f"\n{row('uci_chest', found)}")
    assert found.everyday_s > 7 * 3600
    assert found.false_an_hour <= 2

"""A secret that is made once is there whole or not at all, whatever dies while it is made."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from backend.paging.links import SECRET, SECRET_FILE, link_secret
from host import private_file


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_crash_while_it_is_made_leaves_nothing_that_is_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    class Died(BaseException):
        """Stands for a process that is gone."""

    def dies(*args: object) -> None:
        raise Died

    monkeypatch.setattr(os, call, dies)
    with pytest.raises(Died):
        private_file.make_once(tmp_path / "it", "a secret")
    assert not (tmp_path / "it").exists()
    monkeypatch.undo()
    assert private_file.make_once(tmp_path / "it", "another") == "another"


def test_a_full_disk_leaves_what_was_there_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private_file.write(tmp_path / "it", "the old one")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        private_file.write(tmp_path / "it", "the new one")
    assert (tmp_path / "it").read_text() == "the old one\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "it"]


def test_an_empty_one_is_made_anew_and_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an older release left when it died: links signed with nothing, which anybody forges."""
    monkeypatch.delenv(SECRET, raising=False)
    (tmp_path / SECRET_FILE).write_text("\n")
    with capture_logs() as lines:
        made = link_secret(tmp_path)
    assert len(made) >= 32
    assert link_secret(tmp_path) == made
    assert [line["file"] for line in lines] == [str(tmp_path / SECRET_FILE)]
    assert "made anew" in lines[0]["event"]


def test_everybody_who_makes_it_at_once_has_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda n: private_file.make_once(tmp_path / "it", f"{n}"), range(64))
    assert len(set(made)) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "it"]


def test_nobody_else_reads_it_whatever_the_umask_says(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        private_file.make_once(tmp_path / "once", "a")
        private_file.write(tmp_path / "anew", "b")
        private_file.write(tmp_path / "anew", "c")
    finally:
        os.umask(old)
    modes = {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert modes == {0o600}

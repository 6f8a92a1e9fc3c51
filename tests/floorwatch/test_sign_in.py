"""`floorwatch sign-in` prints what a running backend lets in by."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from backend.runtime import BackendProcess
from floorwatch.commands.sign_in import sign_in
from floorwatch.errors import CommandError
from tests.support.pages import Inbox, paging_site


def test_what_it_prints_lets_a_browser_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with BackendProcess(
        paging_site(), state_dir=tmp_path, engine="manual", channels=[Inbox()]
    ) as backend:
        capsys.readouterr()
        sign_in(tmp_path)
        url = capsys.readouterr().out.strip()
        assert url.startswith(f"{backend.url}/sign-in/")
        assert httpx.post(url).headers["Location"] == "/session"


def test_a_folder_where_no_backend_was_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no backend that you may read has started in"):
        sign_in(tmp_path)
    assert list(tmp_path.iterdir()) == []

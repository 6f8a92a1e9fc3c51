"""Schemathesis looks for the input that nobody thought of, against a running backend."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.api.auth import API_TOKEN
from backend.runtime import BackendProcess
from tests.support.pages import Inbox, paging_site

# A schema cannot say "whole triples of int16 in base64", or "no NUL in any text, new fields
# included": such bodies fit it and are refused with 422 all the same.
NOT_CHECKED = "positive_data_acceptance"


@pytest.mark.slow
@pytest.mark.parametrize("token", [None, "let-me-in"])
def test_nothing_that_is_sent_breaks_the_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    monkeypatch.delenv(API_TOKEN, raising=False)
    if token is not None:
        monkeypatch.setenv(API_TOKEN, token)
    header = () if token is None else ("-H", f"Authorization: Bearer {token}")
    with BackendProcess(paging_site(), state_dir=tmp_path / "state", channels=[Inbox()]) as backend:
        run = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "run", f"{backend.url}/openapi.json",
             "--max-examples", "25", "--seed", "1", "--phases", "examples,coverage,fuzzing",
             "--continue-on-failure", "--exclude-checks", NOT_CHECKED, *header],
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=900,
        )  # fmt: skip
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]

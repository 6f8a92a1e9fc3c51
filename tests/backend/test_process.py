"""`python -m backend`, as a process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from backend.api.auth import API_TOKEN
from tests.support.pages import SITE

pytestmark = pytest.mark.slow


def backend(site: str, tmp_path: Path, *options: str, **variables: str) -> subprocess.Popen[str]:
    path = tmp_path / "site.toml"
    path.write_text(site)
    environment = {name: value for name, value in os.environ.items() if name != API_TOKEN}
    return subprocess.Popen(
        [sys.executable, "-m", "backend", str(path), "--state", str(tmp_path / "state"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, **variables},
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_and_stops(tmp_path: Path, signal_number: int) -> None:
    with backend(SITE, tmp_path, "--port", "0") as process:
        assert process.stderr is not None
        url = ""
        for line in process.stderr:
            found = re.search(r'"url": "(http://127\.0\.0\.1:\d+)"', line)
            if found:
                url = found[1]
                break
        assert httpx.get(f"{url}/healthz").status_code in (200, 503)
        process.send_signal(signal_number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "backend stopped" in said


def test_the_environment_names_the_database_and_one_left_behind_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "backend.sqlite").touch()
    url = f"sqlite:///{tmp_path / 'named.db'}"
    with backend(SITE, tmp_path, "--port", "0", FLOORWATCH_DATABASE_URL=url) as process:
        assert process.stderr is not None
        assert any("an earlier database of this backend" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert (tmp_path / "named.db").stat().st_size > 0
    assert (tmp_path / "state" / "backend.sqlite").stat().st_size == 0


@pytest.mark.parametrize(
    ("site", "options", "sentence"),
    [
        pytest.param(
            SITE.replace("[[zone]]", "[[zoen]]", 1),
            (),
            'there is no table [zoen]; did you mean "zone"?',
            id="a misspelt table",
        ),
        pytest.param(
            SITE.replace('kind = "console"', 'kind = "pigeon"'),
            (),
            'there is no kind "pigeon"',
            id="no such channel",
        ),
        pytest.param(SITE, ("--host", "0.0.0.0"), API_TOKEN, id="open to all without a token"),
        pytest.param(SITE, ("--database", "oracle://x"), "oracle", id="no such database"),
        pytest.param(SITE, ("--database", "postgresql://127.0.0.1:1/x"), "refused", id="no server"),
    ],
)
def test_what_cannot_run_says_why_in_a_sentence(
    tmp_path: Path, site: str, options: tuple[str, ...], sentence: str
) -> None:
    process = backend(site, tmp_path, "--port", "0", *options)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert sentence in said
    assert "Traceback" not in said

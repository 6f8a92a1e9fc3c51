from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.edge.agents import SITE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "agent", "sentence"),
    [
        pytest.param(None, "edge-1", "cannot be read", id="no file"),
        pytest.param("[site", "edge-1", "not TOML", id="no TOML"),
        pytest.param(SITE.format(sensors=""), "edge-2", 'did you mean "edge-1"', id="no agent"),
        pytest.param(
            SITE.format(sensors='[[agent.sensors]]\nkind = "mqqt"'),
            "edge-1",
            'no kind "mqqt"; did you mean "mqtt"',
            id="no driver",
        ),
        pytest.param(
            SITE.format(sensors='[[agent.sensors]]\nkind = "recorded"\npath = "gone.jsonl"'),
            "edge-1",
            "no file gone.jsonl",
            id="no recording",
        ),
    ],
)
def test_a_bad_site_file_is_one_sentence_a_problem(
    text: str | None, agent: str, sentence: str, tmp_path: Path
) -> None:
    site_file = tmp_path / "site.toml"
    if text is not None:
        site_file.write_text(text)
    command = [sys.executable, "-m", "edge", str(site_file), "--agent", agent]
    done = subprocess.run(
        [*command, "--state", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1

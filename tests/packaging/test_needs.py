"""A test whose need is not met is skipped by name, and fails where nothing may be skipped."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.needs import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("environ", "code", "said"),
    [
        pytest.param({}, 0, "not run: 1 × needs the recordings, which is not here", id="here"),
        pytest.param({"CI": "true"}, 1, "needs the recordings, which is not here: set", id="ci"),
        pytest.param(
            {"FLOORWATCH_REQUIRE_ALL": "1"},
            1,
            "needs the recordings, which is not here",
            id="asked",
        ),
    ],
)
def test_what_is_missing_is_said_and_counts_where_it_must(
    environ: dict[str, str], code: int, said: str
) -> None:
    unset = ("CI", "FLOORWATCH_REQUIRE_ALL", "PYTEST_ADDOPTS")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "1"]
    done = subprocess.run(
        [*command, "tests/packaging/test_needs.py::test_the_recordings_are_there"],
        env={**kept, **environ, "FLOORWATCH_RECORDINGS": "/nowhere"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert said in done.stdout
    assert done.returncode == code
    assert done.stdout.rstrip().endswith("=")  # pytest's closing line comes last


@pytest.mark.recordings
def test_the_recordings_are_there(recordings: object) -> None:
    assert os.path.isdir(str(recordings))

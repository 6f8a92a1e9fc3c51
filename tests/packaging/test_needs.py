"""A test whose need is not met is skipped by name, and fails where nothing may be skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.needs import MAY_BE_SKIPPED, NO_TORCH, ROOT

pytestmark = pytest.mark.slow


def run_tests(
    what: str, environ: dict[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    unset = ("CI", "FLOORWATCH_REQUIRE_ALL", "PYTEST_ADDOPTS")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        [*command, what], env={**kept, **environ}, cwd=ROOT, capture_output=True, text=True
    )


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
    environ = {**environ, "FLOORWATCH_RECORDINGS": "/nowhere"}
    done = run_tests(
        "tests/packaging/test_needs.py::test_the_recordings_are_there", environ, "-n", "1"
    )
    assert said in done.stdout
    assert done.returncode == code
    assert done.stdout.rstrip().endswith("=")  # pytest's closing line comes last


SELF_SKIPPED = {
    "a server that did not start": """
        import pytest
        @pytest.fixture
        def server():
            pytest.skip("the server did not start in time")
        def test_it(server):
            pass
    """,
    "in the middle of a test": """
        import pytest
        def test_it():
            pytest.skip("the server did not start in time")
    """,
    "by a marker": """
        import pytest
        @pytest.mark.skip(reason="the server did not start in time")
        def test_it():
            pass
    """,
    "a whole file": """
        import pytest
        pytest.skip("the server did not start in time", allow_module_level=True)
    """,
    "a package that is missing": """
        import pytest
        pytest.importorskip("no_such_package", reason="the server did not start in time")
    """,
}


@pytest.mark.parametrize("written", SELF_SKIPPED.values(), ids=SELF_SKIPPED)
@pytest.mark.parametrize(
    ("environ", "passes"),
    [
        pytest.param({}, True, id="here"),
        pytest.param({"CI": "true"}, False, id="ci"),
    ],
)
def test_what_skips_itself_fails_where_nothing_may_be_skipped(
    tmp_path: Path, written: str, environ: dict[str, str], passes: bool
) -> None:
    file = tmp_path / "test_written.py"
    file.write_text(dedent(written))
    done = run_tests(str(file), environ, "-p", "tests.conftest")
    said = "not run: 1 × " if passes else "skipped, where nothing may be: "
    assert f"{said}the server did not start in time" in done.stdout
    # A session of which nothing ran, since its only file was skipped, ends with 5.
    assert done.returncode in ((0, 5) if passes else (1, 2))


def test_only_what_torch_is_for_may_be_skipped(tmp_path: Path) -> None:
    assert {NO_TORCH} == MAY_BE_SKIPPED
    file = tmp_path / "test_written.py"
    file.write_text(f"import pytest\ndef test_it():\n    pytest.skip({NO_TORCH!r})\n")
    assert run_tests(str(file), {"CI": "true"}, "-p", "tests.conftest").returncode == 0


def test_what_is_expected_to_fail_is_not_skipped(tmp_path: Path) -> None:
    file = tmp_path / "test_written.py"
    file.write_text(
        "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it():\n    assert False\n"
    )
    assert run_tests(str(file), {"CI": "true"}, "-p", "tests.conftest").returncode == 0


@pytest.mark.recordings
def test_the_recordings_are_there(recordings: object) -> None:
    assert os.path.isdir(str(recordings))

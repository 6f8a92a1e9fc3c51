"""scripts/setup says what is missing and how to get it. (That it installs, every CI run shows.)"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.needs import ROOT

pytestmark = pytest.mark.slow

TOOLS = ("sh", "cat", "cksum", "dirname", "tail", "rm", "env")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout without an environment, in a folder with a space, with its own PATH."""
    folder = tmp_path / "a hall"
    for name in ("scripts/setup", "pyproject.toml", "requirements/run.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "bin").mkdir()
    for tool in TOOLS:
        (folder / "bin" / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    return folder


def _a_python(checkout: Path, name: str, program: str) -> None:
    """Put a Python on the checkout's PATH that runs `program` before what it is asked to run."""
    shim = checkout / "bin" / name
    shim.write_text(
        f'#!/bin/sh\n[ "$1" = -c ] || exit 9\nexec "{sys.executable}" -I -c "{program}\n$2"\n',
        encoding="utf-8",
    )
    shim.chmod(0o755)


def _setup(checkout: Path) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": str(checkout / "bin"), "HOME": os.environ.get("HOME", "/")}
    command = [str(checkout / "bin" / "sh"), str(checkout / "scripts" / "setup"), "run"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)


OLD = "import sys; sys.version_info = (3, 10, 4)"
WITHOUT_VENV = "import sys; sys.modules['ensurepip'] = None"


def test_without_a_python_it_says_how_to_get_one(checkout: Path) -> None:
    done = _setup(checkout)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, and found none" in done.stderr
    assert "sudo apt-get install python3 python3-venv" in done.stderr


def test_an_old_python_is_not_taken(checkout: Path) -> None:
    _a_python(checkout, "python3", OLD)
    done = _setup(checkout)
    assert done.returncode == 1
    assert "found none" in done.stderr


@pytest.mark.parametrize(
    ("name", "package"),
    [
        pytest.param("python3", "python3-venv", id="the-systems-python"),
        pytest.param("python3.13", "python3.13-venv", id="a-second-python"),
    ],
)
def test_without_venv_it_names_the_package_and_the_command(
    checkout: Path, name: str, package: str
) -> None:
    _a_python(checkout, name, WITHOUT_VENV)
    done = _setup(checkout)
    assert done.returncode == 1
    assert f"{name} cannot make a virtual environment" in done.stderr
    assert f"sudo apt-get install {package}\n" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_finished_environment_is_left_alone(checkout: Path) -> None:
    venv = checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "made-for").write_text(f"{checkout.resolve()}\n", encoding="utf-8")
    sums = subprocess.run(
        "cat requirements/run.txt pyproject.toml | cksum",
        shell=True, cwd=checkout, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (venv / "installed-run").write_text(sums, encoding="utf-8")
    before = sorted(path.name for path in venv.iterdir())
    done = _setup(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in venv.iterdir()) == before


@pytest.mark.parametrize("spoilt", ["unfinished", "made-for-another-checkout"])
def test_a_spoilt_environment_is_made_anew(checkout: Path, spoilt: str) -> None:
    venv = checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "leftover").touch()
    if spoilt == "unfinished":
        (venv / "made-for").write_text(f"{checkout.resolve()}\n", encoding="utf-8")
        (venv / "unfinished").touch()
    else:
        (venv / "made-for").write_text("/somewhere/else\n", encoding="utf-8")
    python = checkout / "bin" / "python3"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    # An empty lock, and a project that pip refuses: enough to see what is done to the environment.
    (checkout / "requirements" / "run.txt").write_text("", encoding="utf-8")
    (checkout / "pyproject.toml").write_text("", encoding="utf-8")
    done = _setup(checkout)
    assert "Making .venv" in done.stderr
    assert not (venv / "leftover").exists()
    assert not (venv / "unfinished").exists()
    assert (venv / "made-for").read_text(encoding="utf-8") == f"{checkout.resolve()}\n"

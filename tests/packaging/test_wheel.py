"""The wheel, built and installed with the sources out of the way, is all of it and works."""

from __future__ import annotations

import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.needs import ROOT
from tests.support.packages import PACKAGES, PROJECT
from tests.support.processes import run, run_python
from tests.support.tree import kept_files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    run([*build, "--outdir", str(folder), str(ROOT)])
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a Python with the wheel and what it depends on, which knows nothing of the checkout.

    A `.pth` file lends it the packages of the tests' own environment; Python reads no further
    `.pth` there, so the editable installation does not come along.
    """
    home = tmp_path_factory.mktemp("wheel") / "a home"
    venv.create(home, with_pip=False, symlinks=True)
    python = str(home / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)])
    lent = sysconfig.get_paths(vars={"base": str(home)})["purelib"]
    Path(lent, "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return python


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_is_imported_from_the_wheel(python: str, name: str) -> None:
    where = run_python(f"import {name}; print({name}.__file__)", python=python).strip()
    assert Path(where).is_relative_to(Path(python).parents[1])


def test_the_command_shows_its_help(python: str) -> None:
    command = Path(python).with_name("floorwatch")
    shown = run([str(command), "--help"], folder=command.parent)
    assert "Usage" in shown
    assert "demo" in shown


def test_the_wheel_knows_its_version(python: str) -> None:
    program = "from importlib.metadata import version; print(version('floorwatch'))"
    assert run_python(program, python=python).strip() == PROJECT["project"]["version"]


def test_all_that_lies_beside_the_code_is_in_the_wheel(wheel: Path) -> None:
    data = {
        path
        for path in kept_files()
        if path.partition("/")[0] in PACKAGES and not path.endswith((".py", ".pyc"))
    }
    assert {path.rpartition(".")[2] for path in data} >= {"html", "css", "typed"}
    data.add("floorwatch/site.toml")
    missing = data - set(zipfile.ZipFile(wheel).namelist())
    assert missing == set()


def test_the_wheel_has_the_migrations_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if "/versions/" in name and name.endswith(".py")]
    assert [name for name in names if name.startswith(("tests/", "docs/", "scripts/"))] == []

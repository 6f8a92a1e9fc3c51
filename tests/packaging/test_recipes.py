"""The recipes in docs/ work as they stand: their files are put beside ours, and their tests run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.needs import ROOT
from tests.support.processes import run_python
from tests.support.tree import text_of

BLOCK = re.compile(r"^```python\n# (?P<path>\S+\.py)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"^```toml\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Recipe:
    """What a page promises of the part that it adds."""

    files: int
    """How many the page asks for. None of ours is changed."""
    kinds: tuple[str, ...]
    """What the page adds, by the names under which it is tested; all is tested again if empty."""
    held_to: str
    """The test that every such part is held to, without a line of its own."""
    table: str = ""
    folder: str = ""
    base: str = ""
    """Where the site file's `[[table]]` finds its kinds, and the class that they are."""
    adds_kinds: bool = True
    """Whether `kinds` are that table's own."""


RECIPES = {
    "docs/add-a-detector.md": Recipe(
        files=3,
        kinds=("knock",),
        held_to="tests/detectors/test_every_detector.py",
        table="detector",
        folder="detectors",
        base="detectors.detector.Detector",
    ),
    "docs/add-a-watcher.md": Recipe(
        files=2,
        kinds=("crowd",),
        held_to="tests/detectors/vision/test_every_watcher.py",
        table="detector.watch",
        folder="detectors.vision.watchers",
        base="detectors.vision.watcher.Watcher",
    ),
    "docs/add-a-channel.md": Recipe(
        files=3,
        kinds=("folder",),
        held_to="tests/backend/channels/test_every_channel.py",
        table="channel",
        folder="backend.paging.channels",
        base="backend.paging.channel.Channel",
    ),
    "docs/add-a-reader.md": Recipe(
        files=2,
        kinds=("gatehouse",),
        held_to="tests/edge/sensors/test_rubbish.py",
        table="agent.sensors",
        folder="edge.sensors",
        base="edge.sensor.Sensor",
    ),
    "docs/add-a-camera-model.md": Recipe(
        files=2,
        kinds=("hog",),
        held_to="tests/edge/vision/test_every_people_model.py",
        table="agent.sensors",
        folder="edge.sensors",
        base="edge.sensor.Sensor",
        adds_kinds=False,
    ),
    "docs/add-a-zone-rule.md": Recipe(
        files=2,
        kinds=(),
        held_to="tests/detectors/zone/test_laws.py",
    ),
}
"""By page. (The driver's page has a test of its own, beside the drivers'.)"""

# Puts the recipe's files beside ours, reads the page's tables, then runs tests and examples.
PROGRAM = """
import doctest, importlib, json, sys, tomllib

checkout, recipe, packages, modules, *rest = json.loads(sys.argv[1])
table, folder, base, kinds, adds, tables, tests = rest
sys.path[:0] = [checkout, recipe]
for name in packages:
    importlib.import_module(name).__path__.append(f"{recipe}/{name.replace('.', '/')}")
if table:
    from contract import plugins
    module, _, name = base.rpartition(".")
    base = getattr(importlib.import_module(module), name)
    found = plugins.find(importlib.import_module(folder), base)
    told = []
    for text in tables:
        entries = [tomllib.loads(text)]
        for key in table.split("."):
            inner = [entry.get(key, []) for entry in entries]
            entries = [e for each in inner for e in (each if isinstance(each, list) else [each])]
        told += entries
    assert not adds or {entry["kind"] for entry in told} & set(found) >= set(kinds), kinds
    plugins.build(table, found, told)
import pytest
for arguments in tests:
    ended = pytest.main(["-q", "-p", "no:cacheprovider", "-c", f"{checkout}/pyproject.toml",
                         "--rootdir", checkout, *arguments])
    assert ended == 0, (arguments, ended)
for name in modules:
    assert doctest.testmod(importlib.import_module(name)).failed == 0, name
"""


def _files(page: str) -> dict[str, str]:
    return {found["path"]: found["code"] for found in BLOCK.finditer(text_of(page) or "")}


@pytest.mark.slow
@pytest.mark.parametrize("page", RECIPES)
def test_a_recipe_works_as_it_stands(page: str, tmp_path: Path) -> None:
    recipe, files = RECIPES[page], _files(page)
    assert len(files) == recipe.files
    for path, code in files.items():
        assert not (ROOT / path).exists()
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(code, encoding="utf-8")
    folders = {Path(path).parent for path in files}
    # Folders of tests are namespaces, which find both by themselves.
    packages = {".".join(f.parts) for f in folders if (ROOT / f / "__init__.py").exists()}
    tests = [[str(tmp_path / path)] for path in files if Path(path).name.startswith("test_")]
    only = ["-k", " or ".join(recipe.kinds)] if recipe.kinds else []
    tests.append([str(ROOT / recipe.held_to), *only])
    tables = [found["code"] for found in TABLE.finditer(text_of(page) or "")]
    where = [recipe.table, recipe.folder, recipe.base, recipe.kinds, recipe.adds_kinds]
    named = (path.removesuffix(".py").replace("/", ".") for path in files)
    modules = [name for name in named if not name.startswith("tests")]
    arguments = [str(ROOT), str(tmp_path), sorted(packages), modules, *where, tables, tests]
    run_python(PROGRAM, json.dumps(arguments), folder=tmp_path)


@pytest.mark.parametrize("page", RECIPES)
@pytest.mark.parametrize("check", [["format", "--check"], ["check"]], ids=["format", "lint"])
def test_a_recipe_is_in_the_house_style(page: str, check: list[str]) -> None:
    for path, code in _files(page).items():
        ruff = [sys.executable, "-m", "ruff", *check, "--quiet", "--stdin-filename", path, "-"]
        done = subprocess.run(ruff, input=code, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, f"{path}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    "page",
    sorted(str(p.relative_to(ROOT)) for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]),
)
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", text_of(page) or "")
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []

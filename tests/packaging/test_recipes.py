"""The recipes in docs/ work as they stand: their files are put beside ours, and their tests run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.needs import ROOT
from tests.support.processes import run_python
from tests.support.tree import text_of

BLOCK = re.compile(r"^```python\n# (?P<path>\S+\.py)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = {
    "docs/add-a-detector.md": ("detectors", "detectors.detector.Detector", "knock"),
    "docs/add-a-channel.md": (
        "backend.paging.channels",
        "backend.paging.channel.Channel",
        "folder",
    ),
}
"""By page: the folder in which the kind is found, its base, and its name. (The driver's page has a
test of its own, beside the drivers'.)"""

# Puts the recipe's folder beside ours, asks whether the kind is found, then runs the tests.
PROGRAM = """
import importlib, json, sys

checkout, recipe, folder, base, kind, tests = json.loads(sys.argv[1])
sys.path.insert(0, checkout)
package = importlib.import_module(folder)
package.__path__.append(f"{recipe}/{folder.replace('.', '/')}")
from contract import plugins
module, _, name = base.rpartition(".")
assert kind in plugins.find(package, getattr(importlib.import_module(module), name)), kind
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-c", f"{checkout}/pyproject.toml",
                      "--rootdir", checkout, *tests]))
"""


def _files(page: str) -> dict[str, str]:
    return {found["path"]: found["code"] for found in BLOCK.finditer(text_of(page) or "")}


@pytest.mark.slow
@pytest.mark.parametrize("page", RECIPES)
def test_a_recipe_works_as_it_stands(page: str, tmp_path: Path) -> None:
    files = _files(page)
    assert len(files) == 2, "one file and one test"
    for path, code in files.items():
        assert not (ROOT / path).exists()
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(code, encoding="utf-8")
    tests = [str(tmp_path / path) for path in files if path.startswith("tests/")]
    if page.endswith("detector.md"):
        tests += [str(ROOT / "tests/detectors/test_every_detector.py"), "-k", "knock"]
    arguments = [str(ROOT), str(tmp_path), *RECIPES[page], tests]
    assert " passed" in run_python(PROGRAM, json.dumps(arguments), folder=tmp_path)


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

"""What the house rules say of files, held by reading every one of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from floorwatch.configuration_page import ENVIRONMENT
from tests.support.needs import ROOT
from tests.support.packages import PACKAGES
from tests.support.tree import kept_files, text_of

MOST_LINES = 350
"""A table of test cases may go on for longer: it is read a row at a time."""
MOST_LINES_OF_TESTS = 500
WRITTEN = (".py", ".js", ".css", ".html", ".sh", ".sql")
GENERATED = ("requirements/", "docs/contract/", "LICENSE")
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "service", "services", "manager", "common"}

# Written so that this file does not find itself.
FORBIDDEN = {
    "unfinished work": r"\b(?:T[O]DO|F[I]XME|X[X]X)\b",
    "a path of somebody's machine": r"(?<![\w./-])/(?:work|root|home/\w+|Users)/",
    "a package index's host": (
        r"pypi\.(?:org|python)|pythonhosted\.org|registry\.npmjs|docker\.io|ghcr\.io|quay\.io"
        r"|deb\.debian\.org|archive\.ubuntu\.com"
    ),
    "a merge's leftovers": r"^(?:<{7}|>{7}) ",
}
ALLOWED: set[tuple[str, str]] = set()
"""(path, what) where a forbidden thing must stand."""


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_has(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = [
        f"{path}:{text.count(chr(10), 0, hit.start()) + 1}: {hit.group()}"
        for path in kept_files()
        if (path, what) not in ALLOWED and (text := text_of(path)) is not None
        for hit in pattern.finditer(text)
    ]
    assert found == []


def test_the_patterns_find_what_they_are_for() -> None:
    samples = {
        "unfinished work": "# TO" + "DO: later",
        "a path of somebody's machine": "see /ho" + "me/karin/floorwatch",
        "a package index's host": "https://py" + "pi.org/simple",
        "a merge's leftovers": "<" * 7 + " HEAD",
    }
    for what, sample in samples.items():
        assert re.search(FORBIDDEN[what], sample, re.MULTILINE), what


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    long = {
        path: lines
        for path in kept_files()
        if path.endswith(WRITTEN)
        and not path.startswith(GENERATED)
        and (lines := len((text_of(path) or "").splitlines()))
        >= (MOST_LINES_OF_TESTS if path.startswith("tests/") else MOST_LINES)
    }
    assert long == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    stems = {path: path.rpartition("/")[2].partition(".")[0] for path in kept_files()}
    assert [path for path, stem in stems.items() if stem in EMPTY_NAMES] == []


def test_every_environment_variable_is_documented_and_every_documented_one_is_used() -> None:
    code = [
        path
        for path in kept_files()
        if path.startswith((*(f"{name}/" for name in PACKAGES), "tests/", "scripts/", ".ci/"))
        and not path.endswith("configuration_page.py")
    ]
    named = re.compile(r"\bFLOORWATCH_[A-Z0-9_]*[A-Z0-9]\b")
    used = {name for path in code for name in named.findall(text_of(path) or "")}
    assert used == set(ENVIRONMENT), "describe it in floorwatch/configuration_page.py"


def test_imports_run_one_way() -> None:
    linter = str(Path(sys.executable).with_name("lint-imports"))
    command = [linter, "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout

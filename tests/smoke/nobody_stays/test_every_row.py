"""Each row of what was seen is held by a test that exists: the table in docs/chaos.md."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROW = re.compile(r"^\| (\d+|also) \| [^|]+ \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
ROWS = [(row, tests) for row, tests in ROW.findall((ROOT / "docs" / "chaos.md").read_text("utf-8"))]


def test_no_row_is_missing() -> None:
    assert [row for row, _ in ROWS if row != "also"] == [str(n) for n in range(1, 14)]


@pytest.mark.parametrize(("row", "tests"), ROWS)
def test_what_it_names_is_a_test(row: str, tests: str) -> None:
    named = NAMED.findall(tests)
    assert len(named) == tests.count("`") // 2 > 0
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        found = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
        assert name in found, f"row {row}: {file} has no {name}"

"""docs/gateway.md names every figure, reason and variable, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.backend_client import TOKEN_VARIABLE as API_TOKEN
from gateway.effects import Reason
from gateway.influx_history import TOKEN_VARIABLE as INFLUX_TOKEN
from gateway.link import PASSWORD_VARIABLE
from gateway.metrics import COUNTERS, GAUGES, LABELLED

PAGE = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text(encoding="utf-8")


def rows(heading: str) -> set[str]:
    """Return the first column of a chapter's tables."""
    chapter = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([a-z_-]+)", chapter, re.MULTILINE))


def test_every_figure_is_documented() -> None:
    assert rows("Figures") == {*GAUGES, *COUNTERS, *LABELLED}


def test_every_reason_is_documented() -> None:
    assert rows("What is refused") == {reason.value for reason in Reason}


def test_every_variable_is_documented() -> None:
    told = set(re.findall(r"^\| `(FLOORWATCH_[A-Z_]+)", PAGE, re.MULTILINE))
    assert told == {API_TOKEN, INFLUX_TOKEN, PASSWORD_VARIABLE}

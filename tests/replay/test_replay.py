"""Recorded data in, recorded detections out. A case is a folder; see README.md beside it.

pytest tests/replay                 holds today's detections against the recorded ones
pytest tests/replay --accept        takes today's as right; look at the diff before you commit
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from contract import sitefile
from contract.batch import parse_block
from contract.detection import Detection
from contract.instants import ns
from contract.tick import Tick
from detectors import catalogue
from detectors.outcome import Outcome
from detectors.pipeline import Pipeline

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/input.jsonl"))
SITE = Path(__file__).parent / "site.toml"
TOLERANCE = 1e-6
"""On evidence and confidence alone: another processor may round the last digit otherwise."""
SCORE_TOLERANCE = 0.002
"""On confidence, which may be a network's score, told in thousandths."""

_lines: TypeAdapter[list[dict[str, Any]]] = TypeAdapter(list[dict[str, Any]])


def outcomes(case: Path, behind_ns: int | None = None) -> Iterator[Outcome]:
    """Yield what the pipeline of a case makes of each line of its input.

    With `behind_ns` each arrives by a gateway's clock that is so far behind the devices'.
    """

    def heard_ns(at_ns: int) -> int | None:
        return None if behind_ns is None else at_ns - behind_ns

    named = case / "site.toml"
    site = sitefile.parse((named if named.exists() else SITE).read_text(encoding="utf-8"))
    pipeline = Pipeline(site, catalogue.build(site), exercise=True)
    for line in (case / "input.jsonl").read_text(encoding="utf-8").splitlines():
        if json.loads(line)["message"] == "tick/1":
            at_ns = Tick.model_validate_json(line).at_ns
            yield pipeline.tick(at_ns, heard_ns=heard_ns(at_ns))
        else:
            block = parse_block(line.encode())
            yield pipeline.feed(block, heard_ns=heard_ns(block.end_ns))


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a file of JSON."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return _lines.validate_python([json.loads(line) for line in text.splitlines()])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_replay(case: Path, request: pytest.FixtureRequest) -> None:
    found: list[Detection] = []
    for outcome in outcomes(case):
        assert outcome.faults == ()
        found += outcome.detections
    expected = case / "expected.jsonl"
    if request.config.getoption("--accept", default=False):
        expected.write_text("".join(d.model_dump_json() + "\n" for d in found), encoding="utf-8")
    # Read back, so that an older line stands for what it says: a field may be younger than it.
    recorded = [Detection.model_validate(line) for line in lines(expected)]
    got, want = ([d.model_dump(mode="json") for d in each] for each in (found, recorded))
    # What was detected, and in which order, first; then the numbers.
    assert [told(d) for d in got] == [told(d) for d in want]
    for a, b in zip(got, want, strict=True):
        assert a["confidence"] == pytest.approx(b["confidence"], abs=SCORE_TOLERANCE)
        assert a["evidence"] == pytest.approx(b["evidence"], abs=TOLERANCE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_gateways_clock_is_told_and_decides_nothing(case: Path) -> None:
    silent = [d for outcome in outcomes(case) for d in outcome.detections]
    timed = [d for outcome in outcomes(case, behind_ns=ns(240)) for d in outcome.detections]
    assert all(d.heard_ns is not None for d in timed)
    assert [d.model_copy(update={"heard_ns": None}) for d in timed] == silent


def told(detection: dict[str, Any]) -> dict[str, Any]:
    """Return what must be the same to the letter."""
    return {k: v for k, v in detection.items() if k not in ("confidence", "evidence")}


def test_every_case_says_what_it_is_and_what_is_expected() -> None:
    assert len(CASES) >= 4
    for case in CASES:
        assert lines(case / "expected.jsonl") or "nothing is detected" in _title(case), case.name
        assert _title(case).startswith("# "), case.name


def _title(case: Path) -> str:
    return (case / "README.md").read_text(encoding="utf-8")

"""The whole system under faults: processes, a real broker, people who fall, an endpoint paged.

`-s` prints the table of docs/chaos.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.books import broken_promises
from tests.chaos.faults import Kind
from tests.chaos.ordeal import HEAD, Run, run

pytestmark = pytest.mark.faketime


def say(*runs: Run) -> None:
    print("\n" + "\n".join((HEAD, *(each.row() for each in runs))))


@pytest.mark.slow
@pytest.mark.mosquitto
def test_each_kind_of_fault_once(tmp_path: Path) -> None:
    told = run("mosquitto", seed=1, faults=len(Kind) + 2, span_s=26, folder=tmp_path)
    say(told)
    assert broken_promises(told.books) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("broker", "seed"),
    [
        pytest.param("mosquitto", 2, marks=pytest.mark.mosquitto),
        pytest.param("mosquitto", 3, marks=pytest.mark.mosquitto),
        ("nats", 4),
        ("nats", 5),
    ],
)
def test_fifty_faults(broker: str, seed: int, tmp_path: Path) -> None:
    told = run(broker, seed=seed, faults=50, span_s=100, folder=tmp_path)
    say(told)
    assert broken_promises(told.books) == []

"""A pytest plug-in for runs with a mutant: cheap files first, and no more than a budget of seconds.

mutmut hands over every test that reaches the mutated function, in no order. Most mutants are
noticed by the first test; one that nothing notices would cost all of them. What the budget leaves
out could only have noticed more: a survivor of the budget counts as a survivor.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from statistics import mean

import pytest

MEASURED = Path("mutmut-stats.json")
"""Written by mutmut into the folder that it runs the tests in."""
BUDGET_S = 60.0
OVERHEAD_S = 0.15
"""What a test takes beside its call, which alone is measured: a database laid down, most often."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what costs least first, a file's tests together; leave out what is beyond the budget."""
    under_test = os.environ.get("MUTANT_UNDER_TEST")
    if under_test is None or (under_test and "__mutmut_" not in under_test):
        return
    try:
        durations_s = json.loads(MEASURED.read_text(encoding="utf-8"))["duration_by_test"]
    except FileNotFoundError:
        return
    cost_s = {item.nodeid: durations_s.get(item.nodeid, 1.0) + OVERHEAD_S for item in items}
    of_file: dict[str, list[float]] = defaultdict(list)
    for item in items:
        of_file[_file(item)].append(cost_s[item.nodeid])
    items.sort(key=lambda item: (mean(of_file[_file(item)]), _file(item)))
    total_s = 0.0
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        total_s += cost_s[item.nodeid]
        (kept if total_s <= BUDGET_S or not kept else left_out).append(item)
    items[:] = kept
    if left_out:
        config.hook.pytest_deselected(items=left_out)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]

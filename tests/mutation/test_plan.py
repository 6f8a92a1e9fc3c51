"""The sample of mutants: the same one each time, and of every file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mutation.equivalent import listed
from tests.mutation.plan import Area, allot, drawn, read_plan
from tests.support.needs import ROOT

COUNTS = st.dictionaries(st.text(min_size=1), st.integers(0, 500), min_size=1, max_size=20)


@given(COUNTS, st.integers(0, 3000), st.integers(0, 60))
def test_every_file_has_its_least_and_the_sample_is_spent(
    counts: dict[str, int], sample: int, least: int
) -> None:
    shares = allot(counts, sample, least)
    assert shares.keys() == counts.keys()
    assert all(min(counts[file], least) <= shares[file] <= counts[file] for file in counts)
    floor = sum(min(count, least) for count in counts.values())
    assert sum(shares.values()) == max(floor, min(sample, sum(counts.values())))


@given(st.sets(st.text(min_size=1), min_size=2, max_size=40), st.integers(0, 20), st.integers())
def test_a_mutant_that_goes_exchanges_no_other(names: set[str], number: int, seed: int) -> None:
    before = drawn(names, number, seed)
    gone = min(names)
    after = drawn(names - {gone}, number, seed)
    assert set(before) - {gone} <= set(after)


def test_every_area_has_files_and_tests() -> None:
    for area in read_plan(ROOT / "pyproject.toml").areas:
        assert area.sources(ROOT)
        paths = [ROOT / test for test in area.tests if test.startswith("tests/")]
        assert paths
        assert [path for path in paths if not path.exists()] == []


def test_what_moved_is_not_left_out_in_silence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.py of the area edge"):
        Area("edge", ("edge/gone.py",), ()).sources(tmp_path)


def test_an_equivalent_mutant_is_of_a_file_that_is_tried_and_has_a_reason() -> None:
    tried = {
        file for area in read_plan(ROOT / "pyproject.toml").areas for file in area.sources(ROOT)
    }
    entries = listed()
    assert {entry.file for entry in entries} <= tried
    assert all(len(entry.why) > 20 for entry in entries)
    assert len({(entry.file, entry.change) for entry in entries}) == len(entries)

"""Each fault that is listed by name can still be put in, and stands with its tests."""

from __future__ import annotations

import pytest

from tests.mutation.named import Fault, listed
from tests.support.needs import ROOT


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.title) for fault in listed()])
def test_the_place_of_a_fault_is_there_once(fault: Fault) -> None:
    text = (ROOT / fault.file).read_text(encoding="utf-8")
    assert fault.put_into(text) != text
    paths = [ROOT / test for test in fault.tests if test.startswith("tests/")]
    assert paths
    assert [path for path in paths if not path.exists()] == []


def test_no_title_is_used_twice() -> None:
    titles = [fault.title for fault in listed()]
    assert len(titles) == len(set(titles))

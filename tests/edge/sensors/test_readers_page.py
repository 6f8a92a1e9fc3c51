"""What docs/readers.md says can be written into a site file, and every reader is on it."""

from __future__ import annotations

import re

from contract.sitefile import parse
from edge.sensors.catalogue import build, catalogue
from edge.sensors.vendor import ReaderTable
from tests.support.needs import ROOT

PAGE = (ROOT / "docs" / "readers.md").read_text(encoding="utf-8")
SITE = '[site]\nid = "hall-7"\n[[agent]]\nid = "edge-1"\n'


def test_the_pages_tables_are_those_of_a_site_file() -> None:
    tables = "".join(re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S))
    drivers = build(parse(SITE + tables), "edge-1")
    assert {driver.kind for driver in drivers} == _kinds()
    assert all(isinstance(driver, ReaderTable) for driver in drivers)


def test_every_reader_has_its_row_with_what_it_rests_on() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*\*\*.*|.*nothing to rest on.*)$", PAGE, re.M))
    assert set(rows) == _kinds()
    told = ("capture", "pasted", "documented", "nothing to rest on")
    assert all(any(word in row for word in told) for row in rows.values())


def _kinds() -> set[str]:
    return {kind for kind, cls in catalogue().items() if issubclass(cls, ReaderTable)}

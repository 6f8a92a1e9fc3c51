"""What time makes due: each incident for itself, once; a failure is not taken for a success."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from backend.due.overdue import Overdue
from contract.instants import ns
from tests.support.pages import Pager

FIRST = ("SEV2 karin-ek", "SEV2 ines-falk")


def overdue(pager: Pager) -> Overdue:
    return Overdue(pager.site, pager.parts.database, pager.parts.outbox.ladders)


def poison(pager: Pager, incident: int) -> None:
    """Make an incident one that nobody can climb the ladder of."""
    with pager.parts.database.write() as session:
        session.execute(text("UPDATE incident SET ladder = '{}' WHERE id = :id"), {"id": incident})


def test_one_that_cannot_be_looked_after_holds_up_no_other_and_is_told(pager: Pager) -> None:
    pager.detect("fall", "belt-12", onset_s=-60)
    pager.detect("fall", "belt-12", onset_s=0)
    pager.expect_pages(*FIRST, *FIRST)
    poison(pager, 1)
    whole_ns = pager.parts.engine.last_cycle_ns
    pager.now_ns += ns(180)
    pager.parts.engine.cycle(pager.now_ns)
    (page,) = pager.expect_pages("SEV2 gustav-dahl")
    assert page.incident == 2
    # The age of the last whole cycle grows, which the watchdog outside sees.
    assert pager.parts.engine.last_cycle_ns == whole_ns
    with pytest.raises(ExceptionGroup, match="some incidents") as told:
        overdue(pager).escalate(pager.now_ns)
    assert len(told.value.exceptions) == 1


def test_of_two_engines_that_found_the_same_incident_one_climbs(
    pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager.detect("fall", "belt-12")
    pager.expect_pages(*FIRST)
    pager.now_ns += ns(180)
    other = pager.another()
    database = pager.parts.database
    write = database.write

    def overtaken(*keys: str, **how: Any) -> Any:
        monkeypatch.setattr(database, "write", write)
        other.engine.cycle(pager.now_ns)
        return write(*keys, **how)

    monkeypatch.setattr(database, "write", overtaken)
    overdue(pager).escalate(pager.now_ns)
    pager.parts.engine.cycle(pager.now_ns)
    pager.expect_pages("SEV2 gustav-dahl")
    assert pager.timeline().count("paging") == 2

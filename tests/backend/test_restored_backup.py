"""A backup that is put back: nobody is called twice for what is old, nothing open is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy.engine import make_url

from backend.incidents.call_answers import Answer
from contract.instants import ns
from tests.support.pages import Pager

pytestmark = pytest.mark.slow

DAY_S = 86_400
SOON_S = 10


def copied(url: str) -> str:
    """Make a backup of a database that nobody has open, beside it; return its address."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        there = f"{parsed.database}.backup"
        with (
            closing(sqlite3.connect(str(parsed.database))) as whole,
            closing(sqlite3.connect(there)) as copy,
        ):
            whole.backup(copy)
        return f"sqlite:///{there}"
    name = f"{parsed.database}_backup"
    server = parsed.set(drivername="postgresql", database="postgres")
    with psycopg.connect(server.render_as_string(False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {parsed.database}".encode())
    return parsed.set(database=name).render_as_string(False)


def an_evening(pager: Pager) -> None:
    """Leave an incident in each state: on every rung, held, asked, taken, there, given up, over."""
    pager.detect("fall", "belt-12")  # 1: resolved
    pager.parts.acknowledger.resolve(1, "karin-ek", "seen to")
    pager.detect("fall", "belt-12", onset_s=-60)  # 2: taken
    pager.parts.acknowledger.acknowledge(2, "karin-ek", "api", "tap-1")
    pager.detect("fall", "belt-12", onset_s=-120)  # 3: somebody is there
    pager.parts.acknowledger.answer(3, "ines-falk", Answer.ON_SCENE, "api", "tap-2")
    pager.detect("sos", "belt-12")  # 4: the last resort, by then
    pager.fast_forward(400)
    pager.detect("sos", "belt-10")  # 5: its second rung
    pager.fast_forward(70)
    pager.detect("fall", "belt-12", onset_s=-30)  # 6: its first rung
    pager.detect("fall", "belt-03", confidence=0.4)  # 7: held, and its wearer is asked
    pager.inbox.empty()


@pytest.fixture
def restored(database_url: str) -> Iterator[Pager]:
    """A backend on a backup of yesterday evening; all was seen to after the backup was made."""
    before = Pager(database_url)
    an_evening(before)
    now_ns = before.now_ns
    before.close()
    backup = copied(database_url)
    live = Pager(database_url)
    live.now_ns = now_ns
    for number in range(2, 8):
        live.parts.acknowledger.resolve(number, "karin-ek", "seen to")
    live.fast_forward(60)
    live.inbox.empty()
    live.close()
    pager = Pager(backup)
    pager.now_ns = now_ns + ns(DAY_S)
    yield pager
    pager.inbox.empty()
    pager.close()


def test_whoever_is_open_in_it_is_called_for_at_once_and_what_is_over_is_over(
    restored: Pager,
) -> None:
    restored.fast_forward(SOON_S)
    called = {page.incident for page in restored.inbox.taken()}
    # For 2 and 3 whoever has it is asked, as at any end of a lease.
    assert called == {2, 3, 4, 5, 6, 7}
    states = {number: restored.view(number).status for number in range(1, 8)}
    assert states[1] == "resolved"
    assert "resolved" not in {states[number] for number in range(2, 8)}


def test_no_page_that_had_gone_out_goes_out_again_and_a_day_is_no_storm(restored: Pager) -> None:
    sent = {
        page.id
        for number in range(1, 8)
        for page in restored.view(number).pages
        if page.status == "sent"
    }
    restored.fast_forward(SOON_S)
    pages = restored.inbox.taken()
    assert sent.isdisjoint({page.id for page in pages})
    assert not [page for page in pages if page.repeat]
    # One round of each: a day is not made up for, rung by rung.
    each = {(page.incident, page.to.person) for page in pages}
    assert len(each) == len(pages)


def test_everybody_in_it_goes_on_being_called(restored: Pager) -> None:
    restored.fast_forward(SOON_S)
    restored.inbox.empty()
    restored.fast_forward(3600, tick_s=5)
    assert {page.incident for page in restored.inbox.taken()} == {2, 3, 4, 5, 6, 7}

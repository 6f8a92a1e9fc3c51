"""Somebody watches the watchman: what stops, fails, is late or full calls people, and is shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event, text

from backend.database.tables import GatewayRow, IncidentRow
from backend.due.troubles import channel, engine, gateway, room, strangers, unread
from backend.due.uncalled import uncalled
from backend.errors import DatabaseFullError
from backend.paging.channel_health import ChannelHealth
from backend.paging.outcome import TryResult
from backend.timeline.access import note_access
from contract.detection import Detection
from contract.instants import ns
from contract.report import Report
from tests.support.brokers import wait_until
from tests.support.pages import Pager

FIRST = ("SEV1 karin-ek", "SEV1 ines-falk")


def health(*results: TryResult, hung: int = 0) -> ChannelHealth:
    failures = next((n for n, r in enumerate(results) if r is TryResult.SENT), len(results))
    return ChannelHealth("smtp", results, failures, failures, None, None, "refused", hung)


BAD, GOOD = TryResult.FAILED, TryResult.SENT


@pytest.mark.parametrize(
    ("found", "problem", "proof"),
    [
        pytest.param(channel(health(*[BAD] * 4)), False, False, id="channel: some failures"),
        pytest.param(channel(health(*[BAD] * 5)), True, False, id="channel: five in a row"),
        pytest.param(channel(health(GOOD, *[BAD] * 5)), False, False, id="channel: one success"),
        pytest.param(channel(health(*[GOOD] * 3)), False, True, id="channel: three in a row"),
        pytest.param(channel(health(*[GOOD] * 3, hung=8)), True, False, id="channel: hangs"),
        pytest.param(gateway("g", 0, ns(30), ()), False, True, id="gateway: reports"),
        pytest.param(gateway("g", 0, ns(31), ()), True, False, id="gateway: silent"),
        pytest.param(engine(0, 0, ns(15)), False, True, id="engine: looks"),
        pytest.param(engine(0, 0, ns(16)), True, False, id="engine: late"),
        pytest.param(engine(ns(16), 0, 0), True, False, id="engine: a clock that was set back"),
        pytest.param(engine(None, 0, ns(16)), True, False, id="engine: never looked"),
        pytest.param(room(None, full=True), True, False, id="database: full"),
        pytest.param(room(49_000_000, full=False), True, False, id="database: nearly full"),
        pytest.param(room(70_000_000, full=False), False, False, id="database: neither"),
        pytest.param(room(100_000_000, full=False), False, True, id="database: room"),
        pytest.param(
            strangers("g", {"unsigned": 3}, {"unsigned": 2}, 0), True, False, id="stranger"
        ),
        pytest.param(
            strangers("g", {"unknown-agent": 2}, {"unknown-agent": 2}, ns(599)), False, False,
            id="stranger: not now",
        ),
        pytest.param(
            strangers("g", {"unknown-agent": 2}, {"unknown-agent": 2}, ns(600)), False, True,
            id="stranger: gone",
        ),
        pytest.param(strangers("g", {"future": 9}, {}, 0), False, False, id="no stranger: a clock"),
        pytest.param(unread("g", {"unreadable_refused": 1}, {}), True, False, id="unread alarm"),
    ],
)  # fmt: skip
def test_what_is_a_problem_and_what_proves_that_it_is_over(
    found: object, problem: bool, proof: bool
) -> None:
    assert (found.problem is not None, found.proof is not None) == (problem, proof)  # type: ignore[attr-defined]
    assert bool(found.line) == problem  # type: ignore[attr-defined]


def reports(pager: Pager, at_ns: int) -> None:
    with pager.parts.database.write() as session:
        session.merge(
            GatewayRow(
                id="gateway", boot=1, at_ns=at_ns, received_ns=at_ns, orders_boot=0, orders_seq=0,
                tags_seq=0,
            )
        )  # fmt: skip


def passes(pager: Pager, seconds: int) -> None:
    for _ in range(seconds):
        pager.now_ns += ns(1)
        pager.parts.watchman.look(pager.now_ns)
        pager.parts.engine.cycle(pager.now_ns)


def test_a_gateway_that_stops_reporting_is_one_incident_and_ends_by_a_report(pager: Pager) -> None:
    reports(pager, pager.now_ns)
    passes(pager, 30)
    pager.expect_pages()
    passes(pager, 60)
    told = pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")
    assert "Area not watched, No report from gateway gateway" in told[0].summary
    assert pager.parts.watchman.lines[0].startswith("Gateway gateway has not reported for")
    reports(pager, pager.now_ns)
    passes(pager, 1)
    assert pager.view().status == "resolved"
    assert pager.parts.watchman.lines == ()


def test_a_dead_channel_is_told_by_the_others_and_ends_when_it_takes_pages(pager: Pager) -> None:
    for who in ("karin-ek", "ines-falk", "gustav-dahl", "omar-said"):
        pager.inbox.breaks(who, permanent=True)
    pager.detect("sos")
    passes(pager, 10)
    pager.expect_pages()
    with pager.parts.database.read() as session:
        canary = session.query(IncidentRow).filter_by(kind="canary").one()
    assert (canary.severity, canary.subject) == ("SEV1", "system:channel:inbox")
    pager.inbox.mends()
    passes(pager, 70)
    assert pager.view(canary.id).status == "resolved"
    pager.inbox.empty()


def test_strangers_are_counted_and_told_and_wake_nobody(pager: Pager) -> None:
    """Any client on a broker could else call people out every ten minutes, and stop a heartbeat."""
    for count in (0, 1, 5, 9):
        report = Report(
            gateway="gateway", boot=1, at_ns=pager.now_ns, refused={"unknown-agent": count}
        )
        pager.parts.reports.receive(report, pager.now_ns)
        passes(pager, 1)
    view, line = pager.view(), "Somebody speaks to gateway gateway who is not believed"
    assert (view.kind, view.severity, view.pages) == ("stranger", "SEV4", ())
    assert view.reason == f"{line}: at least 8 unknown-agent"
    assert pager.parts.watchman.lines == (line,)
    assert pager.parts.watchman.audit() == ()
    assert pager.parts.watchman.all_is_well() is None
    for hour in range(24):
        report = report.model_copy(update={"refused": {"unknown-agent": 10 + hour}})
        pager.fast_forward(3600, tick_s=600)
        pager.parts.reports.receive(report, pager.now_ns)
        pager.parts.watchman.look(pager.now_ns)
    pager.expect_pages()


def test_an_incident_about_a_person_never_ends_by_itself(pager: Pager) -> None:
    pager.detect("fall", "belt-12")
    passes(pager, 60)
    assert pager.view().status == "open"
    pager.inbox.empty()


def test_the_audit_is_clean_only_when_everything_is(pager: Pager) -> None:
    assert pager.parts.watchman.audit() == ()
    pager.inbox.breaks("karin-ek", permanent=False)
    pager.inbox.breaks("ines-falk", permanent=False)
    pager.parts.intake.receive(pager.detection("sos"), pager.now_ns)
    pager.now_ns += ns(6)
    assert "2 pages have waited for more than 5 s untried" in pager.parts.watchman.audit()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(lambda p: late(p), "has not been done", id="late"),
        pytest.param(
            lambda p: remove_everybody(p), "reaches a person", id="nobody is left to be called"
        ),
    ],
)  # fmt: skip
def test_open_and_nobody_will_be_called_reads_zero_or_says_why(
    pager: Pager, spoil: Callable[[Pager], object], why: str
) -> None:
    pager.detect("sos")
    pager.inbox.empty()
    with pager.parts.database.read() as session:
        assert uncalled(session, pager.parts.overdue.ladders, pager.now_ns) == ()
    spoil(pager)
    pager.parts.watchman.look(pager.now_ns)
    assert pager.parts.watchman.nobody_is_forgotten() == (
        "1 open, and nobody will be called about them"
    )
    assert pager.parts.metrics.uncalled._value.get() == 1
    with pager.parts.database.read() as session:
        (found,) = uncalled(session, pager.parts.overdue.ladders, pager.now_ns)
    assert why in str(found)


def test_an_exercise_is_not_counted(pager: Pager) -> None:
    pager.detect("sos", exercise=True)
    pager.inbox.empty()
    pager.now_ns += ns(200)
    pager.parts.watchman.look(pager.now_ns)
    assert pager.parts.watchman.nobody_is_forgotten() is None


def late(pager: Pager) -> None:
    pager.now_ns += ns(200)


def remove_everybody(pager: Pager) -> None:
    with pager.parts.database.write() as session:
        for table in ("contact", "on_call", "person"):
            session.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def full(sqlite_url: str) -> Iterator[Pager]:
    """A backend whose database has no page left, with one incident open."""
    pager = Pager(sqlite_url)
    pager.detect("sos", "belt-12")
    pager.expect_pages(*FIRST)
    for each in (pager.parts.database.engine, pager.parts.database.paging.engine):
        each.dispose()
        event.listen(each, "connect", _no_room)
    with pytest.raises(DatabaseFullError):
        fill(pager)
    yield pager
    pager.close()


def fill(pager: Pager) -> None:
    for number in range(200):
        with pager.parts.database.write() as session:
            note_access(session, number, "a test", "fills", {"with": "x" * 300})


def _no_room(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA max_page_count = 1")


def refused(pager: Pager) -> Detection:
    """Return a fall that the database has no room for."""
    for number in range(50):
        fall = pager.detection("fall", "belt-10", onset_s=-number / 10)
        try:
            pager.parts.intake.receive(fall, pager.now_ns)
        except DatabaseFullError:
            pager.inbox.empty()
            return fall
    raise AssertionError("there was room for fifty")


def waits_for(pager: Pager, count: int) -> list[str]:
    """Return whom the hand-offs out of memory reached, once there are so many."""
    wait_until(lambda: len(pager.inbox.taken()) >= count, f"{count} pages out of memory")
    return sorted(f"{page.severity} {page.to.person}" for page in pager.inbox.empty())


def test_a_full_database_pages_out_of_memory_once_an_id(full: Pager) -> None:
    fall = refused(full)
    begun = [full.parts.emergency.page(fall) for _ in range(3)]
    assert begun == [2, 0, 0]
    assert waits_for(full, 2) == ["SEV2 ines-falk", "SEV2 karin-ek"]
    full.now_ns += ns(180)
    assert full.parts.emergency.page(fall) == 1
    assert waits_for(full, 1) == ["SEV2 gustav-dahl"]


def test_a_wearers_word_and_a_drill_call_nobody_out_of_memory(full: Pager) -> None:
    refused(full)
    assert full.parts.emergency.page(full.detection("cancel")) == 0
    assert full.parts.emergency.page(full.detection("fall", exercise=True)) == 0


def test_open_incidents_go_on_out_of_memory(full: Pager) -> None:
    refused(full)
    full.now_ns += ns(60)
    full.parts.watchman.look(full.now_ns)
    assert "SEV1 gustav-dahl" in waits_for(full, 1)
    assert any("The database is full" in line for line in full.parts.watchman.lines)
    full.now_ns += ns(60)
    full.parts.watchman.look(full.now_ns)
    assert waits_for(full, 1)

"""Writers of one incident take turns; writers of two go on beside each other."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from backend.assembly import Parts
from backend.database import keys
from backend.database.tables import IncidentRow, PageRow, TimelineRow
from backend.errors import BackendError, DatabaseBusyError
from backend.incidents.call_answers import Answer
from contract.instants import ns
from contract.report import Report
from tests.support.pages import START_NS, Pager
from tests.support.postgres import Postgres

OF_MIRA, OF_OLLE = "belt-03", "belt-12"
TURNS = 25
REPORT = Report(gateway="gw", boot=1, at_ns=START_NS)
WITHIN_S = 60
"""A ring would last until the server ends it, or for longer than anybody waits for a lock."""


@pytest.fixture
def beside(postgres: Postgres) -> Iterator[Pager]:
    """A backend on PostgreSQL, where writers of different things do not wait for each other."""
    pager = Pager(postgres.database())
    yield pager
    pager.inbox.empty()
    pager.close()


@pytest.mark.postgres
def test_all_that_happens_to_one_incident_at_once_is_one_record_without_a_gap(
    beside: Pager,
) -> None:
    beside.detect("fall", OF_MIRA)
    parts, begin = beside.parts, Barrier(5)
    illegal: list[BackendError] = []

    def news(turn: int) -> None:
        kind = ("fall", "no_motion", "check_in")[turn % 3]
        said = {"phase": "update", "decided_s": turn / 10, "still_s": turn * 2.0}
        beside.detect(kind, (OF_MIRA, OF_OLLE)[turn % 2], **said)

    def answers(turn: int) -> None:
        answer = (Answer.ACKNOWLEDGE, Answer.CANNOT, Answer.GIVE_BACK, Answer.ON_SCENE)[turn % 4]
        parts.acknowledger.answer(1, "karin-ek", answer, "link", f"tap-{turn}")

    def ends(turn: int) -> None:
        if turn % 2:
            parts.acknowledger.reopen(1, "omar-said", "seen to")
        else:
            parts.acknowledger.resolve(1, "omar-said", "seen to")

    def time(turn: int) -> None:
        parts.overdue.escalate(beside.now_ns + ns(turn * 200))

    def sends(_turn: int) -> None:
        parts.engine.cycle(beside.now_ns)

    def repeat(work: Callable[[int], None]) -> None:
        begin.wait(WITHIN_S)
        for turn in random.Random(work.__name__).sample(range(TURNS), TURNS):
            try:
                work(turn)
            except DatabaseBusyError:
                raise
            except BackendError as error:
                illegal.append(error)

    with ThreadPoolExecutor(5) as pool:
        done = [pool.submit(repeat, work) for work in (news, answers, ends, time, sends)]
        for each in done:
            each.result(WITHIN_S)
    assert {type(error).__name__ for error in illegal} <= {"IllegalTransitionError"}
    with parts.database.read() as session:
        for incident in session.scalars(select(IncidentRow)):
            written = select(TimelineRow.seq).filter_by(incident_id=incident.id)
            numbers = session.scalars(written.order_by(TimelineRow.seq)).all()
            assert list(numbers) == list(range(1, incident.entries + 1))
            open_now = incident.status != "resolved"
            assert open_now == (incident.next_ns is not None)
            if not open_now:
                waiting = select(PageRow.id).filter_by(incident_id=incident.id, status="due")
                assert session.scalars(waiting).all() == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    "held",
    [
        pytest.param(keys.of_incident(1), id="somebody is busy with her incident"),
        pytest.param(keys.of_subject("person:m-keller"), id="something is told of her"),
    ],
)
def test_what_is_done_about_one_person_does_not_delay_the_fall_of_another(
    beside: Pager, held: str
) -> None:
    beside.detect("fall", OF_MIRA)
    with beside.parts.database.write(held):
        assert beside.detect("fall", OF_OLLE).incident == 2
        with pytest.raises(DatabaseBusyError):
            beside.detect("no_motion", OF_MIRA)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(
            lambda parts: parts.places.evacuate("karin-ek", (), "smoke"), id="an evacuation"
        ),
        pytest.param(
            lambda parts: parts.muster.look_up("karin-ek", "api"), id="a look at who is in"
        ),
        pytest.param(
            lambda parts: parts.reports.receive(REPORT, START_NS), id="a report of a gateway"
        ),
    ],
)
def test_what_is_no_incident_waits_for_none(beside: Pager, act: Callable[[Parts], object]) -> None:
    beside.detect("fall", OF_MIRA)
    with (
        ThreadPoolExecutor(1) as pool,
        beside.parts.database.write(keys.of_incident(1)) as session,
    ):
        session.get_one(IncidentRow, 1).reason = "somebody has it"
        pool.submit(act, beside.parts).result(WITHIN_S)

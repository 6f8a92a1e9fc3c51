"""A receiver that takes nothing is asked again, and costs nobody else anything."""

from __future__ import annotations

from sqlalchemy import func, select

from backend.database.tables import PageAttemptRow, PageRow
from contract.instants import ns
from tests.support.pages import Pager

MANY = 80
"""More than one look reads."""


def falls(pager: Pager, count: int) -> None:
    """Let one wearer fall so often that each is an incident of its own."""
    for n in range(count):
        fall = pager.detection(device="belt-12", claim_s=-2.5 + n / 1000)
        apart = fall.model_copy(update={"device": f"belt-{n}", "person": None})
        pager.parts.intake.receive(apart, pager.now_ns)


def tries(pager: Pager, person: str) -> int:
    with pager.parts.database.read() as session:
        of = select(PageRow.id).where(PageRow.person == person)
        wanted = select(func.count()).where(PageAttemptRow.page_id.in_(of))
        return session.scalar(wanted) or 0


def test_a_receiver_that_refuses_gets_first_tries_and_one_retry_a_second(pager: Pager) -> None:
    pager.inbox.breaks("karin-ek", permanent=False)
    falls(pager, MANY)
    for _ in range(10):
        pager.now_ns += ns(1)
        pager.parts.engine.cycle(pager.now_ns)
    assert MANY <= tries(pager, "karin-ek") <= MANY + 10
    assert len(pager.inbox.empty()) == MANY, "Ines has every page"


def test_once_it_takes_one_all_that_waits_goes_out(pager: Pager) -> None:
    pager.inbox.breaks("karin-ek", permanent=False)
    falls(pager, MANY)
    pager.fast_forward(30)
    pager.inbox.mends()
    pager.inbox.empty()
    pager.fast_forward(20)
    assert len({page.id for page in pager.inbox.empty()}) == MANY


def test_retries_to_another_do_not_wait_behind_it(pager: Pager) -> None:
    pager.inbox.breaks("karin-ek", permanent=False)
    pager.inbox.breaks("ines-falk", permanent=False)
    falls(pager, MANY)
    pager.fast_forward(3)
    pager.inbox.empty()
    pager.inbox.mends()
    pager.inbox.breaks("karin-ek", permanent=False)
    pager.fast_forward(25)
    assert {page.to.person for page in pager.inbox.empty()} == {"ines-falk"}
    assert tries(pager, "ines-falk") >= 2 * MANY

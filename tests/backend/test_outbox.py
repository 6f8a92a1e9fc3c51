"""Claims and leases: a page is handed off once, and never not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from backend.database.tables import PageAttemptRow
from backend.paging.outbox import LEASE_S
from contract.instants import NS_PER_S
from tests.support.brokers import wait_until
from tests.support.pages import Pager

FIRST = ("SEV2 karin-ek", "SEV2 ines-falk")


def test_two_engines_at_once_send_each_page_once(pager: Pager) -> None:
    other = pager.another()
    for number in range(10):
        detection = pager.detection("fall", "belt-12", onset_s=-20 * number)
        pager.parts.intake.receive(detection, pager.now_ns)
    with ThreadPoolExecutor(2) as both:
        cycles = [both.submit(p.engine.cycle, pager.now_ns) for p in (pager.parts, other)]
        begun = [cycle.result() for cycle in cycles]
    assert sum(begun) == 20
    pager.expect_pages(*FIRST * 10)


def test_a_crash_between_claim_and_hand_off_costs_a_lease_and_no_page(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    # This process claims, and dies before it sends.
    assert len(pager.parts.outbox.claim("inbox", 8, pager.now_ns)) == 2
    successor = pager.another()
    pager.parts = successor
    pager.fast_forward(LEASE_S - 1)
    pager.expect_pages()
    pager.fast_forward(1)
    pages = pager.expect_pages("SEV2 karin-ek (repeat)", "SEV2 ines-falk (repeat)")
    assert all("(repeat)" in page.text for page in pages)
    pager.fast_forward(60)
    pager.expect_pages()


def test_a_crash_between_hand_off_and_record_repeats_at_most_once(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    for claim in pager.parts.outbox.claim("inbox", 8, pager.now_ns):
        pager.inbox.send(claim.page)
    first = pager.expect_pages(*FIRST)
    pager.fast_forward(LEASE_S)
    again = pager.expect_pages("SEV2 karin-ek (repeat)", "SEV2 ines-falk (repeat)")
    # The same page under the same id and link, so that a receiver can tell.
    assert {page.acknowledge_url for page in first} == {page.acknowledge_url for page in again}
    pager.fast_forward(60)
    pager.expect_pages()


def test_a_slow_hand_off_is_left_to_whoever_has_it(pager: Pager) -> None:
    pager.inbox.holds()
    pager.parts.engine.start()
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    pager.parts.engine.kick()
    wait_until(lambda: pager.inbox.waiting == 2, "both hand-offs have begun")
    other = pager.another()
    for _ in range(2 * LEASE_S):
        pager.now_ns += NS_PER_S
        pager.parts.engine.kick()
        wait_until(lambda: pager.parts.engine.last_cycle_ns == pager.now_ns, "the cycle")
        assert not other.outbox.claim("inbox", 8, pager.now_ns)
    pager.inbox.lets_go()
    wait_until(lambda: {page.status for page in pager.view().pages} == {"sent"}, "both were sent")
    pager.expect_pages(*FIRST)


def test_a_renewal_takes_nothing_back_from_a_successor(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    outbox = pager.parts.outbox
    stalled = outbox.claim("inbox", 8, pager.now_ns)
    pager.now_ns += LEASE_S * NS_PER_S
    taken = outbox.claim("inbox", 8, pager.now_ns)
    pager.now_ns += LEASE_S * NS_PER_S
    outbox.renew(stalled, pager.now_ns)
    assert len(outbox.claim("inbox", 8, pager.now_ns)) == len(taken) == 2


def test_a_dead_senders_page_is_withdrawn_when_somebody_has_answered(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    pager.parts.outbox.claim("inbox", 8, pager.now_ns)
    pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")
    pager.fast_forward(LEASE_S + 1)
    assert {page.status for page in pager.view().pages} == {"withdrawn"}


def test_a_late_answer_of_the_first_sender_does_not_undo_the_second(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    outbox = pager.parts.outbox
    slow = outbox.claim("inbox", 8, pager.now_ns)
    pager.fast_forward(LEASE_S)
    pager.expect_pages("SEV2 karin-ek (repeat)", "SEV2 ines-falk (repeat)")
    outbox.failed(slow[0], "timed out", pager.now_ns, permanent=True)
    assert {page.status for page in pager.view().pages} == {"sent"}


def test_the_worst_goes_first_when_not_all_can_go(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    pager.parts.intake.receive(pager.detection("sos", "belt-10"), pager.now_ns)
    claims = pager.parts.outbox.claim("inbox", 2, pager.now_ns)
    assert [claim.page.severity for claim in claims] == ["SEV1", "SEV1"]
    pager.parts.engine.cycle(pager.now_ns)
    pager.expect_pages(*FIRST)


def test_every_attempt_is_kept(pager: Pager) -> None:
    pager.inbox.breaks("karin-ek", permanent=False)
    pager.detect("fall", "belt-12")
    pager.fast_forward(1)
    pager.inbox.mends()
    pager.fast_forward(3)
    pager.expect_pages(*FIRST)
    with pager.parts.database.read() as session:
        wanted = select(PageAttemptRow).order_by(PageAttemptRow.page_id, PageAttemptRow.number)
        kept = [(row.number, row.result, row.error) for row in session.scalars(wanted)]
    assert kept == [
        (1, "failed", "no route"),
        (2, "failed", "no route"),
        (3, "sent", None),
        (1, "sent", None),
    ]

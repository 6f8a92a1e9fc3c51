"""Claims and leases: a page is handed off once, and never not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text

from backend.assembly import Parts
from backend.database.tables import PageAttemptRow, PageRow
from backend.paging.doubt import CALM_LOOKS
from backend.paging.due_pages import DueNow, DuePages
from backend.paging.lanes import ChannelRoom, LanePlaces, SendingLane
from backend.paging.outbox import LEASE_S, TAKEN_OVER_S, ClaimedPage
from backend.paging.outcome import EndedTry, Tries, TryResult
from backend.paging.page_life import PageStatus
from backend.paging.removed import UNTAKEN_S
from contract.instants import NS_PER_S
from tests.support.brokers import wait_until
from tests.support.pages import Inbox, Pager

FIRST = ("SEV2 karin-ek", "SEV2 ines-falk")


def claim(pager: Pager, parts: Parts | None = None) -> Sequence[ClaimedPage]:
    """Claim all that is due now, as an engine with all its places free would."""
    outbox = (parts or pager.parts).outbox
    rooms = {name: ChannelRoom() for name in pager.channels}
    return outbox.claim(rooms, lambda: pager.now_ns).claims


def take_over(pager: Pager, parts: Parts | None = None) -> Sequence[ClaimedPage]:
    """Let a lease run out, and take its pages over as a second engine would: at the last look."""
    pager.now_ns += LEASE_S * NS_PER_S
    for _ in range(CALM_LOOKS):
        assert not claim(pager, parts), "whoever has it may only be slow"
        pager.now_ns += NS_PER_S
    return claim(pager, parts)


def settle(pager: Pager, claimed: ClaimedPage, result: TryResult, told: str) -> None:
    """Write down what became of a claim."""
    outbox = pager.parts.outbox
    outcome = EndedTry(claimed, result, pager.now_ns, told)
    Tries(outbox.database, outbox.ladders).write([outcome])


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen between the next look for pages and what is done with what it found."""
    find = DuePages.find

    def overtaken(self: DuePages, *asked: Any, **more: Any) -> DueNow:
        monkeypatch.setattr(DuePages, "find", find)
        found = find(self, *asked, **more)
        act()
        return found

    monkeypatch.setattr(DuePages, "find", overtaken)


def test_of_two_engines_that_found_the_same_page_one_hands_it_off(
    pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = pager.another()
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    meanwhile(monkeypatch, lambda: other.engine.cycle(pager.now_ns))
    assert pager.parts.engine.cycle(pager.now_ns) == 0
    pager.expect_pages(*FIRST)
    assert [page.attempts for page in pager.view().pages] == [1, 1]


def test_of_two_successors_of_a_dead_engine_one_has_its_pages(
    pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pager.another(), pager.another()
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    claim(pager)
    pager.now_ns += LEASE_S * NS_PER_S
    for _ in range(CALM_LOOKS):
        assert not claim(pager, first)
        assert not claim(pager, second)
        pager.now_ns += NS_PER_S
    taken: list[ClaimedPage] = []
    meanwhile(monkeypatch, lambda: taken.extend(claim(pager, second)))
    assert not claim(pager, first)
    assert len(taken) == 2


def test_what_is_answered_while_a_successor_looks_is_called_by_nobody(
    pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    claim(pager)
    pager.now_ns += LEASE_S * NS_PER_S
    for _ in range(CALM_LOOKS):
        assert not claim(pager)
        pager.now_ns += NS_PER_S
    meanwhile(
        monkeypatch, lambda: pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")
    )
    assert not claim(pager)
    pager.fast_forward(10)
    pager.expect_pages()
    assert {page.status for page in pager.view().pages} == {"withdrawn"}


def test_what_may_have_been_sent_is_a_repeat_at_every_later_try(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    claim(pager)  # and dies, before or after the hand-off
    for each in take_over(pager):
        settle(pager, each, TryResult.FAILED, "no route")
    pager.fast_forward(5)
    third = pager.expect_pages("SEV2 karin-ek (repeat)", "SEV2 ines-falk (repeat)")
    assert all(page.repeat for page in third)


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
    assert len(claim(pager)) == 2
    successor = pager.another()
    pager.parts = successor
    pager.fast_forward(TAKEN_OVER_S - 1)
    pager.expect_pages()
    pager.fast_forward(1)
    pages = pager.expect_pages("SEV2 karin-ek (repeat)", "SEV2 ines-falk (repeat)")
    assert all(page.repeat for page in pages)
    pager.fast_forward(60)
    pager.expect_pages()


def test_a_crash_between_hand_off_and_record_repeats_at_most_once(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    for claimed in claim(pager):
        pager.inbox.send(claimed.page)
    first = pager.expect_pages(*FIRST)
    pager.fast_forward(TAKEN_OVER_S)
    again = pager.expect_pages("SEV2 karin-ek (repeat)", "SEV2 ines-falk (repeat)")
    # The same page under the same id and link, so that a receiver can tell.
    assert {page.acknowledge_url for page in first} == {page.acknowledge_url for page in again}
    pager.fast_forward(60)
    pager.expect_pages()


def test_a_slow_hand_off_is_left_to_whoever_has_it(pager: Pager) -> None:
    pager.inbox.holds()
    pager.parts.engine.start()
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    wait_until(lambda: pager.inbox.waiting == 2, "both hand-offs have begun")
    other = pager.another()
    for _ in range(2 * LEASE_S):
        pager.now_ns += NS_PER_S
        pager.parts.engine.renew()  # as it does each second, on a thread of its own
        assert not claim(pager, other)
    pager.inbox.lets_go()
    wait_until(lambda: {page.status for page in pager.view().pages} == {"sent"}, "both were sent")
    pager.expect_pages(*FIRST)


def test_a_renewal_takes_nothing_back_from_a_successor(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    stalled = claim(pager)
    taken = take_over(pager)
    assert not pager.parts.outbox.renew(stalled, lambda: pager.now_ns)
    assert len(take_over(pager)) == len(taken) == 2


def test_a_lease_that_is_renewed_between_two_looks_is_believed(pager: Pager) -> None:
    """Its sender waited for the database, as whoever looks did: it is not dead."""
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    slow = claim(pager)
    other = pager.another()
    pager.now_ns += LEASE_S * NS_PER_S
    assert not claim(pager, other)
    assert len(pager.parts.outbox.renew(slow, lambda: pager.now_ns)) == 2
    for _ in range(LEASE_S - 1):
        pager.now_ns += NS_PER_S
        assert not claim(pager, other)
    assert len(take_over(pager, other)) == 2


def test_a_dead_senders_page_is_withdrawn_when_somebody_has_answered(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    claim(pager)
    pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")
    pager.fast_forward(LEASE_S + 1)
    assert {page.status for page in pager.view().pages} == {"withdrawn"}


def test_a_late_answer_of_the_first_sender_does_not_undo_the_second(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    slow = claim(pager)
    pager.fast_forward(TAKEN_OVER_S)
    pager.expect_pages("SEV2 karin-ek (repeat)", "SEV2 ines-falk (repeat)")
    settle(pager, slow[0], TryResult.REFUSED, "no such address")
    assert {page.status for page in pager.view().pages} == {"sent"}


def test_the_worst_goes_first_when_not_all_can_go(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    pager.parts.intake.receive(pager.detection("sos", "belt-10"), pager.now_ns)
    room = ChannelRoom({SendingLane.COMMON: LanePlaces(2), SendingLane.SEV1: LanePlaces(0)})
    look = pager.parts.outbox.claim({"inbox": room}, lambda: pager.now_ns)
    assert [claimed.page.severity for claimed in look.claims] == ["SEV1", "SEV1"]
    assert look.crowded
    for claimed in look.claims:
        settle(pager, claimed, TryResult.SENT, "by hand")
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


def test_a_hard_answer_is_asked_again_for_as_long_as_the_call_is_wanted(pager: Pager) -> None:
    pager.inbox.breaks("karin-ek", permanent=True)
    pager.detect("fall", "belt-12")
    pager.expect_pages("SEV2 ines-falk")
    pager.fast_forward(160, tick_s=5)
    with pager.parts.database.read() as session:
        row = session.scalars(select(PageRow).filter_by(person="karin-ek")).one()
        assert (row.status, row.refused_ns is not None) == (PageStatus.DUE, True)
        assert 4 <= row.attempts <= 8
    pager.inbox.mends()  # a deploy has ended, a mailbox was emptied, an address corrected
    pager.fast_forward(61, tick_s=5)
    pager.inbox.empty()
    assert {page.status for page in pager.view().pages if page.person == "karin-ek"} == {"sent"}


def test_what_was_planned_stays_on_record(pager: Pager) -> None:
    planned_ns = pager.now_ns
    pager.inbox.breaks("karin-ek", permanent=False)
    pager.detect("fall", "belt-12")
    pager.fast_forward(54, tick_s=1)
    pager.inbox.mends()
    pager.fast_forward(21, tick_s=1)
    pager.inbox.empty()
    (page,) = (page for page in pager.view().pages if page.person == "karin-ek")
    assert page.due_ns == planned_ns
    assert page.latency_s is not None
    assert 54 < page.latency_s <= 75


@pytest.mark.parametrize(
    ("becomes", "status"),
    [
        pytest.param((TryResult.SENT, "taken"), "sent", id="it goes out: a call cannot be unsaid"),
        pytest.param((TryResult.FAILED, "no route"), "withdrawn", id="it is not taken"),
        pytest.param((TryResult.REFUSED, "no address"), "withdrawn", id="it is refused"),
        pytest.param((TryResult.HUNG, "still out"), "withdrawn", id="it hangs"),
    ],
)
def test_a_page_in_somebodys_hands_is_recalled(
    pager: Pager, becomes: tuple[TryResult, str], status: str
) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    claimed = claim(pager)
    pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")
    for each in claimed:
        settle(pager, each, *becomes)
    assert {page.status for page in pager.view().pages} == {status}
    pager.fast_forward(120, tick_s=10)
    pager.expect_pages()


def test_what_went_out_late_counts_as_sent(pager: Pager) -> None:
    """A hand-off that was given up as hung may still come to a good end."""
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    claimed = claim(pager)
    for each in claimed:
        settle(pager, each, TryResult.HUNG, "did not come back")
    for each in claimed:
        settle(pager, each, TryResult.SENT, "taken after all")
    pager.fast_forward(60)
    pager.expect_pages()
    assert {page.status for page in pager.view().pages} == {"sent"}


def test_the_outbox_asks_no_incident(pager: Pager) -> None:
    """A page that is due is wanted, whatever the incident says: who ends the need recalls it."""
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    with pager.parts.database.write() as session:
        session.execute(text("UPDATE incident SET status = 'acknowledged'"))
    pager.parts.engine.cycle(pager.now_ns)
    pager.expect_pages(*FIRST)


def test_pages_of_a_removed_channel_are_withdrawn_and_the_ladder_goes_on(
    database_url: str,
) -> None:
    old = Inbox()
    old.breaks("karin-ek", permanent=False)
    old.breaks("ines-falk", permanent=False)
    pager = Pager(database_url, channels={"inbox": old})
    pager.detect("fall", "belt-12")
    pager.channels = {"other": pager.inbox}
    pager.parts.engine.stop()
    pager.parts = pager.another()
    pager.fast_forward(UNTAKEN_S + 2)
    pager.expect_pages("SEV2 gustav-dahl")
    assert {page.status for page in pager.view().pages if page.channel == "inbox"} == {"withdrawn"}
    assert pager.timeline().count("channel-removed") == 2
    pager.close()


def test_a_page_says_the_same_however_often_it_is_tried(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    (first, *_) = claim(pager)
    with pager.parts.database.write() as session:
        session.execute(text("UPDATE incident SET reason = 'more is known', zone = 'robot-cell'"))
    (again, *_) = take_over(pager)
    assert again.page == first.page.model_copy(update={"repeat": True})

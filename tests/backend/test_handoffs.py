"""Channels that do not come back, and an engine that does not wait for them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pytest
from pydantic import PrivateAttr

from backend.due import handoffs
from backend.due.handoffs import MOST_HUNG
from backend.paging.channel import Channel
from backend.paging.lanes import PLACES, SEV1_PLACES
from backend.paging.outbox import TAKEN_OVER_S
from backend.paging.page import Page
from backend.people.contact import Contact
from contract.instants import ns
from tests.support.brokers import wait_until
from tests.support.pages import Inbox, Pager

STOPS_WITHIN_S = 5.0
FIRST = ("SEV2 karin-ek", "SEV2 ines-falk")


class Deaf(Channel):
    """Does not come back before it is let go, whatever its deadline says."""

    kind: ClassVar[str] = "deaf"

    timeout_s: float = 0.1
    only: str | None = None
    """Hangs for this person alone."""
    _free: threading.Event = PrivateAttr(default_factory=threading.Event)
    _calls: Counter[str] = PrivateAttr(default_factory=Counter)

    def reaches(self, contact: Contact) -> bool:
        return True

    def send(self, page: Page) -> str:
        self._calls[page.to.person] += 1
        if self.only in (None, page.to.person):
            self._free.wait()
        return f"deaf-{page.id}"

    @property
    def calls(self) -> Counter[str]:
        return self._calls

    def lets_go(self) -> None:
        self._free.set()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handoffs, "GRACE_S", 0.1)


@pytest.fixture
def deaf(quick: None) -> Iterator[Deaf]:
    deaf = Deaf()
    yield deaf
    deaf.lets_go()
    wait_until(
        lambda: not any(t.name.startswith("page-") for t in threading.enumerate()), "all are back"
    )


def test_a_channel_that_never_comes_back_is_left_alone(sqlite_url: str, deaf: Deaf) -> None:
    inbox = Inbox()
    pager = Pager(sqlite_url, channels={"deaf": deaf, "inbox": inbox})
    pager.detect("fall", "belt-12")
    assert [page.to.person for page in inbox.empty()] == ["karin-ek", "ines-falk"]
    hung = [page for page in pager.view().pages if page.channel == "deaf"]
    assert [(page.status, page.error) for page in hung] == [
        ("due", "did not come back within 0.1 s")
    ] * 2
    assert pager.parts.engine.hung == {"deaf": 2, "inbox": 0}
    deaf.lets_go()
    wait_until(lambda: pager.parts.engine.hung["deaf"] == 0, "the threads are back")
    pager.parts.engine.cycle(pager.now_ns)
    # What it took was taken, however late it said so: nobody is paged twice over it.
    assert {page.status for page in pager.view().pages} == {"sent"}
    pager.fast_forward(30)
    assert sum(deaf.calls.values()) == 2
    pager.close()


def test_one_that_keeps_hanging_costs_a_bounded_number_of_threads(
    sqlite_url: str, deaf: Deaf
) -> None:
    inbox = Inbox()
    pager = Pager(sqlite_url, channels={"deaf": deaf, "inbox": inbox})
    for _ in range(8):
        pager.detect("fall", "belt-12")
        pager.now_ns += ns(25)
    hung = pager.parts.engine.hung["deaf"]
    assert MOST_HUNG <= hung < MOST_HUNG + PLACES + SEV1_PLACES
    before = sum(deaf.calls.values())
    pager.fast_forward(60, tick_s=10)
    assert sum(deaf.calls.values()) == before, "a channel that is out of order is not asked"
    assert len(inbox.empty()) >= 16
    pager.close()


@pytest.mark.parametrize("started", [True, False], ids=["with its threads", "driven by hand"])
def test_stopping_waits_for_nobody(sqlite_url: str, started: bool) -> None:
    deaf = Deaf(timeout_s=20)
    pager = Pager(sqlite_url, channels={"deaf": deaf})
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    engine = pager.parts.engine
    by_hand = threading.Thread(target=engine.cycle, args=(pager.now_ns,))
    engine.start() if started else by_hand.start()
    wait_until(lambda: sum(deaf.calls.values()) == 2, "both are in its hands")
    began_s = time.monotonic()
    engine.stop()
    assert time.monotonic() - began_s < STOPS_WITHIN_S
    deaf.lets_go()
    if not started:
        by_hand.join()
    pager.close()


class Full(Exception):
    """What a disk says that is full."""


def test_what_could_not_be_written_down_is_not_sent_again(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager = Pager(sqlite_url)
    outcomes = pager.parts.engine._recorder._outcomes
    real = type(outcomes).write

    def refuse(*_: object) -> bool:
        raise Full

    monkeypatch.setattr(type(outcomes), "write", refuse)
    pager.detect("fall", "belt-12")
    pager.fast_forward(60)  # twelve leases
    pager.expect_pages(*FIRST)
    failures = pager.parts.metrics.cycle_failures.labels("record")._value.get()
    assert failures >= 60
    assert pager.parts.metrics.unwritten._value.get() == 2
    monkeypatch.setattr(type(outcomes), "write", real)
    pager.fast_forward(1)
    pager.expect_pages()
    assert {page.status for page in pager.view().pages} == {"sent"}
    pager.close()


def test_one_that_cannot_be_written_holds_up_no_other(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager = Pager(sqlite_url)
    outcomes = pager.parts.engine._recorder._outcomes
    real = type(outcomes).write

    def picky(self: object, batch: list[object]) -> bool:
        if any(each.claim.page.to.person == "karin-ek" for each in batch):  # type: ignore[attr-defined]
            raise Full
        return real(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(type(outcomes), "write", picky)
    pager.detect("fall", "belt-12")
    pager.expect_pages(*FIRST)
    assert {page.person: page.status for page in pager.view().pages} == {
        "karin-ek": "sending",
        "ines-falk": "sent",
    }
    pager.close()


def test_who_was_stopped_between_claim_and_hand_off_asks_again(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was frozen for longer than the lease: somebody else has the page by now."""
    pager = Pager(sqlite_url)
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    engine = pager.parts.engine
    frozen = pager.parts.outbox.claim(engine._hand_offs.rooms(), lambda: pager.now_ns).claims
    other = pager.another()
    for _ in range(TAKEN_OVER_S):
        pager.now_ns += ns(1)
        other.engine.cycle(pager.now_ns)
    pager.expect_pages("SEV2 karin-ek (repeat)", "SEV2 ines-falk (repeat)")
    monkeypatch.setattr(handoffs, "FENCE_S", 0.0)
    engine._hand_offs.begin(frozen)
    engine._hand_offs.wait()
    pager.expect_pages()
    pager.close()


def test_sends_before_climbs(pager: Pager) -> None:
    """However many ladders are due: what is due already goes out first."""
    pager.parts.intake.receive(pager.detection("sos"), pager.now_ns)
    pager.parts.engine.cycle(pager.now_ns)
    pager.inbox.empty()
    pager.now_ns += ns(60)
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    pager.parts.engine.cycle(pager.now_ns)
    order = [f"{page.severity} {page.to.person}" for page in pager.inbox.empty()]
    assert set(order[:2]) == set(FIRST)
    assert order[2:] == ["SEV1 gustav-dahl"]

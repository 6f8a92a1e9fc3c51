"""Two engines that run, on one database: each page goes out once, as long as nobody dies."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pytest
from pydantic import PrivateAttr
from sqlalchemy import func, select

from backend.assembly import Parts, assemble
from backend.database.connection import Database
from backend.database.sqlite import BUSY_S
from backend.database.tables import PageAttemptRow, PageRow
from backend.paging.channel import Channel
from backend.paging.doubt import CALM_LOOKS
from backend.paging.outbox import LEASE_S, TAKEN_OVER_S
from backend.paging.page import Page
from backend.people.contact import Contact
from contract.detection import Detection, detection_id
from contract.severity import Facts, assess
from tests.support.brokers import wait_until
from tests.support.pages import paging_site

FALLS = 150
LADDERS = {"wait_s = 180": "wait_s = 2"}
DEADLINE_S = 120.0


class Books(Channel):
    """Counts what it is handed, over all engines, and takes its time."""

    kind: ClassVar[str] = "books"

    takes_s: float = 0.0
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _counts: Counter[str] = PrivateAttr(default_factory=Counter)
    _open: threading.Event = PrivateAttr(default_factory=threading.Event)
    _inside: int = PrivateAttr(default=0)

    def model_post_init(self, context: object) -> None:
        self._open.set()

    def reaches(self, contact: Contact) -> bool:
        return True

    def receiver(self, contact: Contact) -> str | None:
        return None

    @property
    def deadline_s(self) -> float:
        return DEADLINE_S  # none of these hand-offs is given up, however long it is held

    def send(self, page: Page) -> str:
        with self._lock:
            self._counts[page.token] += 1
            self._inside += 1
        self._open.wait()
        if self.takes_s:
            threading.Event().wait(self.takes_s)
        return f"book-{page.id}"

    @property
    def counts(self) -> Counter[str]:
        with self._lock:
            return Counter(self._counts)

    @property
    def twice(self) -> dict[str, int]:
        return {token: count for token, count in self.counts.items() if count > 1}

    @property
    def inside(self) -> int:
        return self._inside

    def holds(self) -> None:
        self._open.clear()

    def lets_go(self) -> None:
        self._open.set()


@contextmanager
def engines(
    url: str,
    books: Books,
    folder: Path,
    count: int = 2,
    ladders: Mapping[str, str] = LADDERS,
) -> Iterator[list[Parts]]:
    """Run so many backends without HTTP on one database, each with connections of its own."""
    every = [
        assemble(
            paging_site(**ladders),
            Database(url),
            {"books": books},
            time.time_ns,
            base_url="http://floorwatch.example",
            secret="a secret of the tests",
            clip_folder=folder / str(number),
        )
        for number in range(count)
    ]
    for parts in every:
        parts.engine.start()
    try:
        yield every
    finally:
        books.lets_go()
        for parts in every:
            parts.engine.stop()
            parts.database.close()


def fall(parts: Parts, number: int) -> None:
    """Somebody falls, and the engine that took it in looks at once."""
    now_ns = time.time_ns()
    person = f"visitor-{number}"
    facts = Facts(kind="fall")
    detection = Detection(
        id=detection_id("fall", f"person:{person}", now_ns),
        kind="fall",
        phase="onset",
        site=parts.site.id,
        device="belt-12",
        person=person,
        zone="press-line",
        onset_ns=now_ns,
        decided_ns=now_ns,
        confidence=0.9,
        reason="fell",
        facts=facts,
        assessment=assess(facts, parts.site.severity),
    )
    parts.intake.receive(detection, now_ns)


def falls(parts: Parts, numbers: Iterable[int]) -> None:
    """One after the other."""
    for number in numbers:
        fall(parts, number)


def untried(parts: Parts) -> int:
    with parts.database.read() as session:
        waiting = select(func.count()).select_from(PageRow).where(PageRow.status != "sent")
        return session.scalar(waiting) or 0


@pytest.mark.slow
@pytest.mark.parametrize("takes_s", [0.0, 0.2], ids=["a channel that is quick", "one that is slow"])
def test_no_page_goes_out_twice(database_url: str, tmp_path: Path, takes_s: float) -> None:
    """Hundreds of pages, every ladder climbing meanwhile: what made 19 of 567 go out twice."""
    books = Books(takes_s=takes_s)
    with engines(database_url, books, tmp_path) as both:
        feeds = [
            threading.Thread(target=falls, args=(parts, range(half, FALLS, 2)))
            for half, parts in enumerate(both)
        ]
        for feed in feeds:
            feed.start()
        for feed in feeds:
            feed.join()
        # First rung two people, second rung one: each incident has three pages in the end.
        wait_until(lambda: len(books.counts) >= 3 * FALLS, "every ladder was climbed", DEADLINE_S)
        wait_until(lambda: untried(both[0]) == 0, "all is noted", DEADLINE_S)
        assert books.twice == {}
        with both[0].database.read() as session:
            attempts = session.scalar(select(func.count()).select_from(PageAttemptRow))
        assert attempts == len(books.counts)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Keep every page of a database, as somebody with a terminal may: nobody else can write one."""
    keeper: Any
    if url.startswith("sqlite"):
        keeper = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        keeper.execute("BEGIN IMMEDIATE")
    else:
        keeper = psycopg.connect(url)
        keeper.execute("LOCK TABLE page IN EXCLUSIVE MODE")
    try:
        yield
    finally:
        keeper.rollback()
        keeper.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "locks_s",
    [
        pytest.param([LEASE_S + 2], id="longer than a lease"),
        pytest.param([LEASE_S + 2 * BUSY_S + 1], id="longer than two writers wait"),
        pytest.param([LEASE_S + 2, BUSY_S + 2, BUSY_S + 2], id="again and again"),
    ],
)
def test_a_database_that_nobody_can_write(
    database_url: str, tmp_path: Path, locks_s: list[float]
) -> None:
    """Every renewal waits in a queue or has failed, and so does whoever would take pages over."""
    books = Books()
    # No rung comes due meanwhile: a newer call would take the place of the older ones.
    with engines(database_url, books, tmp_path, ladders={}) as both:
        books.holds()
        for number in range(8):
            fall(both[0], number)
        wait_until(lambda: books.inside >= 16, "the hand-offs have begun", DEADLINE_S)
        for for_s in locks_s:
            with locked(database_url):
                threading.Event().wait(for_s)
            threading.Event().wait(1.0)  # looks and renewals of both, and the next lock
        threading.Event().wait(CALM_LOOKS + 2)  # whoever would be taken for dead is so by now
        books.lets_go()
        wait_until(lambda: untried(both[0]) == 0, "all is noted", DEADLINE_S)
        assert books.twice == {}


@pytest.mark.slow
def test_one_that_dies_costs_a_lease_and_no_page(database_url: str, tmp_path: Path) -> None:
    books = Books()
    # No rung comes due meanwhile: a newer call would take the place of the older ones.
    with engines(database_url, books, tmp_path, ladders={}) as (dies, lives):
        books.holds()
        fall(dies, 1)
        wait_until(lambda: books.inside >= 2, "both hand-offs have begun", DEADLINE_S)
        dies.engine._stopping.set()  # it renews no more, as if it were gone
        began_s = time.monotonic()
        first = set(books.counts)
        wait_until(
            lambda: all(books.counts[token] == 2 for token in first),
            "the other has them",
            DEADLINE_S,
        )
        assert TAKEN_OVER_S - 2 < time.monotonic() - began_s < TAKEN_OVER_S + 10
        assert lives.engine.alive

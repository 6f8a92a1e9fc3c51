"""The worker acknowledges what is on disk, all of it and nothing else, whatever the order."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.ack import Ack
from contract.detection import Detection
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from gateway.effects import Effects
from gateway.inbox import Inbox, InboxItem, Road
from gateway.ingest import Ingest
from gateway.ledger import Ledger
from gateway.refusal_log import MAX_LINES
from gateway.tally import GatewayTally
from gateway.worker import Worker
from tests.support.site_of_two import START_NS, batch, event, fall, imu, site

TOPIC = "floorwatch/1/dock-2/edge-1/batch"


MORE_THAN_FITS = [
    batch(*(imu(n, t0_ns=START_NS) for n in range(k, k + 50))) for k in range(1000, 1500, 50)
]
"""Enough to need new pages of a file that may not grow."""


class Desk:
    """A worker with a real ledger; what it would publish and send is kept here."""

    def __init__(self, folder: Path, ingest: Ingest | None = None) -> None:
        self.ledger = Ledger(folder, site())
        self.tally = GatewayTally()
        self.acks: list[Ack] = []
        self.kicks = 0
        self.urgent_ones: list[Detection] = []
        self.worker = Worker(
            "gateway",
            ingest or Ingest(site(), Pipeline(site(), build(site()))),
            self.ledger,
            Inbox(),
            self,
            lambda agent, ack: self.acks.append(ack),
            self.tally,
            lambda: START_NS,
            own_ticks=False,
        )

    def kick(self) -> None:
        self.kicks += 1

    def urgent(self, detections: Sequence[Detection]) -> None:
        self.urgent_ones += detections

    def bring(self, *payloads: bytes) -> None:
        self.worker.work([InboxItem(TOPIC, payload, START_NS) for payload in payloads])

    def held(self) -> set[int]:
        return {
            seq
            for ack in self.acks
            for entry in ack.devices
            for first, last in entry.held
            for seq in range(first, last + 1)
        }

    def recorded(self) -> set[int]:
        return {identity.seq for identity in self.ledger.recorder.latest(10_000)}


@contextmanager
def desk(folder: Path, ingest: Ingest | None = None) -> Iterator[Desk]:
    opened = Desk(folder, ingest)
    try:
        yield opened
    finally:
        opened.ledger.close()


def full(ledger: Ledger, *, full: bool) -> None:
    pages = ledger.connection.execute("PRAGMA page_count").fetchone()[0] if full else 1_000_000
    ledger.connection.execute(f"PRAGMA max_page_count = {pages}")


STEPS = st.lists(
    st.one_of(
        st.lists(st.integers(0, 40), min_size=1, max_size=6),
        st.sampled_from(["disk full", "room again"]),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(STEPS)
@pytest.mark.slow
def test_an_acknowledgement_names_nothing_that_is_not_in_the_recorder(
    steps: list[list[int] | str],
) -> None:
    """Blocks come twice, in any order, and the disk fills and empties meanwhile."""
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder)) as at:
        brought: set[int] = set()
        for step in steps:
            if isinstance(step, str):
                full(at.ledger, full=step == "disk full")
            else:
                at.bring(*(batch(imu(seq)) for seq in step))
                brought |= set(step)
            assert at.held() <= at.recorded()
        full(at.ledger, full=False)
        at.bring(*(batch(imu(seq)) for seq in sorted(brought)))
        assert at.held() == at.recorded() == brought


@given(st.permutations(range(20)), st.lists(st.integers(0, 19), max_size=10))
@settings(max_examples=30)
@pytest.mark.slow
def test_order_and_copies_change_nothing_about_what_is_found(
    order: list[int], again: list[int]
) -> None:
    blocks = list(fall())[:20]
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder)) as at:
        for seq in (*order, *again):
            at.bring(batch(blocks[seq]))
        assert at.held() == at.recorded() == set(range(20))
        falls = [w for w in at.ledger.outbox.waiting() if w.phase == "onset"]
        assert len({w.id for w in falls}) == len(falls)


def test_with_the_disk_full_a_detection_goes_out_and_nothing_is_acknowledged(
    tmp_path: Path,
) -> None:
    with desk(tmp_path) as at:
        full(at.ledger, full=True)
        at.bring(batch(event()), *MORE_THAN_FITS)
        assert at.acks == []
        assert [detection.kind for detection in at.urgent_ones] == ["sos"]
        assert at.worker.blocked
        assert at.tally.counts()["commit_failures"] == 1
        full(at.ledger, full=False)
        at.bring(batch(event()))
        assert at.held() == {0}
        assert not at.worker.blocked
        assert len(at.urgent_ones) == 1


def test_refusals_and_copies_are_told_although_the_disk_is_full(tmp_path: Path) -> None:
    with desk(tmp_path) as at:
        at.bring(batch(imu(0)))
        full(at.ledger, full=True)
        at.bring(batch(imu(0)), batch(imu(7, device="belt-9")), *MORE_THAN_FITS)
        (ack,) = at.acks[1:]
        entries = {entry.device: entry for entry in ack.devices}
        assert entries["belt-1"].held == ((0, 0),)
        assert [refusal.seq for refusal in entries["belt-9"].refused] == [7]


def test_one_commit_serves_a_whole_group(tmp_path: Path) -> None:
    with desk(tmp_path) as at:
        commits: list[str] = []
        at.ledger.connection.set_trace_callback(commits.append)
        at.bring(*(batch(imu(seq)) for seq in range(30)))
        at.ledger.connection.set_trace_callback(None)
        assert commits.count("COMMIT") == 1
        assert at.held() == set(range(30))


def test_a_bug_of_ours_does_not_take_the_group_with_it(tmp_path: Path) -> None:
    class Faulty(Ingest):
        def receive(
            self, topic: str, payload: bytes, arrived_ns: int, road: Road = Road.BROKER
        ) -> Effects:
            if payload == b"poison":
                raise RuntimeError("nobody thought of this")
            return super().receive(topic, payload, arrived_ns, road)

    ingest = Faulty(site(), Pipeline(site(), build(site())))
    with desk(tmp_path, ingest) as at:
        at.bring(batch(imu(0)), b"poison", batch(imu(1)))
        assert at.held() == {0, 1}
        rows = at.ledger.connection.execute("SELECT payload, reason FROM set_aside").fetchall()
        assert rows == [(b"poison", "the ingest failed: RuntimeError: nobody thought of this")]


def test_every_refusal_is_counted_though_not_every_one_is_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with desk(tmp_path) as at:
        at.bring(*(batch(imu(seq, device="belt-9")) for seq in range(500)))
        assert sum(at.tally.refused().values()) == 500
        at.bring(*(batch(imu(0, device=f"ghost-{n}")) for n in range(500)))
        assert sum(at.tally.refused().values()) == 1000
    assert capsys.readouterr().out.count("unknown-device") == MAX_LINES


def test_a_locked_database_is_no_acknowledgement(tmp_path: Path) -> None:
    with desk(tmp_path) as at:
        at.ledger.connection.execute("PRAGMA busy_timeout = 10")
        other = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        at.bring(batch(imu(0)))
        assert at.acks == []
        other.execute("ROLLBACK")
        other.close()
        at.bring(batch(imu(0)))
        assert at.held() == {0}

"""Recorder and outbox on a real SQLite file: bounds, a full disk, copies, clocks that jump."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.instants import NS_PER_S, ns
from contract.message import Block
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from gateway.database import FILE, connect
from gateway.effects import Effects, Identity, Record, SetAside
from gateway.errors import StoreError
from gateway.ingest import Ingest
from gateway.ledger import Ledger
from gateway.outbox import ASIDE_ROWS
from tests.support.site_of_two import START_NS, batch, event, imu, reads, site

HOUR_NS = ns(3600)
TOPIC = "floorwatch/1/dock-2/edge-1/batch"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path, site("recorder_hours = 2\nrecorder_mb = 1")) as opened:
        yield opened


def record(block: Block, arrived_ns: int = START_NS, payload: bytes | None = None) -> Record:
    identity = Identity("edge-1", block.message, block.device, block.boot, block.seq)
    body = block.model_dump_json(exclude_none=True).encode() if payload is None else payload
    return Record(identity, block.t0_ns, block.end_ns, arrived_ns, False, body)


def commit(ledger: Ledger, *records: Record, now_ns: int = START_NS) -> int:
    return ledger.commit(Effects(records=list(records)), now_ns).blocks


def sos() -> Effects:
    """Return what a press leads to."""
    return Ingest(site(), Pipeline(site(), build(site()))).receive(TOPIC, batch(event()), START_NS)


def numbers(ledger: Ledger) -> list[int]:
    return [identity.seq for identity in ledger.recorder.latest(10_000)]


def fill(ledger: Ledger) -> None:
    """Let the disk have no room for more than is there."""
    pages = ledger.connection.execute("PRAGMA page_count").fetchone()[0]
    ledger.connection.execute(f"PRAGMA max_page_count = {pages}")


def big(seq: int, arrived_ns: int = START_NS) -> Record:
    return record(imu(seq), arrived_ns, b"x" * 20_000)


def test_a_copy_changes_nothing(ledger: Ledger) -> None:
    assert commit(ledger, record(imu(1)), record(imu(1))) == 1
    assert commit(ledger, record(imu(1), payload=b"other")) == 0
    (kept,) = ledger.recorder.after(0, 10)[0]
    assert kept.block == imu(1)


def test_numbers_of_blocks_have_no_gaps_and_are_not_used_twice(ledger: Ledger) -> None:
    commit(ledger, record(imu(0)), record(imu(0)), record(imu(0)), record(imu(1)))
    ledger.recorder.trim(START_NS + 100 * HOUR_NS)
    commit(ledger, record(imu(2)))
    assert [kept.id for kept in ledger.recorder.after(0, 10)[0]] == [2, 3]


def test_blocks_are_kept_for_the_hours_that_the_site_file_says(ledger: Ledger) -> None:
    commit(ledger, *(record(imu(seq), START_NS + seq * HOUR_NS) for seq in range(5)))
    ledger.recorder.trim(START_NS + 4 * HOUR_NS)
    assert numbers(ledger) == [2, 3, 4]


def test_blocks_are_kept_within_the_megabytes_that_the_site_file_says(ledger: Ledger) -> None:
    for seq in range(300):
        commit(ledger, big(seq))
        ledger.recorder.trim(START_NS)
    assert ledger.recorder.bytes_used < 1_200_000
    kept = numbers(ledger)
    assert kept == list(range(kept[0], 300))
    assert len(kept) > 30


def test_a_clock_that_jumps_ahead_does_not_empty_the_recorder_at_once(ledger: Ledger) -> None:
    commit(ledger, *(record(imu(seq)) for seq in range(1000)))
    ledger.recorder.trim(START_NS)
    commit(ledger, record(imu(1000)))
    assert ledger.recorder.trim(START_NS + 1000 * HOUR_NS) <= 64
    assert ledger.recorder.trim(START_NS) == 0


def test_with_the_disk_full_nothing_is_written_and_all_goes_on_when_there_is_room(
    ledger: Ledger,
) -> None:
    commit(ledger, big(0))
    fill(ledger)
    with pytest.raises(StoreError) as caught:
        commit(ledger, *(big(seq) for seq in range(1, 50)))
    assert caught.value.full
    assert numbers(ledger) == [0]
    ledger.connection.execute("PRAGMA max_page_count = 1000000")
    assert commit(ledger, big(1)) == 1


def test_with_the_disk_full_the_oldest_blocks_make_room(ledger: Ledger) -> None:
    commit(ledger, *(big(seq) for seq in range(20)))
    fill(ledger)
    assert commit(ledger, big(20), now_ns=START_NS + 2 * HOUR_NS) == 1
    assert 20 in numbers(ledger)
    assert 0 not in numbers(ledger)


def test_blocks_and_detections_are_written_together_or_not_at_all(ledger: Ledger) -> None:
    effects = sos()
    fill(ledger)
    effects.records.extend(big(seq) for seq in range(100, 150))
    with pytest.raises(StoreError):
        ledger.commit(effects, START_NS)
    assert not numbers(ledger)
    assert ledger.outbox.depth == 0


def test_the_same_claim_is_queued_once(ledger: Ledger) -> None:
    assert ledger.commit(sos(), START_NS).detections == 1
    assert ledger.commit(sos(), START_NS).detections == 0
    (waiting,) = ledger.outbox.waiting()
    assert ledger.outbox.delivered(waiting.n, 1, START_NS)
    assert ledger.commit(sos(), START_NS).detections == 0
    assert ledger.outbox.depth == 0


def test_what_was_set_aside_is_bounded(ledger: Ledger) -> None:
    for n in range(3):
        things = [SetAside("belt-1", f"{n}", b"x", START_NS)] * 600
        ledger.commit(Effects(set_aside=things), START_NS)
    (count,) = ledger.connection.execute("SELECT count(*) FROM set_aside").fetchone()
    assert count == ASIDE_ROWS


def test_the_tail_is_the_last_seconds_of_each_device(ledger: Ledger) -> None:
    late_reader = reads(7, t0_ns=START_NS - HOUR_NS)
    commit(ledger, *(record(imu(seq)) for seq in range(100)), record(late_reader))

    def tail(
        span_s: float = 30, from_ns: dict[str, int] | None = None, after_id: int | None = None
    ) -> list[int]:
        ids = ledger.recorder.tail(lambda message: ns(span_s), from_ns or {}, after_id)
        return [kept.block.seq for kept in ledger.recorder.read(ids)]

    assert tail() == [*range(69, 100), 7]
    assert tail(from_ns={"belt-1": START_NS + 10 * NS_PER_S}) == [*range(10, 100), 7]
    assert tail(after_id=50) == [*range(50, 100), 7]
    assert tail(span_s=5, after_id=98) == [*range(94, 100), 7]


def test_how_long_the_tail_is_hangs_on_the_message(ledger: Ledger) -> None:
    commit(ledger, *(record(imu(seq)) for seq in range(100)), record(reads(7, t0_ns=START_NS)))
    ids = ledger.recorder.tail(lambda message: ns(60 if message == "imu/1" else 5), {})
    assert [kept.block.seq for kept in ledger.recorder.read(ids)] == [*range(39, 100), 7]


def test_a_cut_holds_every_block_that_reaches_into_it_in_the_order_of_time(ledger: Ledger) -> None:
    commit(ledger, *(record(imu(seq)) for seq in (5, 3, 4, 9, 1, 2)))
    found = ledger.recorder.cut("belt-1", START_NS + ns(3.5), START_NS + ns(5))
    assert [block.seq for block in found] == [3, 4, 5]
    assert not ledger.recorder.cut("belt-2", START_NS, START_NS + ns(60))


def test_a_block_that_cannot_be_read_any_more_does_not_stop_the_others(ledger: Ledger) -> None:
    commit(ledger, record(imu(0)), record(imu(1), payload=b"{}"), record(imu(2)))
    found, upto = ledger.recorder.after(0, 10)
    assert [kept.block.seq for kept in found] == [0, 2]
    assert upto == 3


def test_a_file_of_another_layout_is_refused_with_a_way_out(tmp_path: Path) -> None:
    connection = connect(tmp_path / FILE, synchronous="FULL")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"layout 99.*folder of its own"):
        connect(tmp_path / FILE, synchronous="FULL")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(StoreError, match="not a database"):
        connect(tmp_path / FILE, synchronous="FULL")

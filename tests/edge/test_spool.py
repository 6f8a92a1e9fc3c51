from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from structlog.testing import capture_logs

from contract.ack import Ack, Held, Refusal
from contract.instants import NS_PER_S
from contract.tracks import Frame, Track, TracksBlock
from edge import ledger
from edge.entry import BlockKey
from edge.errors import SpoolInUseError
from edge.spool import Spool
from tests.edge.samples import T0_NS, ack, imu, names, sos

Open = Callable[..., Spool]


class Clock:
    def __init__(self) -> None:
        self.now_ns = T0_NS

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite3"


@pytest.fixture
def open_spool(path: Path, clock: Clock) -> Iterator[Open]:
    opened: list[Spool] = []

    def open_it(**limits: float) -> Spool:
        for spool in opened:
            spool.close()
        opened.append(Spool(path, clock, **limits))  # type: ignore[arg-type]
        return opened[-1]

    yield open_it
    for spool in opened:
        spool.close()


def waiting(spool: Spool) -> list[tuple[str, int]]:
    return names(tuple(spool.unacknowledged(10_000)))


def test_what_was_put_is_there_after_a_restart(open_spool: Open) -> None:
    open_spool().put([imu(0), sos(0), imu(1)])
    assert waiting(open_spool()) == [("imu/1", 0), ("event/1", 0), ("imu/1", 1)]


def test_a_block_comes_back_as_it_went_in(open_spool: Open) -> None:
    put = open_spool().put([imu(7, samples=3), sos(1)])
    assert open_spool().unacknowledged(2) == put
    assert [(entry.t0_ns, entry.is_event) for entry in put] == [
        (imu(7).t0_ns, False),
        (sos(1).t0_ns, True),
    ]
    assert type(imu(7)).model_validate_json(put[0].payload) == imu(7, samples=3)


def test_a_copy_is_kept_once_and_not_handed_back(open_spool: Open) -> None:
    spool = open_spool()
    spool.put([imu(0)])
    assert names(tuple(spool.put([imu(0), imu(1), imu(1)]))) == [("imu/1", 1)]
    assert spool.depth().blocks == 2


def test_another_block_with_a_number_in_use_is_set_aside_and_said(open_spool: Open) -> None:
    spool = open_spool()
    spool.put([imu(0)])
    with capture_logs() as logs:
        spool.put([imu(0, samples=2)])
    assert spool.depth().set_aside == 1
    assert [(entry["event"], entry["device"]) for entry in logs] == [("block refused", "belt-01")]


@pytest.mark.parametrize(
    ("runs", "left"),
    [
        pytest.param([(0, 9)], [], id="all of them"),
        pytest.param([(0, 3), (6, 9)], [4, 5], id="a gap stays"),
        pytest.param([(2, 2)], [0, 1, 3, 4, 5, 6, 7, 8, 9], id="one out of the middle"),
        pytest.param([(9, 9), (0, 0)], [1, 2, 3, 4, 5, 6, 7, 8], id="in no order"),
        pytest.param([(5, 2**53 - 1)], [0, 1, 2, 3, 4], id="far beyond what was sent"),
        pytest.param([], list(range(10)), id="nothing held"),
        pytest.param([(3, 1)], list(range(10)), id="a run that ends before it begins"),
    ],
)
def test_only_what_is_named_leaves(
    runs: list[tuple[int, int]], left: list[int], open_spool: Open
) -> None:
    spool = open_spool()
    spool.put([imu(seq) for seq in range(10)])
    spool.acknowledge(ack(*runs))
    assert [entry.key.seq for entry in spool.unacknowledged(100)] == left
    assert spool.depth().blocks == len(left)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(ack((0, 9), device="belt-02"), id="another device"),
        pytest.param(ack((0, 9), boot=2), id="another boot"),
        pytest.param(ack((0, 9), block="event/1"), id="another kind of block"),
    ],
)
def test_an_acknowledgement_of_something_else_empties_nothing(other: Ack, open_spool: Open) -> None:
    spool = open_spool()
    spool.put([imu(0)])
    spool.acknowledge(other)
    assert spool.depth().blocks == 1


def test_a_refused_block_is_set_aside_counted_and_said(open_spool: Open) -> None:
    spool = open_spool()
    spool.put([imu(0), imu(1)])
    refusal = Refusal(seq=0, reason="no such device")
    held = Held(block="imu/1", device="belt-01", boot=1, refused=(refusal,))
    with capture_logs() as logs:
        spool.acknowledge(Ack(gateway="gateway", devices=(held, held)))
    assert waiting(spool) == [("imu/1", 1)]
    assert open_spool().depth().set_aside == 1
    (said,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (said["device"], said["seq"], said["reason"]) == ("belt-01", 0, "no such device")


def test_a_block_can_be_refused_by_its_key(open_spool: Open) -> None:
    spool = open_spool()
    spool.put([imu(0)])
    assert spool.refuse(BlockKey("imu/1", "belt-01", 1, 0), "of no use")
    assert not spool.refuse(BlockKey("imu/1", "belt-01", 1, 0), "of no use")
    assert (spool.depth().blocks, spool.depth().set_aside) == (0, 1)


def test_what_is_set_aside_is_bounded(
    open_spool: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MAX_SET_ASIDE", 3)
    spool = open_spool()
    spool.put([imu(seq) for seq in range(5)])
    for seq in range(5):
        spool.refuse(BlockKey("imu/1", "belt-01", 1, seq), "of no use")
    kept = spool._disk.read(lambda db: db.execute("SELECT seq FROM set_aside").fetchall())
    assert kept == [(2,), (3,), (4,)]
    assert spool.depth().set_aside == 5


def test_a_block_that_no_publish_can_carry_is_set_aside(open_spool: Open) -> None:
    track = Track(track=1, box_px=(1, 2, 3, 4), foot_px=(5, 6), confidence=0.5)
    frames = (Frame(t_ns=T0_NS, tracks=(track,) * 20),) * 1000
    crowd = TracksBlock(device="camera-1", seq=0, t0_ns=T0_NS, size_px=(640, 480), frames=frames)
    spool = open_spool()
    with capture_logs() as logs:
        new = spool.put([crowd, sos(0)])
    assert names(tuple(new)) == [("event/1", 0)]
    assert spool.depth().set_aside == 1
    assert logs[-1]["device"] == "camera-1"
    assert "at most" in logs[-1]["reason"]


def test_above_its_limit_samples_go_oldest_first_events_never_and_it_is_counted(
    open_spool: Open,
) -> None:
    size = len(imu(0).model_dump_json(exclude_none=True))
    spool = open_spool(max_bytes=10 * size)
    spool.put([sos(seq) for seq in range(4)])
    for seq in range(20):
        spool.put([imu(seq)])
    kept = waiting(spool)
    assert kept[:4] == [("event/1", seq) for seq in range(4)]
    assert kept[4:] == [("imu/1", seq) for seq in range(20 - len(kept[4:]), 20)]
    assert spool.depth().bytes <= 10 * size
    assert open_spool().depth().dropped == 20 - len(kept[4:])


def test_events_alone_may_exceed_the_limit(open_spool: Open) -> None:
    spool = open_spool(max_bytes=10)
    spool.put([imu(0), *(sos(seq) for seq in range(50))])
    assert waiting(spool) == [("event/1", seq) for seq in range(50)]
    assert spool.depth().dropped == 1


def test_old_samples_are_given_up_and_old_events_are_not(open_spool: Open, clock: Clock) -> None:
    spool = open_spool(max_age_s=60)
    spool.put([imu(0), sos(0)])
    clock.now_ns += 61 * NS_PER_S
    spool.put([imu(1)])
    spool.expire()
    assert waiting(spool) == [("event/1", 0), ("imu/1", 1)]
    assert spool.depth().dropped == 1


def test_a_clock_that_leaps_ahead_makes_nothing_old(open_spool: Open, clock: Clock) -> None:
    spool = open_spool(max_age_s=60)
    spool.put([imu(0)])
    leap_ns = 50 * 365 * 86_400 * NS_PER_S
    clock.now_ns += leap_ns
    spool.clock_stepped(leap_ns)
    spool.expire()
    assert waiting(spool) == [("imu/1", 0)]


def test_a_boot_number_is_never_given_twice(open_spool: Open, path: Path, clock: Clock) -> None:
    given_out = [open_spool().next_boot("belt-01") for _ in range(3)]
    clock.now_ns -= 3600 * NS_PER_S
    given_out += [open_spool().next_boot("belt-01"), open_spool().next_boot("belt-01")]
    assert given_out == sorted(set(given_out))


def test_a_boot_number_is_new_although_the_file_was_lost(
    open_spool: Open, path: Path, clock: Clock
) -> None:
    spool = open_spool()
    before = spool.next_boot("belt-01")
    spool.close()
    path.unlink()
    clock.now_ns += 2 * NS_PER_S
    assert open_spool().next_boot("belt-01") > before


def test_two_processes_cannot_share_a_spool(
    open_spool: Open, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.spoolfile.IN_USE_AFTER_S", 0.1)
    open_spool().put([imu(0)])
    with pytest.raises(SpoolInUseError, match="in use"):
        Spool(path, clock)


class TestAFullDisk:
    """`max_file_bytes` makes SQLite answer as it does when the disk is full."""

    def fill(self, spool: Spool) -> int:
        seq = 0
        while spool.depth().unspooled == 0:
            spool.put([imu(seq, samples=100)])
            seq += 1
        return seq

    def test_the_newest_event_is_still_handed_out_and_counted(self, open_spool: Open) -> None:
        spool = open_spool(max_file_bytes=120_000)
        with capture_logs() as logs:
            self.fill(spool)
            (new,) = spool.put([sos(0)])
        assert new.is_event
        assert spool.unacknowledged(10, events_only=True) == [new]
        assert spool.depth().unspooled == 2
        said = [entry for entry in logs if entry["log_level"] == "error"]
        assert len(said) == 1, "said once, not at every block"
        assert "held in memory" in said[0]["event"]

    def test_order_and_count_are_those_of_disk_and_memory_together(self, open_spool: Open) -> None:
        spool = open_spool(max_file_bytes=120_000)
        sent = self.fill(spool)
        spool.put([sos(0), imu(sent)])
        expected = [*(("imu/1", seq) for seq in range(sent)), ("event/1", 0), ("imu/1", sent)]
        assert waiting(spool) == expected
        assert spool.depth().blocks == sent + 2
        held = spool.unacknowledged(sent + 2)
        assert spool.depth().bytes == sum(len(entry.payload) for entry in held)

    def test_an_acknowledgement_reaches_what_is_in_memory(self, open_spool: Open) -> None:
        spool = open_spool(max_file_bytes=120_000)
        sent = self.fill(spool)
        spool.put([sos(0)])
        spool.acknowledge(ack((0, 0), block="event/1"), ack((sent - 1, sent - 1)))
        assert waiting(spool) == [("imu/1", seq) for seq in range(sent - 1)]

    def test_with_room_again_memory_goes_to_disk(self, open_spool: Open) -> None:
        spool = open_spool(max_file_bytes=120_000)
        sent = self.fill(spool)
        spool.acknowledge(ack((0, sent - 2)))
        with capture_logs() as logs:
            spool.put([sos(0)])
        assert [entry["event"] for entry in logs] == [] or "again" in logs[0]["event"]
        assert waiting(open_spool()) == [("imu/1", sent - 1), ("event/1", 0)]

    def test_memory_is_bounded_and_events_outlast_samples(
        self, open_spool: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spool = open_spool(max_file_bytes=120_000)
        spool._overflow._max_sample_bytes = 10_000
        sent = self.fill(spool)
        spool.put([sos(0)])
        spool.put([imu(sent + seq, samples=100) for seq in range(20)])
        assert spool.depth().dropped > 0
        assert ("event/1", 0) in waiting(spool)
        assert spool._overflow.bytes < 11_000


class TestADamagedFile:
    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param(lambda p: p.write_bytes(b"no database" * 1000), id="something else"),
            pytest.param(
                lambda p: p.write_bytes(p.read_bytes()[:4096] + b"\xff" * 8192), id="pages of 0xff"
            ),
        ],
    )
    def test_it_is_set_aside_and_a_fresh_one_begun(
        self, damage: Callable[[Path], object], open_spool: Open, path: Path
    ) -> None:
        spool = open_spool()
        spool.put([imu(seq) for seq in range(100)])
        spool.close()
        damage(path)
        with capture_logs() as logs:
            fresh = open_spool()
        assert fresh.depth().damaged == 1
        assert path.with_name("spool.sqlite3.damaged-1").exists()
        assert logs[0]["log_level"] == "error"
        assert "damaged" in logs[0]["event"]
        fresh.put([sos(1)])
        assert ("event/1", 1) in waiting(open_spool())

    def test_what_is_readable_in_it_is_saved(self, open_spool: Open, path: Path) -> None:
        spool = open_spool()
        spool.put([sos(0)])
        spool.put([imu(seq, samples=100) for seq in range(300)])
        spool.close()
        content = bytearray(path.read_bytes())
        middle = len(content) * 3 // 4 // 4096 * 4096
        content[middle : middle + 4096] = b"\xff" * 4096
        path.write_bytes(content)
        fresh = open_spool()
        assert fresh.depth().damaged == 1
        assert ("event/1", 0) in waiting(fresh)
        assert fresh.depth().blocks > 50

    def test_damage_that_shows_while_running_costs_no_new_block(
        self, open_spool: Open, path: Path
    ) -> None:
        spool = open_spool()
        spool.put([imu(seq, samples=100) for seq in range(3000)])  # more than SQLite caches
        spool.close()
        spool = open_spool()
        with path.open("r+b") as file:
            for page in range(1, path.stat().st_size // 4096):
                file.seek(page * 4096)
                file.write(b"\xff" * 4096)
        (new,) = spool.put([sos(0)])
        assert new.is_event
        spool.unacknowledged(10_000)
        assert spool.depth().damaged == 1
        assert ("event/1", 0) in waiting(open_spool())


class SpoolLaws(RuleBasedStateMachine):
    """Whatever happens: an unacknowledged event waits, a sample waits or is counted as dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "spool.sqlite3"
        self.clock = Clock()
        self.events: set[int] = set()
        self.samples: set[int] = set()
        self.next = 0
        self.spool = self.open()

    def open(self) -> Spool:
        return Spool(self.path, self.clock, max_bytes=3000, max_age_s=30)

    @rule(kinds=st.lists(st.booleans(), max_size=8))
    def put(self, kinds: list[bool]) -> None:
        blocks = [
            sos(self.next + i) if is_event else imu(self.next + i)
            for i, is_event in enumerate(kinds)
        ]
        self.next += len(kinds)
        self.spool.put(blocks)
        self.events |= {b.seq for b in blocks if b.message == "event/1"}
        self.samples |= {b.seq for b in blocks if b.message == "imu/1"}

    @rule(
        first=st.integers(0, 60), length=st.integers(0, 10), kind=st.sampled_from(["imu", "event"])
    )
    def acknowledge(self, first: int, length: int, kind: str) -> None:
        dropped_before = self.lost()
        self.spool.acknowledge(ack((first, first + length), block=f"{kind}/1"))
        run = set(range(first, first + length + 1))
        if kind == "event":
            self.events -= run
        else:
            here = {e.key.seq for e in self.spool.unacknowledged(1000) if not e.is_event}
            assert not here & run
            self.samples -= run & self.kept
        assert self.lost() == dropped_before

    @rule(seconds=st.integers(0, 20))
    def time_passes(self, seconds: int) -> None:
        self.clock.now_ns += seconds * NS_PER_S
        self.spool.expire()

    @rule(seconds=st.integers(-1000, 1000))
    def clock_is_set(self, seconds: int) -> None:
        before = self.spool.blocks
        self.clock.now_ns += seconds * NS_PER_S
        self.spool.clock_stepped(seconds * NS_PER_S)
        self.spool.expire()
        assert self.spool.blocks == before or self.spool.depth().dropped

    @rule()
    def power_cut(self) -> None:
        self.spool.close()
        self.spool = self.open()

    def lost(self) -> int:
        return self.spool.depth().dropped

    @invariant()
    def nothing_vanishes(self) -> None:
        entries = self.spool.unacknowledged(10_000)
        self.kept = {e.key.seq for e in entries if not e.is_event}
        assert {e.key.seq for e in entries if e.is_event} == self.events
        assert self.kept <= self.samples
        assert len(self.samples) - len(self.kept) == self.lost()

    @invariant()
    def figures_agree_with_content(self) -> None:
        entries = self.spool.unacknowledged(10_000)
        depth = self.spool.depth()
        assert depth.blocks == len(entries)
        assert depth.bytes == sum(len(entry.payload) for entry in entries)
        assert [entry.id for entry in entries] == sorted(entry.id for entry in entries)
        assert depth.bytes <= 3000 or all(entry.is_event for entry in entries)

    def teardown(self) -> None:
        self.spool.close()
        self.folder.cleanup()


TestSpoolLaws = pytest.mark.slow(SpoolLaws.TestCase)


@given(st.lists(st.integers(0, 5), max_size=30))
def test_pages_read_in_turn_hold_everything_once(page_sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool.sqlite3", Clock())
        spool.put([imu(seq) for seq in range(40)])
        read: list[int] = []
        after = 0
        for size in page_sizes:
            page = spool.unacknowledged(size, after=after)
            read += [entry.key.seq for entry in page]
            after = page[-1].id if page else after
        spool.close()
    assert read == list(range(len(read)))

"""What is new and what is a copy, and when it was: at least once in, once out, late is late."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import NS_PER_S, ns
from contract.message import Block
from contract.moment import BEHIND_NS
from contract.reads import Read, ReadsBlock
from edge.arrivals import COPY_NS, Arrivals
from edge.way import Delivery, Way
from tests.edge.samples import T0_NS, imu

S = NS_PER_S
UNTIMED = Way(timed=False)
RETAINED = Way(timed=False, delivery=Delivery(retained=True))
UNNUMBERED = Way(numbered=False, timed=False)
STAMPED = Way(numbered=False, delivery=Delivery())


class Station:
    """An agent's memory, that outlives its restarts."""

    def __init__(self) -> None:
        self._boots = count(100)
        self._known: Any = {}
        self._stamps: list[str] = []
        self.told: list[str] = []
        self.restart()

    def restart(self) -> None:
        """Begin anew with what was remembered."""
        self.arrivals = Arrivals(
            lambda _device: next(self._boots), self._known, self._stamps, self._tell
        )

    def _tell(self, device: str | None, reason: str, *, partly: bool = False) -> None:
        self.told.append(reason)

    def take(self, block: Block, way: Way = UNTIMED, at_s: float = 0) -> Block | None:
        """Let a block arrive, and be written down."""
        if not way.timed:  # its driver takes the time of arrival
            block = block.model_copy(update={"t0_ns": T0_NS + ns(at_s)})
        taken = self.arrivals.take(block, way, T0_NS + ns(at_s))
        news = self.arrivals.news()
        self._known.update(news.heard)
        self._stamps += news.stamps
        return taken


def press(seq: int = 5, at_s: float = 0, **changes: Any) -> EventBlock:
    """A press of a device that counts, but not its restarts."""
    given = {"device": "button-1", "seq": seq, "t0_ns": T0_NS + ns(at_s), "event": "sos"}
    return EventBlock.model_validate({**given, **changes})


def keys(blocks: Sequence[Block | None]) -> list[tuple[str, int, int] | None]:
    return [None if b is None else (b.device, b.boot, b.seq) for b in blocks]


def test_a_device_that_counts_nothing_is_counted_by_kind() -> None:
    station = Station()
    blocks = [imu(9), imu(9), press(9), imu(9, "belt-02")]
    assert keys([station.take(block, UNNUMBERED) for block in blocks]) == [
        ("belt-01", 100, 0),
        ("belt-01", 100, 1),
        ("button-1", 101, 0),
        ("belt-02", 102, 0),
    ]


def test_a_boot_that_the_device_gives_is_left_alone() -> None:
    assert Station().take(imu(5, boot=0), Way()) == imu(5, boot=0)


@pytest.mark.parametrize(
    ("heard", "boots"),
    [
        pytest.param([(0, 10), (1, 11), (2, 12)], [100, 100, 100], id="in order"),
        pytest.param([(0, 10), (0, 10)], [100, 100], id="a copy"),
        pytest.param([(5, 15), (4, 14), (6, 16)], [100, 100, 100], id="reordered"),
        pytest.param([(5, 15), (0, 20), (1, 21)], [100, 101, 101], id="restarted"),
        pytest.param([(0, 10), (0, 11)], [100, 101], id="restarted after its first block"),
        pytest.param([(5, 15), (9, 3)], [100, 100], id="its clock was set back"),
    ],
)
def test_a_restart_is_seen_by_the_count_that_falls_while_time_goes_on(
    heard: list[tuple[int, float]], boots: list[int]
) -> None:
    station = Station()
    blocks = [
        ImuBlock(device="belt-1", seq=seq, t0_ns=T0_NS + ns(at_s), odr_hz=50, accel_g=((0, 0, 1),))
        for seq, at_s in heard
    ]
    taken = [station.take(block, Way(), at_s=30) for block in blocks]
    assert [None if block is None else block.boot for block in taken] == boots


@pytest.mark.parametrize(
    ("second", "way", "at_s", "restarts", "arrives"),
    [
        pytest.param(press(), UNTIMED, 12, False, False, id="sent again after 12 s"),
        pytest.param(press(), UNTIMED, 12, True, False, id="and the agent restarted meanwhile"),
        pytest.param(press(), RETAINED, 86_400, True, False, id="kept by the broker for a day"),
        pytest.param(press(), UNTIMED, 86_400, False, True, id="the same number a day later"),
        pytest.param(press(6), UNTIMED, 1, False, True, id="the next number"),
        pytest.param(press(0), UNTIMED, 1, False, True, id="a device that restarted"),
        pytest.param(press(event="cancel"), UNTIMED, 1, False, True, id="another press"),
        pytest.param(press(), UNNUMBERED, 1, False, True, id="a press without a number"),
        pytest.param(press(6), RETAINED, 60, True, True, id="kept, and never heard"),
    ],
)
def test_one_press_is_one_event_and_two_are_two(
    second: EventBlock, way: Way, at_s: float, restarts: bool, arrives: bool
) -> None:
    station = Station()
    first = station.take(press())
    if restarts:
        station.restart()
    taken = station.take(second, way, at_s)
    assert first is not None
    assert (taken is not None) == arrives
    if taken is not None:
        assert (taken.boot, taken.seq) != (first.boot, first.seq)
        assert taken.t0_ns != first.t0_ns


def test_a_kept_press_without_number_and_time_is_refused_and_told() -> None:
    station = Station()
    way = UNNUMBERED._replace(delivery=Delivery(retained=True))
    assert station.take(press(), way) is None
    assert "it may be old" in station.told[0]


def test_a_delivery_that_comes_again_after_a_restart_is_one() -> None:
    """A message without a number is known by the broker's own number of its delivery."""
    station = Station()
    first = UNNUMBERED._replace(delivery=Delivery(stamp="devices:7:abc"))
    again = UNNUMBERED._replace(delivery=Delivery(again=True, stamp="devices:7:abc"))
    assert station.take(press(), first) is not None
    station.restart()
    assert station.take(press(), again, 60) is None
    assert station.take(press(), first, 61) is not None, "the broker counts round, and it is new"


def test_deliveries_of_another_session_say_nothing_of_this_one() -> None:
    station = Station()
    first = UNNUMBERED._replace(delivery=Delivery(stamp="devices:7:abc", begun="devices:1"))
    assert station.take(press(), first) is not None
    station.restart()
    later = Delivery(again=True, stamp="devices:7:abc", begun="devices:4")
    assert station.take(press(), UNNUMBERED._replace(delivery=later), 60) is not None


YEAR_S = 365 * 86_400


@pytest.mark.parametrize(
    ("said_s", "taken_s", "believed"),
    [
        pytest.param(0, 0, True, id="now"),
        pytest.param(-3600, -3600, True, id="an hour ago: with its age"),
        pytest.param(-6 * 86_400, -6 * 86_400, True, id="kept for six days"),
        pytest.param(3600, 0, False, id="an hour ahead: local time sent as UTC"),
        pytest.param(10 * YEAR_S, 0, False, id="ten years ahead"),
        pytest.param(83 * YEAR_S, 0, False, id="2106"),
        pytest.param(-2 * YEAR_S, 0, False, id="years behind: the clock has lost its time"),
    ],
)
def test_time_that_cannot_be_true_costs_the_time_and_not_the_press(
    said_s: int, taken_s: int, believed: bool
) -> None:
    station = Station()
    taken = station.take(press(at_s=said_s), Way())
    assert taken is not None
    assert taken.t0_ns == T0_NS + ns(taken_s)
    assert taken.said_ns == (None if believed else T0_NS + ns(said_s))
    assert len(station.told) == (not believed)


@pytest.mark.parametrize("ago_s", [3600, 5 * YEAR_S], ids=["this week", "years ago"])
@pytest.mark.parametrize("numbered", [True, False], ids=["counted anew", "without a number"])
def test_a_clock_that_resets_to_the_same_date_swallows_no_second_press(
    ago_s: int, numbered: bool
) -> None:
    station = Station()
    way, seqs = Way(numbered=numbered), (0, 0)
    first, second = (
        station.take(press(seq, at_s=-ago_s), way, at_s=at_s)
        for seq, at_s in zip(seqs, (0, 600), strict=True)
    )
    assert first is not None
    assert second is not None
    assert second.t0_ns != first.t0_ns, "the same onset would be the same claim"
    assert (second.boot, second.seq) != (first.boot, first.seq)


def test_a_series_with_a_wrong_clock_keeps_its_distances() -> None:
    station = Station()
    ahead_ns = ns(YEAR_S)
    blocks = [imu(n).model_copy(update={"t0_ns": T0_NS + n * S + ahead_ns}) for n in range(5)]
    lags_s = [0.0, 0.3, 0.1, 0.7, 0.2]
    taken = [
        station.take(block, Way(), n + lag_s)
        for n, (block, lag_s) in enumerate(zip(blocks, lags_s, strict=True))
    ]
    starts = [block.t0_ns for block in taken if block is not None]
    assert [after - before for before, after in pairwise(starts)] == [S] * 4
    assert len(station.told) == 1, "once a minute"


def test_reads_are_dated_one_by_one() -> None:
    times = (T0_NS - 60 * S, T0_NS + 3600 * S, T0_NS)
    reads = tuple(Read(tag=f"e{n}", t_ns=t_ns) for n, t_ns in enumerate(times))
    block = ReadsBlock(device="reader-1", seq=0, t0_ns=times[0], reads=reads)
    taken = Station().take(block, Way())
    assert isinstance(taken, ReadsBlock)
    assert [read.t_ns for read in taken.reads] == [times[0], T0_NS, T0_NS]


@given(st.lists(st.sampled_from(["belt-01", "belt-02"]), max_size=40))
def test_no_number_is_given_twice(devices: list[str]) -> None:
    station = Station()
    taken = keys([station.take(imu(0, device), UNNUMBERED) for device in devices])
    assert len(set(taken)) == len(taken)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["press", "again", "kept", "redelivered", "restart", "reset"]),
        st.integers(0, 600),
    ),
    max_size=30,
)
_CLOCKS = st.sampled_from(["none", "right", "stands", "ahead", "lost"])


@given(_STEPS, _CLOCKS, st.booleans())
def test_at_least_once_in_is_once_out(
    steps: list[tuple[str, int]], clock: str, numbered: bool
) -> None:
    """Whatever is sent again, by whom and after what: each press leaves once, and has its time.

    What cannot be told: a device without number and time that repeats itself, so it does not here;
    and a press with the number of another one within the time in which that is a copy.
    """
    station = Station()
    at_s, seq, pressed = 0.0, 0, 0
    mid = 0
    last: tuple[EventBlock, Way] | None = None
    last_s = 0.0
    out: list[Block] = []
    for what, wait_s in steps:
        at_s += 1
        if what == "press":
            at_s += wait_s
            if clock == "stands" and not numbered:
                at_s += COPY_NS / S  # nobody could tell it from the last one
            said_s = {
                "right": at_s, "stands": -50.0, "ahead": at_s + 4000, "lost": at_s - 3 * YEAR_S,
            }.get(clock, at_s)  # fmt: skip
            mid += 1
            way = Way(
                numbered=numbered, timed=clock != "none", delivery=Delivery(stamp=f"d:{mid}:x")
            )
            if numbered:
                seq += 1
            last, last_s = (press(seq, said_s), way), at_s
            pressed += 1
            taken = station.take(*last, at_s)
            assert taken is not None, "a new press is never taken for a copy"
            assert -BEHIND_NS <= taken.t0_ns - (T0_NS + ns(at_s)) <= ns(300)
            out.append(taken)
        elif what == "restart":
            station.restart()
        elif what == "reset":
            if numbered and last is not None:
                at_s += COPY_NS / S + 1
                seq = 0
        elif last is not None:
            block, way = last
            delivery = {
                "again": Delivery(), "kept": Delivery(retained=True),
                "redelivered": way.delivery._replace(again=True),
            }[what]  # fmt: skip
            if what == "again" and (not numbered or at_s - last_s > COPY_NS / S):
                continue
            if what == "kept" and not numbered and clock != "right":
                continue  # it is refused, and told
            taken = station.take(block, way._replace(delivery=delivery), at_s)
            assert taken is None or (taken.boot, taken.seq) in {(b.boot, b.seq) for b in out}
    assert len(out) == pressed
    assert len({(block.boot, block.seq) for block in out}) == pressed
    assert len({block.t0_ns for block in out}) == pressed

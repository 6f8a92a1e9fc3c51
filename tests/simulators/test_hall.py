"""The hall tells the truth: blocks are whole and in order, falls are where they are said to be."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice, pairwise, takewhile

import numpy as np
import pytest

from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import NS_PER_S, ns
from contract.message import Block
from contract.reads import Read, ReadsBlock
from contract.site import Site
from contract.sitefile import parse
from simulators.body.movement import FALLS
from simulators.errors import ScenarioError
from simulators.floor import Floor, may_enter
from simulators.hall import START_NS, Hall
from simulators.scenario import Fall, Press, Scenario, Stumble, Visit, demo

pytestmark = pytest.mark.slow


def first(hall: Hall, seconds: float) -> list[tuple[int, Block]]:
    until_ns = hall.start_ns + ns(seconds)
    return list(takewhile(lambda timed: timed[0] < until_ns, hall.timeline()))


def samples_g(timed: list[tuple[int, Block]], device: str) -> tuple[np.ndarray, int]:
    """Return a device's samples of all blocks, and the time of the first."""
    blocks = [b for _, b in timed if isinstance(b, ImuBlock) and b.device == device]
    parts = [np.frombuffer(b.accel_i16 or b"", "<i2").reshape(-1, 3) for b in blocks]
    return np.concatenate(parts) * (blocks[0].scale_g or 1), blocks[0].t0_ns


def test_the_same_seed_gives_the_same_blocks(site: Site) -> None:
    halls = [Hall(site, demo(site, seed), seed) for seed in (5, 5, 6)]
    one, same, other = (
        [block.model_dump_json() for block in islice(hall.blocks(), 900)] for hall in halls
    )
    assert one == same
    assert one != other
    assert halls[0].truth == halls[1].truth


def test_blocks_come_in_order_and_every_stream_is_contiguous(site: Site) -> None:
    hall = Hall(site, demo(site), start_ns=START_NS, boot=7)
    timed = first(hall, 60)
    due = [due_ns for due_ns, _ in timed]
    assert due == sorted(due)
    streams: dict[tuple[str, str], list[Block]] = defaultdict(list)
    for due_ns, block in timed:
        assert block.end_ns <= due_ns
        assert due_ns - block.end_ns < NS_PER_S
        assert block.boot == 7
        streams[block.message, block.device].append(block)
    assert len(streams) == 12 + 2
    for blocks in streams.values():
        assert [block.seq for block in blocks] == list(range(len(blocks)))
        for before, after in pairwise(blocks):
            if isinstance(before, ImuBlock):
                assert before.t_ns(before.count) == after.t0_ns
                assert before.count == 50


def test_what_arrives_at_a_restart_has_another_boot(site: Site) -> None:
    again = [next(Hall(site, boot=boot).blocks()).boot for boot in (1, 2)]
    assert again == [1, 2]


@pytest.mark.parametrize("how", sorted(FALLS))
def test_a_fall_is_in_the_samples_where_the_truth_says(site: Site, how: str) -> None:
    hall = Hall(site, Scenario([Fall("m-keller", 12.0, how, down_s=20.0)]), seed=2)
    timed = first(hall, 36)
    (truth,) = hall.truth
    assert (truth.kind, truth.wearer, truth.at_s) == (how, "m-keller", 12.0)
    assert truth.impact_s is not None
    accel_g, t0_ns = samples_g(timed, "belt-03")
    magnitude_g = np.linalg.norm(accel_g, axis=1)
    at_s = (t0_ns - hall.start_ns) / NS_PER_S + np.arange(len(magnitude_g)) / 50
    near = (at_s > truth.impact_s - 0.5) & (at_s < truth.impact_s + 0.5)
    assert magnitude_g[near].max() > 2.0
    lying = accel_g[(at_s > truth.impact_s + 3) & (at_s < truth.impact_s + 15)]
    before = accel_g[(at_s > 8) & (at_s < 11.5)].mean(axis=0)
    assert np.linalg.norm(lying, axis=1).std() < 0.03
    cosine = before @ lying.mean(axis=0) / np.linalg.norm(before)
    assert cosine < np.cos(np.radians(50))


def test_others_do_not_fall_with_them(site: Site) -> None:
    hall = Hall(site, Scenario([Fall("m-keller", 12.0)]), seed=2)
    timed = first(hall, 40)
    for device in site.device:
        if device.kind == "imu" and device.wearer != "m-keller":
            accel_g, _ = samples_g(timed, device.id)
            assert np.linalg.norm(accel_g, axis=1).max() < 3.5


def test_a_badge_is_mostly_heard_where_it_is(site: Site) -> None:
    hall, floor = Hall(site, seed=4), Floor(site)
    points = {(d.id, p): z for d in site.device for p, z in d.points.items()}
    wearer_of = site.wearer_of_tag
    right = all_reads = strongest_right = windows = 0
    late = 0
    newest_ns: dict[str, int] = {}
    best: dict[tuple[str, int], tuple[float, bool]] = {}
    for _, block in first(hall, 120):
        if not isinstance(block, ReadsBlock):
            continue
        assert len({read.point for read in block.reads}) <= 4
        for read in block.reads:
            sample = round((read.t_ns - hall.start_ns) / NS_PER_S * hall.odr_hz)
            place, _, _ = hall.wearers[wearer_of[read.tag]].at(sample)
            here = points[block.device, read.point] in floor.zones_at(place)
            all_reads += 1
            right += here
            late += read.t_ns < newest_ns.get(block.device, 0)
            newest_ns[block.device] = max(read.t_ns, newest_ns.get(block.device, 0))
            window = (read.tag, (read.t_ns - hall.start_ns) // NS_PER_S)
            rssi = read.rssi_dbm if read.rssi_dbm is not None else -150.0
            best[window] = max(best.get(window, (-200.0, False)), (rssi, here))
    windows = len(best)
    strongest_right = sum(here for _, here in best.values())
    assert windows > 0.9 * 120 * 12  # hardly ever a second without a read
    assert all_reads / (120 * 12) > 2  # several a second
    assert 0.6 < right / all_reads < 0.98  # neighbours overhear, but less
    assert strongest_right / windows > 0.85
    assert 0.02 < late / all_reads < 0.5  # out of order, as real readers are


def test_reads_are_late_by_half_a_second_at_most_and_inside_the_contract(site: Site) -> None:
    hall = Hall(site, seed=1)
    for due_ns, block in first(hall, 30):
        if isinstance(block, ReadsBlock):
            for read in block.reads:
                assert isinstance(read, Read)
                assert 0 <= due_ns - read.t_ns <= ns(1.0)
                assert read.rssi_dbm is not None
                assert -80 < read.rssi_dbm < -30


def test_a_visit_is_a_breach_where_the_wearer_may_not_be(site: Site) -> None:
    hall = Hall(site, Scenario([Visit("m-keller", 5.0, "robot-cell", stay_s=15.0)]), seed=3)
    timed = first(hall, 60)
    (breach,) = hall.truth
    assert (breach.kind, breach.wearer, breach.zone) == ("breach", "m-keller", "robot-cell")
    assert breach.end_s - breach.at_s > 15
    tag = next(d.tag for d in site.device if d.wearer == "m-keller" and d.kind == "badge")
    heard = [
        (read.t_ns - hall.start_ns) / NS_PER_S
        for _, block in timed
        if isinstance(block, ReadsBlock) and block.device == "reader-south"
        for read in block.reads
        if read.tag == tag and read.point == "3"
    ]
    inside = [at_s for at_s in heard if breach.at_s <= at_s <= breach.end_s]
    assert len(inside) > 2 * (breach.end_s - breach.at_s)


def test_nobody_wanders_where_they_may_not_be(site: Site) -> None:
    hall = Hall(site, seed=8)
    floor = Floor(site)
    blocks = hall.timeline()
    for second in range(1, 180):
        until_ns = hall.start_ns + second * NS_PER_S
        for due_ns, _ in blocks:
            if due_ns >= until_ns:
                break
        for wearer in hall.wearers.values():
            place, _, _ = wearer.at(round((second - 0.5) * hall.odr_hz))
            for zone in floor.zones_at(place):
                assert may_enter(wearer.person, site.zones[zone]), (wearer.person.id, zone)
    assert hall.truth == []


def test_a_press_is_an_event_at_its_time(site: Site) -> None:
    hall = Hall(site, Scenario([Press("k-sato", 6.0), Press("k-sato", 9.0, "cancel")]))
    events = [(due, block) for due, block in first(hall, 12) if isinstance(block, EventBlock)]
    assert [(due - hall.start_ns, b.event, b.device, b.seq) for due, b in events] == [
        (ns(6.0), "sos", "belt-10", 0),
        (ns(9.0), "cancel", "belt-10", 1),
    ]
    assert [truth.kind for truth in hall.truth] == ["sos", "cancel"]


@pytest.mark.parametrize(
    ("answers", "at_s", "wanted"),
    [
        pytest.param(False, 8.0, True, id="before the fall"),
        pytest.param(False, 14.0, False, id="unconscious"),
        pytest.param(False, 60.0, True, id="up again"),
        pytest.param(True, 14.0, True, id="fallen, but well"),
    ],
)
def test_who_answers_the_check_call(site: Site, answers: bool, at_s: float, wanted: bool) -> None:
    hall = Hall(site, Scenario([Fall("m-keller", 10.0, down_s=20.0, answers=answers)]))
    first(hall, 12)
    assert hall.answers("belt-03", hall.start_ns + ns(at_s)) is wanted
    assert hall.answers("belt-04", hall.start_ns + ns(at_s)) is True


@pytest.mark.parametrize("seed", range(6))
def test_the_demo_has_a_fall_and_a_breach_within_15_seconds(site: Site, seed: int) -> None:
    hall = Hall(site, demo(site, seed), seed)
    first(hall, 300)
    early = [truth for truth in hall.truth if truth.at_s <= 15]
    assert any(truth.kind in FALLS and not truth.answers for truth in early)
    assert any(truth.kind == "breach" for truth in early)
    assert len({truth.wearer for truth in early}) == len(early)
    later = {truth.kind for truth in hall.truth if truth.at_s > 15}
    assert "stumble" in later
    assert later & FALLS


def test_twelve_wearers_cost_far_less_than_a_twentieth_of_a_core(site: Site) -> None:
    hall = Hall(site, demo(site))
    began_s = time.process_time()
    first(hall, 120)
    assert time.process_time() - began_s < 0.05 * 120 / 2


BARE = """
[site]
id = "bare"

[[zone]]
id = "somewhere"

[[zone]]
id = "elsewhere"

[[wearer]]
id = "x"
name = "X"

[[device]]
id = "watch"
kind = "imu"
wearer = "x"
worn = "arm"
"""


def test_a_site_without_floor_plan_or_reader_works_too() -> None:
    hall = Hall(parse(BARE), Scenario([Stumble("x", 4.0)]), odr_hz=100.0)
    blocks = [block for _, block in first(hall, 10)]
    assert {type(block) for block in blocks} == {ImuBlock}
    assert [truth.kind for truth in hall.truth] == ["stumble"]


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        pytest.param(Scenario([Fall("nobody", 1.0)]), 'no wearer "nobody"', id="a stranger"),
        pytest.param(
            Scenario([Visit("m-keller", 1.0, "moon")]), 'no zone "moon"', id="an unknown zone"
        ),
        pytest.param(
            Scenario([Stumble("m-keller", 9.0), Stumble("a-lind", 3.0)]), "order", id="out of order"
        ),
    ],
)
def test_a_scenario_that_does_not_fit_the_site_is_refused(
    site: Site, scenario: Scenario, says: str
) -> None:
    with pytest.raises(ScenarioError, match=says):
        first(Hall(site, scenario), 5)


def test_a_site_without_zones_is_refused() -> None:
    bare = BARE.replace('[[zone]]\nid = "somewhere"', "").replace('[[zone]]\nid = "elsewhere"', "")
    with pytest.raises(ScenarioError, match="no zone"):
        Hall(parse(bare))


def test_a_fall_must_be_a_fall() -> None:
    with pytest.raises(ScenarioError, match="is no fall"):
        Fall("x", 1.0, "walk")


def episodes_for_ever() -> Iterator[Stumble]:
    at_s = 1.0
    while True:
        yield Stumble("x", at_s)
        at_s += 10.0


def test_a_scenario_need_not_end() -> None:
    hall = Hall(parse(BARE), Scenario(episodes_for_ever()))
    first(hall, 60)
    assert [truth.at_s for truth in hall.truth] == pytest.approx([1, 11, 21, 31, 41, 51, 61], abs=1)

"""The zone detector as a whole: somebody walks, readers hear their badge, rules are broken."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.assignment import AssignmentBlock
from contract.detection import Detection, detection_id
from contract.instants import ns, seconds
from contract.message import Message
from contract.reads import Read, ReadsBlock
from contract.severity import Facts, assess
from contract.tick import Tick
from detectors.finder import AnyFinder
from detectors.finding import Finding
from detectors.subject import Subject
from detectors.zone.detector import ZoneDetector
from tests.support.badges import Stay, sent, ticking, walk
from tests.support.hall import POINTS, TAGS, TOML, hall
from tests.support.motions import T0_NS
from tests.support.premises import premises, stay

KELLER, BERG, VARGA = "keller", "berg", "varga"
DETECTOR = ZoneDetector().at(hall())


def found(messages: Sequence[Message], detector: AnyFinder = DETECTOR) -> list[Finding]:
    state = detector.start(Subject("hall-2"))
    told: list[Finding] = []
    for message in messages:
        state, new = detector.step(state, message)
        told += new
    return told


def after(stays: Sequence[Stay], until_s: float, person: str = KELLER) -> list[Finding]:
    return found(ticking(sent(walk(stays, person=person)), until_s))


def said(findings: Sequence[Finding], kind: str = "zone_breach") -> list[tuple[str, str | None]]:
    return [(f.phase, f.zone) for f in findings if f.kind == kind]


def onset_of(findings: Sequence[Finding], kind: str = "zone_breach") -> Finding:
    (onset,) = [f for f in findings if f.kind == kind and f.phase == "onset"]
    return onset


@pytest.mark.parametrize("strays", [1, 2])
def test_a_stray_read_or_two_are_no_breach(strays: int) -> None:
    reads = walk([("aisle", 20.0)])
    for number in range(strays):
        t_ns = T0_NS + ns(10.05 + 0.1 * number)
        reads.append(Read(tag=TAGS["keller"], point="2", t_ns=t_ns, rssi_dbm=-45))
    reads.sort(key=lambda read: read.t_ns)
    assert said(found(ticking(sent(reads), 40.0))) == []


def test_a_stray_read_of_somebody_who_was_not_heard_before_is_no_breach() -> None:
    assert found(ticking(sent(walk([("robot-cell", 0.4)])), 40.0)) == []


def test_a_breach_is_told_soon_and_again_as_it_lasts() -> None:
    told = after([("aisle", 10.0), ("robot-cell", 60.0)], 69.0)
    onset, *updates = [f for f in told if f.kind == "zone_breach"]
    assert (onset.phase, onset.zone, onset.person) == ("onset", "robot-cell", "keller")
    assert 10.0 <= seconds(onset.onset_ns - T0_NS) <= 15.0
    assert seconds(onset.decided_ns - T0_NS) <= 20.0
    assert onset.facts["authorised"] == "no"
    assert updates[-1].facts["dwell_s"] == 30.0
    assert {(f.phase, f.onset_ns) for f in updates} == {("update", onset.onset_ns)}


def test_the_times_of_the_sites_severity_are_steps_too() -> None:
    changed = TOML + "[severity]\nzone_b_dwell_s = 17\nzone_c_dwell_s = 22\n"
    told = found(
        ticking(sent(walk([("aisle", 5.0), ("robot-cell", 40.0)])), 44.0),
        ZoneDetector().at(hall(changed)),
    )
    updates = [f for f in told if f.kind == "zone_breach" and f.phase == "update"]
    assert {17.0, 22.0, 30.0} <= {f.facts["dwell_s"] for f in updates}


def test_flapping_on_a_boundary_is_one_breach() -> None:
    told = after([("aisle", 10.0), *[("robot-cell", 12.0), ("aisle", 12.0)] * 4], 150.0)
    assert said(told).count(("onset", "robot-cell")) == 1
    assert said(told)[-1] == ("clear", "robot-cell")


def test_coming_back_later_is_another_breach() -> None:
    told = after([("robot-cell", 20.0), ("aisle", 60.0), ("robot-cell", 20.0)], 160.0)
    assert [phase for phase, _ in said(told) if phase != "update"] == ["onset", "clear"] * 2


def test_the_wait_for_a_return_is_no_part_of_the_stay() -> None:
    told = after([("truck-lane", 20.0), ("aisle", 60.0)], 90.0)
    clear = next(f for f in told if f.kind == "zone_breach" and f.phase == "clear")
    assert seconds(clear.decided_ns - clear.onset_ns) > 39
    assert clear.facts["dwell_s"] == pytest.approx(20, abs=5)


def test_from_one_forbidden_zone_into_the_next_is_two_breaches() -> None:
    told = after([("robot-cell", 20.0), ("truck-lane", 60.0)], 70.0)
    assert [claim for claim in said(told) if claim[0] != "update"] == [
        ("onset", "robot-cell"),
        ("onset", "truck-lane"),
        ("clear", "robot-cell"),
    ]


@pytest.mark.parametrize("louder_dbm", [6.0, 12.0])
def test_where_antennas_overlap_the_louder_one_has_it(louder_dbm: float) -> None:
    near = walk([("aisle", 30.0)])
    far = [
        read.model_copy(update={"point": "2", "t_ns": read.t_ns + 7, "rssi_dbm": -60 - louder_dbm})
        for read in near
    ]
    reads = sorted([*near, *far], key=lambda read: read.t_ns)
    assert said(found(ticking(sent(reads), 50.0))) == []


def test_silence_clears_with_the_ticks_alone() -> None:
    told = after([("robot-cell", 6.0)], 60.0)
    assert said(told)[-1] == ("clear", "robot-cell")
    presence = [f for f in told if f.kind == "presence"]
    assert [f.phase for f in presence] == ["onset", "clear"]
    assert seconds(presence[1].decided_ns - T0_NS) == pytest.approx(6 + 15, abs=6)


def test_a_badge_that_is_shadowed_for_some_seconds_has_not_left() -> None:
    told = after([("robot-cell", 5.0), (None, 12.0), ("robot-cell", 5.0)], 22.0)
    assert said(told, "presence") == [("onset", "robot-cell")]


MAY: dict[str, tuple[str, str, bool]] = {
    "by role": (BERG, "robot-cell", True),
    "by name": (VARGA, "truck-lane", True),
    "another role": (KELLER, "robot-cell", False),
    "another name": (BERG, "truck-lane", False),
    "nobody may": (BERG, "stores", False),
    "no hazard": (KELLER, "aisle", True),
}


@pytest.mark.parametrize(("person", "zone", "may"), MAY.values(), ids=MAY.keys())
def test_who_may_be_where(person: str, zone: str, may: bool) -> None:
    told = after([(zone, 8.0)], 8.0, person)
    assert ("onset", zone) in said(told, "presence")
    assert (("onset", zone) not in said(told)) == may


def test_what_an_agent_delivers_after_an_outage_is_still_found() -> None:
    """The ticks went on while the agent was cut off; then come the reads of two minutes ago."""
    before = sent(walk([("aisle", 10.0)]))
    reads = walk([("robot-cell", 20.0)], t0_ns=T0_NS + ns(10))
    ticks: list[Message] = [Tick(at_ns=T0_NS + ns(s)) for s in range(10, 130)]
    after_it: list[Message] = [Tick(at_ns=T0_NS + ns(s)) for s in range(130, 190)]
    told = found([*before, *ticks, *sent(reads, seq=10), *after_it])
    onset = onset_of(told)
    assert onset.zone == "robot-cell"
    assert seconds(onset.onset_ns - T0_NS) == pytest.approx(11, abs=5)
    assert said(told)[-1] == ("clear", "robot-cell")


def test_ticks_before_anybody_was_heard_say_nothing() -> None:
    assert found([Tick(at_ns=T0_NS + ns(s)) for s in range(60)]) == []


def test_a_reader_whose_antenna_covers_no_zone_says_nothing() -> None:
    reads = [read.model_copy(update={"point": "9"}) for read in walk([("robot-cell", 10.0)])]
    assert found(ticking(sent(reads), 20.0)) == []


# Laws.

STAYS = st.lists(
    st.tuples(
        st.sampled_from(["aisle", "robot-cell", "truck-lane", "stores", None]),
        st.floats(0.5, 30.0).map(lambda s: round(s, 1)),
    ),
    min_size=1,
    max_size=7,
)
PEOPLE = st.sampled_from([KELLER, BERG, VARGA])


def length_s(stays: Sequence[Stay]) -> float:
    return sum(s for _, s in stays) + 60


@given(stays=STAYS, person=PEOPLE, data=st.data())
@settings(max_examples=25)
def test_the_order_of_reads_inside_the_reorder_window_changes_nothing(
    stays: list[Stay], person: str, data: st.DataObject
) -> None:
    reads = walk(stays, person=person)
    late = data.draw(st.lists(st.floats(0, 0.95), min_size=len(reads), max_size=len(reads)))
    keys = [read.t_ns + ns(late_s) for read, late_s in zip(reads, late, strict=True)]
    order = sorted(range(len(reads)), key=keys.__getitem__)
    shuffled = ReadsBlock(
        device="reader-1", seq=0, t0_ns=T0_NS, reads=tuple(reads[i] for i in order)
    )
    whole = ReadsBlock(device="reader-1", seq=0, t0_ns=T0_NS, reads=tuple(reads))
    end: list[Message] = [Tick(at_ns=T0_NS + ns(length_s(stays)))]
    assert found([shuffled, *end]) == found([whole, *end])


@given(stays=STAYS, person=PEOPLE, data=st.data())
@settings(max_examples=25)
def test_a_read_that_comes_twice_changes_nothing(
    stays: list[Stay], person: str, data: st.DataObject
) -> None:
    reads = walk(stays, person=person)
    again = data.draw(st.lists(st.booleans(), min_size=len(reads), max_size=len(reads)))
    twice = [r for read, more in zip(reads, again, strict=True) for r in [read] * (1 + more)]
    until_s = length_s(stays)
    assert found(ticking(sent(twice), until_s)) == found(ticking(sent(reads), until_s))


@given(stays=STAYS, person=PEOPLE)
@settings(max_examples=30)
def test_a_person_is_in_at_most_one_zone_and_leaves_what_they_entered(
    stays: list[Stay], person: str
) -> None:
    inside: Finding | None = None
    breaches: dict[str | None, Finding] = {}
    for finding in after(stays, length_s(stays), person):
        if finding.kind == "presence":
            if finding.phase == "onset":
                assert inside is None
                inside = finding
            else:
                assert inside is not None
                assert (inside.zone, inside.onset_ns) == (finding.zone, finding.onset_ns)
                inside = None
        elif finding.kind == "zone_breach" and finding.phase == "onset":
            assert finding.zone not in breaches
            breaches[finding.zone] = finding
        elif finding.kind == "zone_breach":
            assert breaches[finding.zone].onset_ns == finding.onset_ns
            if finding.phase == "clear":
                del breaches[finding.zone]
    # The walk ended a minute ago: silence has closed what was open.
    assert inside is None
    assert breaches == {}


def test_every_zone_of_the_hall_has_an_antenna() -> None:
    assert set(POINTS) == set(hall().zones)


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        pytest.param("fall", 1, id="who fell"),
        pytest.param("person_down", 1, id="whom a camera sees lie there"),
        pytest.param("no_motion", 1, id="who does not move"),
        pytest.param("missed_check_in", 1, id="who does not check in"),
        pytest.param("sos", 1, id="who calls"),
        pytest.param("stumble", 0, id="who stumbled"),
    ],
)
def test_after_whom_others_may_go_in(kind: str, counts: int) -> None:
    site = hall(TOML.replace('hazard = "A"', 'hazard = "A"\nidlh = true'))
    detector = ZoneDetector().at(site)
    facts = Facts(kind=kind)
    told = Detection(
        id=detection_id(kind, "track:camera-1/0/1", T0_NS),
        kind=kind, phase="onset", site="hall-2", device="camera-1", track="0/1",
        zone="robot-cell", onset_ns=T0_NS, decided_ns=T0_NS, confidence=0.8, reason="seen",
        facts=facts, assessment=assess(facts),
    )  # fmt: skip
    state, _ = detector.step(detector.start(Subject("hall-2")), told)
    assert len(state.watch.scene.casualties) == counts


def lend(tag: str, wearer: str | None, at_s: float = 0.0) -> AssignmentBlock:
    """Return that somebody in the console gave a tag to a wearer, or took it back."""
    t_ns = T0_NS + ns(at_s)
    return AssignmentBlock(
        device="backend", seq=round(at_s), t0_ns=t_ns, tag=tag, wearer=wearer, by="karin-ek"
    )


def lent(stays: Sequence[Stay], tag: str = "ff01") -> list[ReadsBlock]:
    """Return a walk of somebody with a tag that is not in the site file."""
    reads = [read.model_copy(update={"tag": tag}) for read in walk(stays)]
    return sent(reads)


INTO_THE_CELL: Sequence[Stay] = [("aisle", 10.0), ("robot-cell", 60.0)]


def test_a_tag_that_was_given_to_somebody_is_theirs_as_one_of_the_site_file_is() -> None:
    of_file = after(INTO_THE_CELL, 200.0)
    told = found(ticking([lend("ff01", "sato"), *lent(INTO_THE_CELL)], 200.0))
    assert said(told) == said(of_file)
    assert said(told, "badge_silent") == said(of_file, "badge_silent")
    assert {f.person for f in told} == {"sato"}
    assert found(ticking(lent(INTO_THE_CELL), 200.0)) == []


def test_a_tag_given_to_a_second_person_is_theirs_and_the_first_is_not_forgotten() -> None:
    """Who stood in the cell is not known to have left it because a desk says so."""
    blocks = [lend("ff01", "sato"), lend("ff01", "varga", 30.0), *lent(INTO_THE_CELL)]
    told = found(ticking(blocks, 200.0))
    began = {f.person for f in told if f.kind == "zone_breach" and f.phase == "onset"}
    assert began == {"sato", "varga"}
    assert {f.person for f in told if f.kind == "badge_silent"} == {"sato", "varga"}


def test_a_second_tag_that_lies_in_a_locker_does_not_speak_for_its_wearer() -> None:
    """Two tags of one person are told apart, wherever the second comes from."""
    body = stay(0, 90, "north") + stay(90, 180, "south")
    locker = [
        read.model_copy(update={"tag": "ff01", "rssi_dbm": -50.0})
        for read in stay(0, 180, "north", hz=8)
    ]
    reads = sorted([*body, *locker], key=lambda read: read.t_ns)
    heard = [
        ReadsBlock(device="reader-1", seq=n, t0_ns=reads[n * 16].t_ns, reads=tuple(part))
        for n, part in enumerate(reads[i : i + 16] for i in range(0, len(reads), 16))
    ]
    detector = ZoneDetector().at(premises())
    told = found(ticking([lend("ff01", "ann"), *heard], 180.0), detector)
    assert [f.zone for f in told if f.kind == "presence" and f.phase == "onset"] == [
        "north",
        "south",
    ]

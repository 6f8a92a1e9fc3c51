"""What the pipeline adds to the detectors: who, where, how bad, and each thing said once."""

from __future__ import annotations

import pytest

from contract.detection import detection_id
from contract.event import EventBlock
from contract.instants import ns
from contract.reads import Read, ReadsBlock
from contract.severity import Severity
from detectors.detector import Detector
from detectors.motion.no_motion import NoMotionDetector
from detectors.pipeline import Pipeline
from detectors.seqwindow import SIZE
from detectors.unknown_tags import KEPT, OTHER
from tests.support.badges import sent, walk
from tests.support.core import fed, onsets, pipeline
from tests.support.detectors_of_tests import (
    Broken,
    BrokenForPersons,
    BrokenForTheSite,
    Nonsense,
    Silence,
    SilenceOfPersons,
)
from tests.support.hall import TAGS, hall
from tests.support.motions import SIDE, T0_NS, blocks, fall, sampled, still

FALL = blocks(sampled((still(12), *fall(lying_s=10), still(8, SIDE))))


def press(name: str = "sos", *, seq: int = 0, boot: int = 1, at_s: float = 0) -> EventBlock:
    t0_ns = T0_NS + ns(at_s)
    return EventBlock.model_validate(
        {"device": "belt-keller", "boot": boot, "seq": seq, "t0_ns": t0_ns, "event": name}
    )


def test_a_detection_names_person_place_and_tier() -> None:
    running = pipeline()
    assert fed(running, sent(walk([("truck-lane", 12.0)]))) != []
    assert running.zone_of("keller") == "truck-lane"
    (onset,) = onsets(fed(running, FALL))
    assert (onset.site, onset.device, onset.person) == ("hall-2", "belt-keller", "keller")
    assert onset.zone == "truck-lane"
    assert onset.assessment.rule == "fall/hazard-zone"
    assert onset.assessment.severity is Severity.SEV1
    assert onset.id == detection_id("fall", "person:keller", onset.onset_ns)
    assert not onset.exercise
    assert not onset.late


def test_a_fall_where_nobody_knows_the_place_has_no_zone() -> None:
    (onset,) = onsets(fed(pipeline(), FALL))
    assert onset.zone is None
    assert onset.assessment.rule == "fall"


def test_stillness_makes_it_worse() -> None:
    found = fed(pipeline(), FALL)
    assert [d.assessment.rule for d in found] == ["fall"] * 3 + ["fall/still"]
    assert len({d.id for d in found}) == 1


def test_lone_work_is_known_by_the_wearer() -> None:
    alone = [block.model_copy(update={"device": "belt-sato"}) for block in FALL]
    (onset,) = onsets(fed(pipeline(), alone))
    assert onset.assessment.rule == "fall/lone"


def test_a_device_on_nobody_is_about_itself() -> None:
    mounted = [block.model_copy(update={"device": "press-guard"}) for block in FALL]
    (onset,) = onsets(fed(pipeline(), mounted))
    assert onset.person is None
    assert onset.subject == "device:press-guard"
    assert onset.zone == "robot-cell"


def test_an_exercise_and_a_late_delivery_are_marked() -> None:
    found = fed(pipeline(exercise=True), FALL, late=True)
    assert found
    assert all(d.exercise and d.late for d in found)


def test_ids_are_the_same_in_every_run() -> None:
    assert fed(pipeline(), FALL) == fed(pipeline(), FALL)


# Duplicates, boots, ancient blocks.


def test_a_block_that_comes_twice_is_ignored() -> None:
    running = pipeline()
    found = [d for block in FALL for _ in range(3) for d in running.feed(block).detections]
    assert found == fed(pipeline(), FALL)
    assert running.feed(FALL[3]).verdict == "duplicate"


def test_all_of_it_twice_says_nothing_more() -> None:
    running = pipeline()
    fed(running, FALL)
    assert fed(running, FALL) == []


def test_a_new_boot_starts_afresh() -> None:
    running = pipeline()
    fed(running, FALL)
    again = blocks(sampled((still(12), *fall())), boot=2, t0_ns=T0_NS + ns(600))
    assert len(onsets(fed(running, again))) == 1


def test_an_old_boots_blocks_may_come_late_from_the_spool() -> None:
    running = pipeline()
    *spooled, last = FALL
    reboot = blocks(sampled([still(5)]), boot=2, t0_ns=T0_NS + ns(600))
    fed(running, spooled[:12])
    fed(running, reboot)
    assert len(onsets(fed(running, [*spooled[12:], last]))) == 1


def test_a_press_older_than_anything_remembered_is_told() -> None:
    running = pipeline()
    fed(running, [press("check-in", seq=SIZE + 10, at_s=9000)])
    outcome = running.feed(press("sos", seq=3))
    assert outcome.verdict == "ancient"
    assert [d.kind for d in outcome.detections] == ["sos"]
    assert running.feed(press("sos", seq=3)).detections == ()


def test_a_number_gone_wild_does_not_blind_a_device() -> None:
    running = pipeline()
    wild = FALL[0].model_copy(update={"seq": 2**53 - 1})
    assert len(onsets(fed(running, [FALL[0], wild, *FALL[1:]]))) == 1


# What goes wrong in a detector stays there.


@pytest.mark.parametrize(
    "broken", [Broken(), BrokenForPersons(), BrokenForTheSite()], ids=lambda d: d.kind
)
def test_a_detector_that_raises_is_told_and_the_others_go_on(broken: Detector) -> None:
    running = pipeline(broken)
    outcomes = [running.feed(block) for block in FALL]
    found = [d for outcome in outcomes for d in outcome.detections]
    faults = [fault for outcome in outcomes for fault in outcome.faults]
    assert found == fed(pipeline(), FALL)
    assert len(faults) == len(FALL) // 3
    assert {fault.detector for fault in faults} == {broken.kind}
    assert {fault.subject for fault in faults} <= {"belt-keller", "keller", "hall-2"}
    assert faults[0].reason == "ZeroDivisionError: one sample too many"


def test_a_claim_that_cannot_be_told_is_a_fault_and_the_next_one_is_told() -> None:
    outcome = pipeline(Nonsense()).feed(FALL[0])
    assert [d.kind for d in outcome.detections] == ["sos"]
    (fault,) = outcome.faults
    assert fault.detector == "nonsense"
    assert "impact: confidence" in fault.reason


# Badges.


def test_a_readers_reads_are_shared_out_by_wearer() -> None:
    both = [
        read
        for pair in zip(
            walk([("robot-cell", 8.0)]), walk([("robot-cell", 8.0)], person="berg"), strict=True
        )
        for read in pair
    ]
    found = fed(pipeline(), sent(both))
    assert {(d.kind, d.person) for d in found} == {("zone_breach", "keller")}
    assert onsets(found, "zone_breach")[0].assessment.rule == "zone-a/live"


def test_presence_is_followed_and_not_told() -> None:
    running = pipeline()
    assert fed(running, sent(walk([("aisle", 8.0)]))) == []
    assert running.zone_of("keller") == "aisle"
    for second in range(9, 40):
        running.tick(T0_NS + ns(second))
    assert running.zone_of("keller") is None


def stray(tag: str) -> ReadsBlock:
    read = Read(tag=tag, point="1", t_ns=T0_NS)
    return ReadsBlock(device="reader-1", seq=int(tag, 16), t0_ns=T0_NS, reads=(read,))


def test_unknown_tags_are_counted_and_the_count_is_bounded() -> None:
    running = pipeline()
    for number in range(KEPT + 50):
        running.feed(stray(f"{number:08x}"))
    assert running.unknown_tags["reader-1", "00000000"] == 1
    assert running.unknown_tags["reader-1", OTHER] == 50
    assert running.unknown_tags.total() == KEPT + 50
    assert TAGS["keller"] not in {tag for _, tag in running.unknown_tags}


# Time.


def test_ticks_reach_the_boot_that_was_heard_last_and_no_other() -> None:
    running = Pipeline(hall(), [Silence().at(hall())])
    running.feed(press(boot=1))
    running.feed(press(boot=2, at_s=30))
    assert running.tick(T0_NS + ns(35)).detections == ()
    (found,) = running.tick(T0_NS + ns(41)).detections
    assert (found.kind, found.onset_ns) == ("device_silent", T0_NS + ns(30))
    assert found.device == "belt-keller"


def test_a_tick_is_kept_from_detectors_that_do_not_ask_for_it() -> None:
    """Falls, no motion and presses are watched on the same device; none of them takes a tick."""
    running = pipeline(Silence(), NoMotionDetector())
    fed(running, [*FALL, press(at_s=60)])
    outcomes = [running.tick(T0_NS + ns(61 + second)) for second in range(20)]
    assert [outcome.faults for outcome in outcomes] == [()] * 20
    assert any(outcome.detections for outcome in outcomes)


def test_what_a_tick_shows_about_a_person_names_a_device_of_theirs() -> None:
    running = Pipeline(hall(), [SilenceOfPersons().at(hall())])
    running.feed(press())
    (found,) = running.tick(T0_NS + ns(20)).detections
    assert (found.person, found.device) == ("keller", "belt-keller")


def test_a_tick_before_any_block_says_nothing() -> None:
    assert pipeline().tick(T0_NS).detections == ()

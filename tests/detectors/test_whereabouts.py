"""Where somebody was heard last is remembered, and their devices' silence is judged there."""

from __future__ import annotations

from collections.abc import Iterable

from contract.detection import Detection
from contract.detection_kinds import DetectionKind
from contract.door import DoorBlock, DoorEvent
from contract.event import EventBlock
from contract.instants import ns
from contract.message import Block
from contract.severity import Severity
from contract.tick import Tick
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from detectors.button.press import ButtonDetector
from detectors.finding import Finding
from detectors.pipeline import Pipeline
from detectors.silence.device_silent import SilenceDetector
from detectors.whereabouts import REMEMBERED_NS, Whereabouts
from detectors.zone.detector import ZoneDetector
from tests.support.badges import sent, ticking, walk
from tests.support.hall import TAGS, TOML, hall
from tests.support.motions import T0_NS, blocks, sampled, still

SITE = hall()


def told(running: Pipeline, messages: Iterable[object]) -> list[Detection]:
    found: list[Detection] = []
    for message in messages:
        outcome = (
            running.tick(message.at_ns) if isinstance(message, Tick) else running.feed(message)  # type: ignore[arg-type]
        )
        assert outcome.faults == ()
        found += outcome.detections
    return found


def moved(phase: str, zone: str, at_s: float) -> Finding:
    return Finding(
        kind=DetectionKind.PRESENCE,
        phase="onset" if phase == "onset" else "clear",
        onset_ns=T0_NS,
        decided_ns=T0_NS + ns(at_s),
        confidence=0.9,
        reason=phase,
        zone=zone,
    )


def test_a_zone_is_remembered_for_a_while_after_the_badge_went_quiet() -> None:
    where = Whereabouts(SITE)
    where.note("keller", moved("onset", "robot-cell", 0))
    where.note("keller", moved("clear", "robot-cell", 20))
    assert where.now("keller") is None
    last = where.last("keller", T0_NS + ns(300))
    assert last is not None
    assert (last.zone, last.left_ns) == ("robot-cell", T0_NS + ns(20))
    assert where.last("keller", T0_NS + ns(20) + REMEMBERED_NS + 1) is None


def test_who_left_where_one_goes_home_is_not_remembered_there() -> None:
    text = TOML.replace('id = "aisle"', 'id = "aisle"\nway_out = true')
    where = Whereabouts(hall(text))
    where.note("keller", moved("onset", "aisle", 0))
    where.note("keller", moved("clear", "aisle", 20))
    assert where.last("keller", T0_NS + ns(21)) is None


def test_being_alone_is_known() -> None:
    where = Whereabouts(SITE)
    where.note("keller", moved("onset", "stores", 0))
    assert where.is_alone("keller", "stores")
    where.note("berg", moved("onset", "stores", 1))
    assert not where.is_alone("keller", "stores")


def test_belt_and_badge_that_die_together_in_a_hazard_zone_are_missed_there() -> None:
    """Today's page must not be a SEV4 for a device in nowhere."""
    running = Pipeline(SITE, [ZoneDetector().at(SITE), SilenceDetector().at(SITE)])
    belt = blocks(sampled([still(30)]))
    badge = sent(walk([("robot-cell", 30.0)], person="keller"))
    found = told(running, ticking([*belt, *badge], 30 + 320))
    silent = [d for d in found if d.kind == "device_silent"]
    assert [(d.zone, d.assessment.severity) for d in silent] == [
        ("robot-cell", Severity.SEV2),
        ("robot-cell", Severity.SEV1),
    ]
    assert 50 <= silent[0].evidence["zone_age_s"] <= 95
    quiet = [d for d in found if d.kind == "badge_silent"]
    assert [d.assessment.severity for d in quiet] == [Severity.SEV2, Severity.SEV1]


def state(zone: str, name: str, at_s: float, seq: int = 0, device: str = "plc-1") -> ZoneStateBlock:
    return ZoneStateBlock.model_validate(
        {"device": device, "seq": seq, "t0_ns": T0_NS + ns(at_s), "zone": zone, "state": name,
         "by": device}
    )  # fmt: skip


def test_what_happens_in_a_locked_out_zone_is_judged_as_locked_out() -> None:
    running = Pipeline(SITE, [ZoneDetector().at(SITE)])
    badge: list[Block] = [*sent(walk([("truck-lane", 40.0)]))]
    by_a_person = state("truck-lane", "locked_out", 1, device="backend")
    locked = told(running, ticking([by_a_person, *badge], 40))
    assert [d.assessment.rule for d in locked if d.phase == "onset"] == ["zone-b"]
    assert not locked[0].facts.live
    energised = running.feed(state("truck-lane", "energised", 41, seq=1)).detections
    assert [d.facts.live for d in energised] == [True]


def test_a_plc_alone_locks_no_zone_out() -> None:
    running = Pipeline(SITE, [ZoneDetector().at(SITE)])
    badge: list[Block] = [*sent(walk([("truck-lane", 40.0)]))]
    found = told(running, ticking([state("truck-lane", "locked_out", 1), *badge], 40))
    assert found[0].facts.live


def test_a_state_that_is_older_than_the_last_changes_nothing() -> None:
    running = Pipeline(SITE, [ZoneDetector().at(SITE)])
    running.feed(state("robot-cell", "energised", 10))
    running.feed(state("robot-cell", "locked_out", 5, seq=1))
    found = told(running, ticking(sent(walk([("robot-cell", 20.0)])), 20))
    assert found[0].assessment.rule == "zone-a/live"


def test_an_evacuation_that_is_not_followed_is_one_detection_of_the_zone() -> None:
    text = TOML.replace('id = "aisle"', 'id = "aisle"\nevacuate_s = 20')
    site = hall(text)
    running = Pipeline(site, [ZoneDetector().at(site)])
    alarm = EvacuationBlock(device="plc-1", seq=0, t0_ns=T0_NS + ns(25), on=True, by="ehs")
    both = [*walk([("aisle", 60.0)]), *walk([("aisle", 60.0)], person="berg")]
    both.sort(key=lambda read: read.t_ns)
    found = told(running, ticking([*sent(both), alarm], 59))
    (onset,) = [d for d in found if d.kind == "not_evacuated" and d.phase == "onset"]
    assert (onset.subject, onset.person) == ("zone:aisle", None)
    assert onset.reason == "2 are still in aisle: berg, keller"
    assert onset.assessment.severity is Severity.SEV1


def test_a_call_for_help_from_an_idlh_zone_makes_a_rescuer_at_its_door_a_breach() -> None:
    text = TOML.replace(
        'id = "stores"\nhazard = "C"',
        'id = "stores"\nhazard = "A"\nidlh = true\nwearers = ["keller"]',
    )
    site = hall(text)
    running = Pipeline(site, [ButtonDetector().at(site), ZoneDetector().at(site)])
    press = EventBlock(device="belt-keller", seq=0, t0_ns=T0_NS + ns(30), event="sos")
    at_ns = T0_NS + ns(40)
    at_the_door = DoorEvent(
        door="door-1", tag=TAGS["berg"], granted=False, direction="in", t_ns=at_ns
    )
    refused = DoorBlock(device="acs-1", seq=0, t0_ns=at_ns, events=(at_the_door,))
    badge = sent(walk([("stores", 50.0)]))
    found = told(running, ticking([*badge, press, refused], 49))
    (rescuer,) = [d for d in found if d.kind == "rescuer"]
    assert (rescuer.phase, rescuer.person, rescuer.zone) == ("onset", "berg", "stores")
    assert rescuer.assessment.severity is Severity.SEV2
    assert [d.kind for d in found] == ["sos", "rescuer"]

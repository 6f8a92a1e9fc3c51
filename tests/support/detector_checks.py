"""What every detector promises. A new detector is held to this without a line of its own."""

from __future__ import annotations

import copy
import math
import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, groupby
from typing import Any

from pydantic import TypeAdapter

from contract.detection import Detection, detection_id
from contract.door import DoorBlock
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import ns
from contract.message import Block, Message
from contract.reads import ReadsBlock
from contract.severity import Facts, assess
from contract.tick import Tick
from contract.tracks import TracksBlock
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from detectors.detector import AnyDetector
from detectors.finding import Finding
from detectors.subject import Subject
from tests.support.alike import alike
from tests.support.badges import sent, ticking, walk
from tests.support.filmed import Body, falling, filmed, walking
from tests.support.hall import TAGS
from tests.support.motions import (
    T0_NS,
    blocks,
    blow,
    duration_s,
    fall,
    jog,
    jump,
    restless,
    sampled,
    still,
)

Check = Callable[[AnyDetector, Sequence[Message]], None]

SUBJECT = Subject("keller", device="belt-keller", wearer="keller", roles=("operator",))
EQUIPMENT = Subject("press-guard", device="press-guard")
STATE_BYTES = 20_000
"""A site has thousands of states, and a gateway writes them down."""

MOTION = (
    *(still(12), jog(4), restless(2), *jump(), restless(6), blow(3.2, 0.12), restless(6), still(3)),
    *(*fall(lying_s=18), restless(2, (0.0, 1.0, 0.0)), still(6, (0.0, 1.0, 0.0)), restless(9)),
    *(*fall(lying_s=8), restless(4, (0.0, 1.0, 0.0)), still(152, (0.0, 1.0, 0.0)), restless(5)),
    *(still(2, (0.0, 1.0, 0.0)), blow(14, 0.06), still(4, (0.0, 1.0, 0.0))),
)


SILENCE_S, LONG_S, SELDOM_S = 100.0, 2400.0, 20.0
"""Whoever asks for the time is told it for so long after the last block, when nothing is heard any
more: every second, and then seldom."""


def _imu() -> list[Message]:
    """Stand, jog, jump, stumble, fall, get up, fall again and lie long; then a knock."""
    return list(blocks(sampled(MOTION)))


def _reads() -> list[Message]:
    """Work in the aisle, enter the robot cell, go back, cross the truck lane, go home."""
    stays = [("aisle", 8.0), ("robot-cell", 9.0), ("aisle", 4.0), ("truck-lane", 7.0)]
    return list(sent(walk(stays)))


def _events() -> list[Message]:
    """Press every button that there is."""
    names = ("sos", "cancel", "all-right", "check-in", "button")
    return [
        EventBlock(device="belt-keller", seq=seq, t0_ns=T0_NS + seq * 10**9, event=name)
        for seq, name in enumerate(names)
    ]


def _doors() -> list[Message]:
    """Come in through a door, go out again, and be refused."""
    return [
        DoorBlock.model_validate(
            {
                "device": "acs-1",
                "seq": seq,
                "t0_ns": T0_NS + ns(40 + 10 * seq),
                "events": [
                    {
                        "door": "door-1",
                        "tag": TAGS["keller"],
                        "granted": granted,
                        "direction": direction,
                        "t_ns": T0_NS + ns(40 + 10 * seq),
                    }
                ],
            }
        )
        for seq, (direction, granted) in enumerate((("in", True), ("out", True), ("in", False)))
    ]


def _states() -> list[Message]:
    """Lock the robot cell out, and energise it again."""
    return [
        ZoneStateBlock.model_validate(
            {
                "device": "plc-1",
                "seq": seq,
                "t0_ns": T0_NS + ns(5 + 6 * seq),
                "zone": "robot-cell",
                "state": state,
                "by": "plc-1",
            }
        )
        for seq, state in enumerate(("locked_out", "energised"))
    ]


def _evacuations() -> list[Message]:
    """Evacuate the hall, and call it off."""
    return [
        EvacuationBlock(device="plc-1", seq=seq, t0_ns=T0_NS + ns(15 + 60 * seq), on=on, by="ehs")
        for seq, on in enumerate((True, False))
    ]


def _detections() -> list[Message]:
    """Somebody falls in the robot cell."""
    facts = Facts(kind="fall", hazard="A", live=True)
    return [
        Detection(
            id=detection_id("fall", "person:berg", T0_NS + ns(6)),
            kind="fall",
            phase="onset",
            site="hall-2",
            device="belt-keller",
            person="berg",
            zone="robot-cell",
            onset_ns=T0_NS + ns(6),
            decided_ns=T0_NS + ns(8),
            confidence=0.9,
            reason="fell",
            facts=facts,
            assessment=assess(facts),
        ),
        *_from_a_camera(),
    ]


def _tracks() -> list[Message]:
    """Somebody walks into the stores and falls there, while another passes by."""
    walks = walking(Body((100, 400)), (480, 440), 4.0)
    falls = falling(Body((480, 440)), begin_s=4.0, lies_s=25.0)
    other = walking(Body((40, 300), track=2), (200, 300), 6.0)
    return list(filmed(walks, falls, other))


def _from_a_camera() -> list[Message]:
    """A camera sees somebody come into the stores, and go down there."""
    told: list[Message] = []
    for kind, phase, at_s in (("visit", "onset", 18), ("fall", "onset", 20), ("fall", "clear", 50)):
        facts = Facts(kind=kind, hazard="C")
        onset_ns = T0_NS + ns(18 if kind == "visit" else 20)
        told.append(
            Detection.model_validate(
                {
                    "id": detection_id(kind, "device:camera-1", onset_ns),
                    "kind": kind,
                    "phase": phase,
                    "site": "hall-2",
                    "device": "camera-1",
                    "zone": "stores",
                    "onset_ns": onset_ns,
                    "decided_ns": T0_NS + ns(at_s + 1),
                    "confidence": 0.8,
                    "evidence": {"visitor": 1.0},
                    "reason": "seen",
                    "facts": facts,
                    "assessment": assess(facts),
                }
            )
        )
    return told


STREAMS: dict[type[Message], Callable[[], list[Message]]] = {
    ImuBlock: _imu,
    ReadsBlock: _reads,
    EventBlock: _events,
    DoorBlock: _doors,
    ZoneStateBlock: _states,
    EvacuationBlock: _evacuations,
    Detection: _detections,
    TracksBlock: _tracks,
}
"""An eventful stream of each kind of block. It should hold what a detector of it looks for."""


def eventful(detector: AnyDetector) -> list[Message]:
    """Return a stream of all that the detector accepts, with something in it, in order of time."""
    stream: list[Message] = []
    for kind in detector.accepts:
        if kind is Tick:
            continue
        assert kind in STREAMS, (
            f'detector "{detector.kind}" accepts {kind.__name__}, and no check knows what an '
            f"eventful stream of it is: add one to STREAMS in tests/support/detector_checks.py, "
            f"and say in `recut` how it is cut"
        )
        stream += STREAMS[kind]()
    stream.sort(key=time_ns)
    if Tick in detector.accepts:
        until_s = duration_s(MOTION) + SILENCE_S
        stream = ticking(stream, until_s)
        for number in range(1, round(LONG_S / SELDOM_S)):
            stream.append(Tick(at_ns=T0_NS + ns(int(until_s) + number * SELDOM_S)))
    return stream


def time_ns(message: Message) -> int:
    """Return how far a message brings the time."""
    match message:
        case Tick():
            return message.at_ns
        case Detection():
            return message.decided_ns
        case Block():
            return message.end_ns
    raise AssertionError(f"no check knows the time of a {type(message).__name__}")


def about(detector: AnyDetector, stream: Sequence[Message]) -> Subject:
    """Return what a detector is for: some watch people, and some watch what nobody wears."""
    return SUBJECT if run(detector, stream) else EQUIPMENT


def run(
    detector: AnyDetector, stream: Sequence[Message], subject: Subject = SUBJECT
) -> list[Finding]:
    """Return what a detector finds in a stream."""
    state = detector.start(subject)
    found: list[Finding] = []
    for message in stream:
        state, new = detector.step(state, message)
        found += new
    return found


def recut(stream: Sequence[Message], sizes: Sequence[int]) -> list[Message]:
    """Return the same samples or reads in blocks of other sizes. Nothing moves across a tick."""
    size = cycle(sizes)
    cut: list[Message] = []
    for kind, run_of in groupby(stream, key=type):
        part = list(run_of)
        if kind is ImuBlock:
            cut += _recut_imu([b for b in part if isinstance(b, ImuBlock)], size)
        elif kind is TracksBlock:
            cut += _recut_tracks([b for b in part if isinstance(b, TracksBlock)], size)
        elif kind is ReadsBlock:
            cut += _recut_reads([b for b in part if isinstance(b, ReadsBlock)], size)
        else:  # one press, one tick: there is nothing to cut
            cut += part
    return [
        message.model_copy(update={"seq": seq}) if isinstance(message, Block) else message
        for seq, message in enumerate(cut)
    ]


def _recut_imu(part: Sequence[ImuBlock], size: Iterator[int]) -> Iterator[ImuBlock]:
    first = part[0]
    raw = b"".join(block.accel_i16 or b"" for block in part)
    at = 0
    while at * 6 < len(raw):
        count = next(size)
        update = {"accel_i16": raw[at * 6 : (at + count) * 6], "t0_ns": first.t_ns(at)}
        yield first.model_copy(update=update)
        at += count


def _recut_reads(part: Sequence[ReadsBlock], size: Iterator[int]) -> Iterator[ReadsBlock]:
    reads = [read for block in part for read in block.reads]
    at = 0
    while at < len(reads):
        chosen = tuple(reads[at : at + next(size)])
        yield part[0].model_copy(update={"reads": chosen, "t0_ns": chosen[0].t_ns})
        at += len(chosen)


def _recut_tracks(part: Sequence[TracksBlock], size: Iterator[int]) -> Iterator[TracksBlock]:
    frames = [frame for block in part for frame in block.frames]
    at = 0
    while at < len(frames):
        chosen = tuple(frames[at : at + next(size)])
        yield part[0].model_copy(update={"frames": chosen, "t0_ns": chosen[0].t_ns})
        at += len(chosen)


def check_finds_something(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """Otherwise every other check would hold for nothing."""
    assert run(detector, stream, about(detector, stream)), (
        f'detector "{detector.kind}" finds nothing in the stream that it is checked with: '
        f"add what it looks for to STREAMS in tests/support/detector_checks.py"
    )


def check_same_twice(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """A replay is exact."""
    assert run(detector, stream, about(detector, stream)) == run(
        detector, stream, about(detector, stream)
    )


def check_leaves_its_arguments_alone(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """The lane goes back to an earlier state for a late block, so none may have changed."""
    state = detector.start(about(detector, stream))
    for message in stream:
        state_before, message_before = copy.deepcopy(state), copy.deepcopy(message)
        after, _ = detector.step(state, message)
        assert alike(state, state_before), "step changed the state that it was given"
        assert alike(message, message_before), "step changed the message that it was given"
        state = after


def check_state_survives_a_restart(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """A state can be written down and read again at every block, and stays small."""
    state = detector.start(about(detector, stream))
    found: list[Finding] = []
    for message in stream:
        written = pickle.dumps(state)
        assert len(written) <= STATE_BYTES, f"the state has grown to {len(written)} bytes"
        state, new = detector.step(pickle.loads(written), message)
        found += new
    assert found == run(detector, stream, about(detector, stream))


def check_what_lasts_can_be_resumed(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """What outlives the process is JSON, and resumed it would outlive the next one just so."""
    assert detector.keyed_by == "person" or not detector.lasts, "only states of persons last"
    subject = about(detector, stream)
    state, lasted = detector.start(subject), 0
    for message in stream:
        state, _found = detector.step(state, message)
        lasting = detector.lasting(state)
        if lasting is None:
            continue
        lasted += 1
        kind = TypeAdapter(type(state))
        written = kind.dump_json(lasting)
        again = detector.resume(kind.validate_json(written), subject)
        detector.step(again, message)
        assert kind.dump_json(detector.resume(detector.lasting(again), subject)) == kind.dump_json(
            again
        )
    assert bool(lasted) == detector.lasts


def check_decides_after_the_fact(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """Onset, then decision, and no decision on a sample that has not arrived."""
    state = detector.start(about(detector, stream))
    now_ns = 0
    for message in stream:
        now_ns = max(now_ns, time_ns(message))
        state, found = detector.step(state, message)
        for finding in found:
            assert finding.onset_ns <= finding.decided_ns <= now_ns, finding


def check_every_claim_begins(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """An update or a clear belongs to an onset that was told before, and a clear ends it."""
    open_claims: set[tuple[str, int]] = set()
    for finding in run(detector, stream, about(detector, stream)):
        claim = (finding.kind, finding.onset_ns)
        if finding.phase == "onset":
            assert claim not in open_claims, f"told twice: {finding}"
            open_claims.add(claim)
            continue
        assert claim in open_claims, f"nothing was said of its onset: {finding}"
        if finding.phase == "clear":
            open_claims.remove(claim)


def check_findings_can_be_told(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """Severity knows the facts by name, people read the reason, nothing is NaN."""
    for finding in run(detector, stream, about(detector, stream)):
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,62}", finding.kind), finding
        assert 0 <= finding.confidence <= 1, finding
        assert 0 < len(finding.reason) <= 500, finding
        assert all(math.isfinite(number) for number in finding.evidence.values()), finding
        unknown = set(finding.facts) - set(Facts.model_fields)
        assert not unknown, f"severity knows no fact {sorted(unknown)}"
        Facts.model_validate({"kind": finding.kind, **finding.facts})


def check_settings_round_trip(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """Settings survive being written to a file."""
    assert type(detector).model_validate_json(detector.model_dump_json()) == detector


def check_documented(detector: AnyDetector, stream: Sequence[Message]) -> None:
    """Every setting says what it is, and the class where it comes from."""
    for name, setting in type(detector).model_fields.items():
        assert setting.description, f"the setting {name} has no description"
    told = vars(type(detector)).get("__doc__") or ""
    assert re.search(r"^ *(References|Notes)\n *-+\n *\S", told, re.MULTILINE), (
        f'the docstring of detector "{detector.kind}" needs a References section with its source, '
        f"or a Notes section that says what it rests on and what was not measured"
    )


CHECKS: tuple[Check, ...] = (
    check_finds_something,
    check_same_twice,
    check_leaves_its_arguments_alone,
    check_state_survives_a_restart,
    check_what_lasts_can_be_resumed,
    check_decides_after_the_fact,
    check_every_claim_begins,
    check_findings_can_be_told,
    check_settings_round_trip,
    check_documented,
)


def check_does_not_see_cuts(
    detector: AnyDetector, stream: Sequence[Message], sizes: Sequence[int]
) -> None:
    """The same samples in other blocks give the same findings, to the last digit."""
    assert _told(run(detector, recut(stream, sizes), about(detector, stream))) == _told(
        run(detector, stream, about(detector, stream))
    )


def _told(found: Sequence[Finding]) -> list[tuple[Any, ...]]:
    return [(f.kind, f.phase, f.onset_ns, f.decided_ns, f.evidence, f.facts) for f in found]

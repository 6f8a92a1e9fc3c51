"""Eventful streams: of every message, one that holds what a detector of it looks for."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module

from contract.assignment import AssignmentBlock
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
from detectors.finder import AnyFinder
from tests.support import streams
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


def _assignments() -> list[Message]:
    """Give a second badge to somebody, and take it back."""
    return [
        AssignmentBlock(
            device="backend", seq=seq, t0_ns=T0_NS + ns(4 + seq), tag="ff01", wearer=wearer,
            by="karin-ek",
        )
        for seq, wearer in enumerate(("keller", None))
    ]  # fmt: skip


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
                    "id": detection_id(kind, "track:camera-1/0/1", onset_ns),
                    "kind": kind,
                    "phase": phase,
                    "site": "hall-2",
                    "device": "camera-1",
                    "zone": "stores",
                    "onset_ns": onset_ns,
                    "decided_ns": T0_NS + ns(at_s + 1),
                    "confidence": 0.8,
                    "track": "0/1",
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
    AssignmentBlock: _assignments,
    Detection: _detections,
    TracksBlock: _tracks,
}
"""An eventful stream of each kind of block. It should hold what a detector of it looks for."""


def eventful(detector: AnyFinder) -> list[Message]:
    """Return a stream of all that the detector accepts, with something in it, in order of time.

    It is the detector's own, if there is a file of its kind in `tests/support/streams/`.
    """
    stream = own(detector.kind) or _of_all_that_it_accepts(detector)
    stream.sort(key=time_ns)
    if Tick in detector.accepts:
        until_s = duration_s(MOTION) + SILENCE_S
        stream = ticking(stream, until_s)
        for number in range(1, round(LONG_S / SELDOM_S)):
            stream.append(Tick(at_ns=T0_NS + ns(int(until_s) + number * SELDOM_S)))
    return stream


def with_a_stream_of_their_own() -> tuple[str, ...]:
    """Return the kinds of detectors and watchers that bring a stream."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(streams.__path__)))


def own(kind: str) -> list[Message]:
    """Return the stream of `tests/support/streams/KIND.py`; nothing if there is none."""
    if kind not in with_a_stream_of_their_own():
        return []
    found: list[Message] = list(import_module(f"{streams.__name__}.{kind}").stream())
    assert found, f"the stream of tests/support/streams/{kind}.py is empty"
    return found


def _of_all_that_it_accepts(detector: AnyFinder) -> list[Message]:
    stream: list[Message] = []
    for kind in detector.accepts:
        if kind is Tick:
            continue
        assert kind in STREAMS, (
            f'detector "{detector.kind}" accepts {kind.__name__}, and no check knows what an '
            f"eventful stream of it is: say so in tests/support/streams/{detector.kind}.py, "
            f"and in tests/support/recut.py how it is cut"
        )
        stream += STREAMS[kind]()
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

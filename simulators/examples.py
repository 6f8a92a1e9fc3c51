"""A made-up site, and what happens there: for the examples in detectors' docstrings, and for yours.

>>> told("button", pressed("sos"))
['onset sos SEV1']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from contract import sitefile
from contract.event import EventBlock, EventName
from contract.imu import ImuBlock
from contract.instants import NS_PER_S, ns
from contract.message import Block, Message
from contract.reads import Read, ReadsBlock
from contract.tick import Tick
from contract.tracks import Frame, Track, TracksBlock
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from simulators.body.accelerometer import Accelerometer
from simulators.body.script import Script, Step
from simulators.machine import Machine, Ringing

T0_NS = 1_700_000_000 * NS_PER_S
SITE = """
[site]
id = "example"
[[zone]]
id = "aisle"
[[zone]]
id = "cell"
hazard = "A"
[[wearer]]
id = "ada"
name = "Ada Lind"
[[device]]
id = "belt"
kind = "imu"
wearer = "ada"
worn = "trunk"
[[device]]
id = "badge"
kind = "badge"
wearer = "ada"
tag = "e2"
[[device]]
id = "guard"
kind = "imu"
zone = "cell"
[[device]]
id = "reader"
kind = "reader"
points = { 1 = "aisle", 2 = "cell" }
[[device]]
id = "camera"
kind = "camera"
[device.view]
size_px = [640, 480]
[device.view.image_zones]
aisle = [[0, 0], [640, 0], [640, 480], [0, 480]]
"""
POINTS = {"aisle": "1", "cell": "2"}


def told(detectors: str, *heard: Iterable[Message], for_s: float = 0) -> list[str]:
    """Return what detectors tell of what was heard, each as its phase, kind and tier.

    Parameters
    ----------
    detectors
        Their kinds, with the settings that they ship with.
    heard
        In any order: they are put in the order of time, with a tick at each second.
    for_s
        The ticks go on for so long after all else.
    """
    tables = "".join(f'[[detector]]\nkind = "{kind}"\n' for kind in detectors.split())
    site = sitefile.parse(SITE + tables)
    pipeline = Pipeline(site, build(site))
    said: list[str] = []
    for message in _in_order([each for part in heard for each in part], for_s):
        if isinstance(message, Tick):
            outcome = pipeline.tick(message.at_ns)
        else:
            outcome = pipeline.feed(message)
        said += [f"fault {fault.detector}: {fault.reason}" for fault in outcome.faults]
        said += [f"{d.phase} {d.kind} {d.assessment.severity}" for d in outcome.detections]
    return said


def pressed(*events: EventName) -> Iterator[EventBlock]:
    """Yield presses on Ada's belt, a second apart."""
    for n, event in enumerate(events):
        yield EventBlock(device="belt", seq=n, t0_ns=T0_NS + n * NS_PER_S, event=event)


def moved(*activities: str | tuple[str, float]) -> Iterator[ImuBlock]:
    """Yield what Ada's belt feels of what she does; of each activity perhaps how many seconds."""
    steps = (Step(each) if isinstance(each, str) else Step(*each) for each in activities)
    motion = Script(tuple(steps)).motion(Accelerometer(), seed=1)
    yield from _imu("belt", motion.accel_g)


def struck(peak_g: float, at_s: float, lasts_s: float) -> Iterator[ImuBlock]:
    """Yield what the sensor on a guard feels of one blow."""
    blow = Ringing(at_s=at_s, peak_g=peak_g)
    yield from _imu("guard", Machine().felt(lasts_s, 50.0, blows=(blow,)))


def walked(*stays: tuple[str, float]) -> Iterator[ReadsBlock]:
    """Yield the reads of Ada's badge as she stays so many seconds in each zone, a second each."""
    begin_s, seq = 0.0, 0
    for zone, lasts_s in stays:
        for second in range(round(lasts_s)):
            at_ns = T0_NS + ns(begin_s + second)
            reads = tuple(
                Read(tag="e2", point=POINTS[zone], t_ns=at_ns + ns(n / 5), rssi_dbm=-60)
                for n in range(5)
            )
            yield ReadsBlock(device="reader", seq=seq, t0_ns=at_ns, reads=reads)
            seq += 1
        begin_s += lasts_s


def filmed(*scenes: tuple[str, float]) -> Iterator[TracksBlock]:
    """Yield what a camera sees of somebody who `stands`, `falls`, `lies` or is `gone` for a while.

    At ten frames a second. Whoever falls is down within half a second and lies for the rest.
    """
    number = 0
    for scene, lasts_s in scenes:
        for n in range(round(10 * lasts_s)):
            lean = {"falls": min(1.0, n / 5), "lies": 1.0}.get(scene, 0.0)
            t_ns = T0_NS + ns(number / 10)
            tracks = () if scene == "gone" else (_track(lean),)
            yield TracksBlock(
                device="camera", seq=number, t0_ns=t_ns, size_px=(640, 480),
                frames=(Frame(t_ns=t_ns, tracks=tracks),),
            )  # fmt: skip
            number += 1


def _track(lean: float) -> Track:
    """Return somebody 120 px high in mid-picture, upright at 0, on the floor at 1."""
    height, width = 120 * (1 - 0.7 * lean), 120 * (0.35 + 0.65 * lean)
    hip, shoulder = 400 - 0.5 * height, 400 - 0.85 * height
    points = [(0.0, 0.0, 0.0)] * 17
    for left in (5, 6):
        points[left] = (320 + 42 * lean, hip + (shoulder - hip) * (1 - 0.9 * lean), 0.8)
    for left in (11, 12):
        points[left] = (320.0, hip, 0.8)
    box = (320 - width / 2, 400 - height, width, height)
    return Track(track=1, box_px=box, foot_px=(320, 400), confidence=0.6, keypoints=tuple(points))


def _imu(
    device: str, accel_g: np.ndarray[tuple[int, int], np.dtype[np.float32]]
) -> Iterator[ImuBlock]:
    for seq, first in enumerate(range(0, len(accel_g), 50)):
        samples = tuple(map(tuple, accel_g[first : first + 50].tolist()))
        t0_ns = T0_NS + seq * NS_PER_S
        yield ImuBlock(device=device, seq=seq, t0_ns=t0_ns, odr_hz=50, accel_g=samples)


def _in_order(heard: Sequence[Message], for_s: float) -> list[Block | Tick]:
    blocks = [each for each in heard if isinstance(each, Block)]
    last_ns = max(each.end_ns for each in blocks) + ns(for_s)
    ticks = [Tick(at_ns=at_ns) for at_ns in range(T0_NS, last_ns + 1, NS_PER_S)]
    return sorted(
        (*blocks, *ticks), key=lambda each: each.at_ns if isinstance(each, Tick) else each.end_ns
    )

"""How many devices a core carries: people who sit and stand, and people who are on the move.

Everybody stands and works with their hands; now and then something strikes the belt, as often as
it was counted in recordings: 26 times an hour in quiet life (UCI, chest), 400 times an hour in
scripted activity that is dense in jumps and sits (SisFall, waist).
"""

from __future__ import annotations

import pickle
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.site import Site
from detectors.dsp.samples import accel_g
from detectors.fall.candidate import candidates
from detectors.fall.detector import FallDetector, FallState
from detectors.fall.model import STAGES, model_for
from detectors.pipeline import Pipeline
from detectors.subject import Subject
from simulators.body.accelerometer import Accelerometer
from simulators.body.curve import Floats
from simulators.body.script import Script, Step
from tests.benchmarks import stage
from tests.benchmarks.across import AcrossDevices
from tests.benchmarks.per_sample import PerSampleFall
from tests.benchmarks.river_stream import RiverFall

DEVICES = 100
SECONDS = 144
REPEATS = 3
AN_HOUR: dict[str, int] = {"calm": 26, "busy": 400}
KNOCK_G, KNOCK_S = 2.5, 0.06
START_NS = 1_700_000_000 * NS_PER_S

Blocks = Sequence[Sequence[ImuBlock]]
"""One second after the other, the blocks of all devices in each."""
Way = Callable[[Blocks], object]


@dataclass(frozen=True)
class Row:
    """One way of looking at the same samples."""

    name: str
    calm_us: float
    busy_us: float
    """CPU a one-second block."""

    @property
    def calm_devices(self) -> int:
        """How many devices one core carries."""
        return round(1e6 / self.calm_us)

    @property
    def busy_devices(self) -> int:
        """The same when everybody is struck 400 times an hour."""
        return round(1e6 / self.busy_us)


@dataclass(frozen=True)
class Size:
    """What one device takes."""

    odr_hz: float
    quiet_us: float
    """CPU of the fall detector, a one-second block in which nothing strikes."""
    quiet_pipeline_us: float
    """The same with the pipeline around it."""
    state_bytes: int
    """Its state, written down."""
    heap_bytes: int
    """What the process' memory grows by for each device in the pipeline."""


@dataclass(frozen=True)
class Figures:
    """The tables, and what one look costs."""

    rows: list[Row]
    sizes: list[Size]
    look_us: float
    """CPU of the model for one look at a candidate."""
    looks: int
    """How many were timed."""


def measure() -> Figures:
    """Run every way over the same seconds, one after the other; of three runs the quickest."""
    seconds = {name: _seconds(times) for name, times in AN_HOUR.items()}
    ways: dict[str, Way] = {
        "pipeline with the fall detector": _pipeline,
        "fall detector alone": _detector,
        "Python loop, a sample at a time": lambda of: _looped(of, PerSampleFall),
        "river's rolling maximum, a sample at a time": lambda of: _looped(of, RiverFall),
        "numpy across devices in step": _across,
    }
    rows = [
        Row(name, *(_us_a_block(way, seconds[each]) for each in AN_HOUR))
        for name, way in ways.items()
    ]
    look_us, looks = _look_us(seconds["busy"])
    return Figures(rows, [_size(odr_hz) for odr_hz in (50.0, 200.0)], look_us, looks)


def _us_a_block(way: Way, seconds: Blocks) -> float:
    quickest = float("inf")
    for _ in range(REPEATS):
        begun_s = time.process_time()
        way(seconds)
        quickest = min(quickest, time.process_time() - begun_s)
    return quickest / sum(map(len, seconds)) * 1e6


def _pipeline(seconds: Blocks) -> Pipeline:
    pipeline = Pipeline(_site(), [FallDetector().at(_site())])
    for second in seconds:
        for block in second:
            pipeline.feed(block)
    return pipeline


@cache
def _site() -> Site:
    return stage.site(DEVICES)


def _detector(seconds: Blocks) -> list[FallState]:
    detector = FallDetector().at(_site())
    states = [detector.start(Subject(f"belt-{n}", worn="trunk")) for n in range(len(seconds[0]))]
    for second in seconds:
        for n, block in enumerate(second):
            states[n], _ = detector.step(states[n], block)
    return states


def _looped(seconds: Blocks, rule: type[PerSampleFall] | type[RiverFall]) -> int:
    model = model_for("trunk")
    detectors = [rule(block.odr_hz, model) for block in seconds[0]]
    falls = 0
    for second in seconds:
        for detector, block in zip(detectors, second, strict=True):
            for x, y, z in accel_g(block).tolist():
                falls += detector.add((x, y, z)) is not None
    return falls


def _across(seconds: Blocks) -> int:
    first = seconds[0][0]
    detector = AcrossDevices(first.odr_hz, first.scale_g or 0.0, model_for("trunk"))
    falls = 0
    for second in seconds:
        joined = b"".join(block.accel_i16 or b"" for block in second)
        falls += detector.add(np.frombuffer(joined, "<i2").reshape(len(second), -1, 3))
    return falls


def _look_us(seconds: Blocks) -> tuple[float, int]:
    model = model_for("trunk")
    shown = [each for n in range(40) for each in candidates(second[n] for second in seconds)]
    quickest = float("inf")
    for _ in range(REPEATS):
        begun_s = time.process_time()
        for each in shown:
            for look in STAGES:
                model.score(each.accel, each.odr_hz, each.peak, look)
        quickest = min(quickest, time.process_time() - begun_s)
    looks = len(shown) * len(STAGES)
    return quickest / looks * 1e6, looks


def _size(odr_hz: float) -> Size:
    quiet = _seconds(0, odr_hz)
    (*_, state) = _detector([second[:1] for second in quiet])
    _pipeline(quiet[:1])  # what is made once and kept is no device's
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    # Its own bytes for each block, as they come off a wire.
    pipeline = _pipeline([[_received(block) for block in second] for second in quiet[:40]])
    heap = (tracemalloc.get_traced_memory()[0] - before) // DEVICES
    tracemalloc.stop()
    del pipeline
    return Size(
        odr_hz=odr_hz,
        quiet_us=_us_a_block(_detector, quiet),
        quiet_pipeline_us=_us_a_block(_pipeline, quiet),
        state_bytes=len(pickle.dumps(state)),
        heap_bytes=heap,
    )


def _received(block: ImuBlock) -> ImuBlock:
    return ImuBlock.model_validate_json(block.model_dump_json(exclude_none=True))


def _seconds(knocks_an_hour: int, odr_hz: float = 50.0) -> Blocks:
    """Return what all devices send when each is struck so often, none at the same time."""
    quiet = _standing(odr_hz)
    size = round(odr_hz)
    knock = np.zeros((size, 3))
    length = max(2, round(KNOCK_S * odr_hz))
    knock[size // 2 : size // 2 + length, 2] = KNOCK_G
    return [
        [
            ImuBlock(
                device=f"belt-{n}",
                boot=1,
                seq=second,
                t0_ns=START_NS + second * NS_PER_S,
                odr_hz=odr_hz,
                accel_i16=_counts(
                    quiet[n % len(quiet)][second % len(quiet[0])]
                    + (knock if _struck(n, second, knocks_an_hour) else 0.0)
                ),
                scale_g=stage.SCALE_G,
                range_g=16,
            )
            for n in range(DEVICES)
        ]
        for second in range(SECONDS)
    ]


def _struck(device: int, second: int, an_hour: int) -> bool:
    begun = device * 0.618 * 3600
    return (begun + second) * an_hour // 3600 != (begun + second - 1) * an_hour // 3600


@cache
def _standing(odr_hz: float) -> list[list[Floats]]:
    """Return some people's quiet seconds, in g."""
    sensor = Accelerometer(odr_hz=odr_hz)
    found = []
    for seed in range(16):
        accel = Script((Step("stand", 40.0),)).motion(sensor, seed=seed).accel_g
        found.append(list(accel.reshape(-1, round(odr_hz), 3).astype(float)))
    return found


def _counts(accel: Floats) -> bytes:
    return bytes(np.clip(np.rint(accel / stage.SCALE_G), -32768, 32767).astype("<i2").tobytes())

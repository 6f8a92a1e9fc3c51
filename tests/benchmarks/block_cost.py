"""What a block costs the gateway, beside the same as a loop over samples, and on river."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contract.batch import Batch, read
from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.signing import KEY_BYTES, Seal
from contract.topics import topic
from detectors.catalogue import build
from detectors.dsp.samples import accel_g
from detectors.fall.model import model_for
from detectors.pipeline import Pipeline
from gateway.acknowledgement import acknowledgements
from gateway.effects import Effects
from gateway.ingest import Ingest
from gateway.ledger import Ledger
from tests.benchmarks import stage
from tests.benchmarks.per_sample import PerSampleFall
from tests.benchmarks.river_stream import RiverFall

WEARERS = 200
SECONDS = 120
BLOCKS_A_BATCH = 20
MESSAGES_A_COMMIT = 10


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    us_a_block: float
    falls: int

    @property
    def blocks_per_s(self) -> float:
        """On one core."""
        return 1e6 / self.us_a_block


def payloads() -> list[bytes]:
    """Return the batches of two minutes of a hall in which everybody falls once."""
    start_ns = time.time_ns() // NS_PER_S * NS_PER_S - SECONDS * NS_PER_S
    calm, falls = stage.calm(16), stage.falls(24)
    made: list[bytes] = []
    for second in range(SECONDS):
        t0_ns = stage.second_ns(start_ns, second)
        blocks = []
        for n in range(WEARERS):
            begin = 20 + n * 80 // WEARERS  # each falls at a time of their own
            fall = falls[n % len(falls)]
            falling = begin <= second < begin + len(fall) // (stage.SAMPLES * 6)
            piece, at = (fall, second - begin) if falling else (calm[n % 16], second)
            blocks.append(stage.block(f"belt-{n}", second, t0_ns, piece, at))
        for k in range(0, WEARERS, BLOCKS_A_BATCH):
            part = tuple(blocks[k : k + BLOCKS_A_BATCH])
            batch = Batch(agent=stage.AGENT, sent_ns=t0_ns + NS_PER_S, blocks=part)
            made.append(batch.model_dump_json(exclude_none=True).encode())
    return made


def measure() -> list[Row]:
    """Run every way over the same batches, one after the other, and time the CPU of each."""
    batches = payloads()
    count = WEARERS * SECONDS
    return [
        _timed("gateway: parse, validate, detect, record, acknowledge", _gateway, batches, count),
        _timed("  of it: parse and validate", _parse, batches, count),
        _timed("  of it: detect (pipeline)", _pipeline, batches, count),
        _timed("signing: the agent's half", _sign, batches, count),
        _timed("signing: the gateway's half", _check, batches, count),
        _timed("per-sample loop: parse, detect", _looped(PerSampleFall), batches, count),
        _timed("river, a sample at a time: parse, detect", _looped(RiverFall), batches, count),
    ]


Way = Callable[[list[bytes]], tuple[int, float]]


def _timed(name: str, way: Way, batches: list[bytes], count: int) -> Row:
    falls, cpu_s = way(batches)
    return Row(name, cpu_s / count * 1e6, falls)


def _gateway(batches: list[bytes]) -> tuple[int, float]:
    site = stage.site(WEARERS)
    address = topic(site.id, stage.AGENT, "batch")
    found = 0
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder), site) as ledger:
        ingest = Ingest(site, Pipeline(site, build(site)))
        begun_s = time.process_time()
        for k in range(0, len(batches), MESSAGES_A_COMMIT):
            effects = Effects()
            for payload in batches[k : k + MESSAGES_A_COMMIT]:
                effects.add(ingest.receive(address, payload, time.time_ns()))
            ledger.commit(effects, time.time_ns())
            held = [record.identity for record in effects.records]
            ingest.durable(held)
            for _, ack in acknowledgements(site.gateway.id, held, effects.refused):
                ack.model_dump_json()
            found += sum(d.phase == "onset" for d in effects.detections)
        cpu_s = time.process_time() - begun_s
    return found, cpu_s


def _parse(batches: list[bytes]) -> tuple[int, float]:
    begun_s = time.process_time()
    for payload in batches:
        read(payload)
    return 0, time.process_time() - begun_s


def _sign(batches: list[bytes]) -> tuple[int, float]:
    seal = _seal()
    begun_s = time.process_time()
    for payload in batches:
        seal.sign(payload)
    return 0, time.process_time() - begun_s


def _check(batches: list[bytes]) -> tuple[int, float]:
    seal = _seal()
    signed = [seal.sign(payload) for payload in batches]
    begun_s = time.process_time()
    assert all(seal.body_of(payload) for payload in signed)
    return 0, time.process_time() - begun_s


def _seal() -> Seal:
    return Seal(bytes(KEY_BYTES), "bench", stage.AGENT, "batch")


def _pipeline(batches: list[bytes]) -> tuple[int, float]:
    site = stage.site(WEARERS)
    pipeline = Pipeline(site, build(site))
    blocks = [block for payload in batches for block in read(payload)[1]]
    found = 0
    begun_s = time.process_time()
    for block in blocks:
        found += sum(d.phase == "onset" for d in pipeline.feed(block).detections)
    return found, time.process_time() - begun_s


def _looped(rule: type[PerSampleFall] | type[RiverFall]) -> Way:
    def run(batches: list[bytes]) -> tuple[int, float]:
        detectors: dict[str, PerSampleFall | RiverFall] = {}
        model = model_for("trunk")
        found = 0
        begun_s = time.process_time()
        for payload in batches:
            for block in read(payload)[1]:
                assert isinstance(block, ImuBlock)
                detector = detectors.get(block.device)
                if detector is None:
                    detector = detectors[block.device] = rule(block.odr_hz, model)
                samples = np.asarray(accel_g(block), dtype=float).tolist()
                for x, y, z in samples:
                    found += detector.add((x, y, z)) is not None
        return found, time.process_time() - begun_s

    return run

"""Faults of devices and networks, as pure functions on sequences of blocks.

Each takes blocks in the order in which they arrive and returns them spoilt; the same seed spoils
them the same way. They compose: `reorder(drop(blocks, 0.01, seed=1), 0.1, seed=2)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from contract.door import DoorBlock
from contract.imu import BYTES_PER_SAMPLE, MAX_SAMPLES, ImuBlock
from contract.instants import ns
from contract.message import Block
from contract.reads import ReadsBlock
from contract.tracks import TracksBlock


def drop(blocks: Sequence[Block], share: float, seed: int = 0) -> list[Block]:
    """Lose a share of the blocks. What is left keeps its order."""
    chance = _random(seed).random(len(blocks))
    return [block for block, lot in zip(blocks, chance, strict=True) if lot >= share]


def repeat(blocks: Sequence[Block], share: float, seed: int = 0, apart: int = 5) -> list[Block]:
    """Send a share of the blocks once more, up to `apart` blocks later. Nothing is lost."""
    rng = _random(seed)
    lots = rng.random(len(blocks))
    keyed: list[tuple[float, int, Block]] = [(i, 0, block) for i, block in enumerate(blocks)]
    for i, block in enumerate(blocks):
        if lots[i] < share:
            keyed.append((i + int(rng.integers(0, apart + 1)), 1 + i, block))
    return [block for _, _, block in sorted(keyed, key=lambda key: key[:2])]


def reorder(blocks: Sequence[Block], share: float, seed: int = 0, reach: int = 5) -> list[Block]:
    """Hold a share of the blocks back, by up to `reach` places. None is lost or made."""
    rng = _random(seed)
    held = rng.random(len(blocks)) < share
    by = rng.integers(1, reach + 1, len(blocks))
    place = np.arange(len(blocks)) + np.where(held, by + 0.5, 0.0)
    return [blocks[i] for i in np.argsort(place, kind="stable")]


def jitter(blocks: Iterable[Block], sigma_s: float, seed: int = 0) -> list[Block]:
    """Stamp each block a little wrong, as a device does that reads its clock when it gets to it.

    The error is normal, at most three sigma. The samples inside a block keep their distance.
    """
    rng = _random(seed)
    return [
        _later(block, ns(float(np.clip(rng.normal(0, sigma_s), -3 * sigma_s, 3 * sigma_s))))
        for block in blocks
    ]


def clock_step(blocks: Iterable[Block], at_ns: int, step_s: float) -> list[Block]:
    """Set the devices' clock at `at_ns`: blocks that begin from then on are stamped anew."""
    return [_later(block, ns(step_s)) if block.t0_ns >= at_ns else block for block in blocks]


def saturate(blocks: Iterable[Block], range_g: float) -> list[Block]:
    """Measure with a sensor of a smaller range: what is beyond `range_g` is cut off there."""
    return [_clipped(block, range_g) if isinstance(block, ImuBlock) else block for block in blocks]


def cut(
    blocks: Sequence[Block], seed: int = 0, shortest: int = 1, longest: int = 200
) -> list[Block]:
    """Cut each accelerometer's samples into other blocks, of `shortest` to `longest` samples.

    The samples and their times stay as they are; only where a block ends is another. Runs with a
    gap or a restart between them stay apart. `seq` counts anew, from the first that the device
    sent. A block comes where the block came that held its last sample; others stay in place.
    """
    rng = _random(seed)
    runs: dict[tuple[str, int], list[ImuBlock]] = {}
    fresh_seq: dict[tuple[str, int], int] = {}
    pending: dict[tuple[str, int], int] = {}
    out: list[Block] = []
    for block in blocks:
        if not isinstance(block, ImuBlock) or block.accel_i16 is None:
            out.append(block)
            continue
        name = (block.device, block.boot)
        run = runs.setdefault(name, [])
        fresh_seq.setdefault(name, block.seq)
        if run and not _continues(run[-1], block):
            out += _recut(run, rng, shortest, longest, fresh_seq, pending, name, whole=True)
        run.append(block)
        out += _recut(run, rng, shortest, longest, fresh_seq, pending, name, whole=False)
    for name, run in runs.items():
        out += _recut(run, rng, shortest, longest, fresh_seq, pending, name, whole=True)
    return out


def _recut(
    run: list[ImuBlock],
    rng: np.random.Generator,
    shortest: int,
    longest: int,
    fresh_seq: dict[tuple[str, int], int],
    pending: dict[tuple[str, int], int],
    name: tuple[str, int],
    *,
    whole: bool,
) -> list[Block]:
    """Take new blocks off the front of a run while there is enough of it, or all that is left."""
    made: list[Block] = []
    while run:
        wanted = pending.pop(name, 0) or int(rng.integers(shortest, min(longest, MAX_SAMPLES) + 1))
        there = sum(block.count for block in run)
        if wanted > there:
            if not whole:
                pending[name] = wanted
                break
            wanted = there
        first = run[0]
        raw = b"".join(block.accel_i16 or b"" for block in run)
        size = wanted * BYTES_PER_SAMPLE
        made.append(first.model_copy(update={"accel_i16": raw[:size], "seq": fresh_seq[name]}))
        fresh_seq[name] += 1
        _advance(run, wanted)
    return made


def _advance(run: list[ImuBlock], count: int) -> None:
    while count > 0:
        first = run.pop(0)
        if first.count > count:
            raw = (first.accel_i16 or b"")[count * BYTES_PER_SAMPLE :]
            rest = first.model_copy(update={"accel_i16": raw, "t0_ns": first.t_ns(count)})
            run.insert(0, rest)
            return
        count -= first.count


def _continues(before: ImuBlock, after: ImuBlock) -> bool:
    same = (before.odr_hz, before.scale_g, before.range_g) == (
        after.odr_hz,
        after.scale_g,
        after.range_g,
    )
    # Within the rounding of a nanosecond stamp: a merged block may not move a sample.
    return same and abs(before.t_ns(before.count) - after.t0_ns) <= 2


def _later(block: Block, by_ns: int) -> Block:
    update: dict[str, object] = {"t0_ns": max(0, block.t0_ns + by_ns)}
    if isinstance(block, ReadsBlock):
        update["reads"] = tuple(
            read.model_copy(update={"t_ns": max(0, read.t_ns + by_ns)}) for read in block.reads
        )
    elif isinstance(block, TracksBlock):
        update["frames"] = tuple(
            frame.model_copy(update={"t_ns": max(0, frame.t_ns + by_ns)}) for frame in block.frames
        )
    elif isinstance(block, DoorBlock):
        update["events"] = tuple(
            event.model_copy(update={"t_ns": max(0, event.t_ns + by_ns)}) for event in block.events
        )
    return block.model_copy(update=update)


def _clipped(block: ImuBlock, range_g: float) -> ImuBlock:
    update: dict[str, object] = {"range_g": range_g}
    if block.accel_i16 is not None and block.scale_g is not None:
        steps = np.frombuffer(block.accel_i16, "<i2")
        top = int(range_g / block.scale_g)
        update["accel_i16"] = np.clip(steps, -top, top).astype("<i2").tobytes()
    elif block.accel_g is not None:
        update["accel_g"] = tuple(
            (
                min(max(x, -range_g), range_g),
                min(max(y, -range_g), range_g),
                min(max(z, -range_g), range_g),
            )
            for x, y, z in block.accel_g
        )
    return block.model_copy(update=update)


def _random(seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, 0xFA017])

"""A trial as a device would have sent it: `imu/1` blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from contract.imu import MAX_BLOCK_S, MAX_SAMPLES, ImuBlock
from contract.instants import NS_PER_S
from simulators.errors import RecordingError
from simulators.recordings.trial import Trial

MAX_COUNT = 32767


def blocks(
    trial: Trial,
    device: str,
    boot: int,
    t0_ns: int,
    block_s: float = 1.0,
    hold_s: float = 3.0,
) -> Iterator[ImuBlock]:
    """Yield a trial's samples as blocks of `block_s`, at its own rate, the last one shorter.

    Most recordings of falls end soon after the impact, while a detector waits for stillness: so
    the last sample is held for `hold_s` more. What is held was not measured; 0 leaves it out.

    The samples are counts of the sensor's own step where that is known, so nothing is lost; where
    it is not, of the finest power of two of a g that holds them (1/1024 g or finer up to 16 g).

    Raises
    ------
    RecordingError
        When a block would be longer than the contract allows.
    """
    size = max(1, round(block_s * trial.odr_hz))
    if size > MAX_SAMPLES or size / trial.odr_hz > MAX_BLOCK_S:
        raise RecordingError(
            f"a block of {block_s:g} s at {trial.odr_hz:g} Hz has {size} samples; the contract "
            f"allows {MAX_SAMPLES}, and {MAX_BLOCK_S:g} s"
        )
    scale_g = scale(trial)
    counts = np.round(trial.accel_g.astype(np.float64) / scale_g).astype("<i2")
    held = math.ceil(hold_s * trial.odr_hz)
    if held > 0:
        counts = np.concatenate([counts, np.repeat(counts[-1:], held, axis=0)])
    for seq, first in enumerate(range(0, len(counts), size)):
        yield ImuBlock(
            device=device,
            boot=boot,
            seq=seq,
            t0_ns=t0_ns + round(first * NS_PER_S / trial.odr_hz),
            odr_hz=trial.odr_hz,
            accel_i16=counts[first : first + size].tobytes(),
            scale_g=scale_g,
            range_g=trial.range_g,
        )


def scale(trial: Trial) -> float:
    """Return the g that one count of a trial's blocks stands for."""
    largest_g = float(np.abs(trial.accel_g).max())
    if trial.step_g and largest_g / trial.step_g <= MAX_COUNT:
        return trial.step_g
    # The finest power of two that holds the largest sample: most sensors' steps are multiples.
    return float(2.0 ** -math.floor(math.log2(MAX_COUNT / max(largest_g, 0.1))))

"""Cuts the sensor window of an event out of recorded blocks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contract.imu import ImuBlock
from contract.instants import NS_PER_S, ns
from detectors.dsp.samples import FloatArray, accel_g

JOIN_NS = ns(0.25)
"""Blocks follow on each other if they miss by less: an agent stamps them as they arrive. A longer
gap ends the window, because a waveform has no way to say "here nothing was measured"."""
INT16_MAX = 32_767
FINEST_G = 1 / 4096
COARSEST_G = 1.0
"""Of samples that came without steps of their own. The step is FINEST_G doubled until the peak
fits, so that windows of one device share a handful of steps, and can lie in one recording."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A run of samples without a gap, as `waveform/1` has it."""

    t0_ns: int
    end_ns: int
    odr_hz: float
    scale_g: float
    range_g: float | None
    accel_i16: bytes


def cut(blocks: Sequence[ImuBlock], onset_ns: int, from_ns: int, to_ns: int) -> Cut | None:
    """Return the samples around the onset from `from_ns` to `to_ns`, as far as they join up.

    `blocks` are one device's, by time. None when no sample lies in the window.
    """
    run = _run_around(blocks, onset_ns)
    parts: list[tuple[ImuBlock, int, FloatArray]] = []
    for block in run:
        step_ns = NS_PER_S / block.odr_hz
        first = max(0, int(np.ceil((from_ns - block.t0_ns) / step_ns)))
        last = min(block.count - 1, int((to_ns - block.t0_ns) // step_ns))
        if first <= last:
            parts.append((block, first, accel_g(block)[first : last + 1]))
    if not parts:
        return None
    first_block, skipped, _ = parts[0]
    last_block, at, samples = parts[-1]
    accel = np.concatenate([part for _, _, part in parts])
    scale_g = _scale_g([block for block, _, _ in parts], accel)
    steps = np.clip(np.rint(accel / scale_g), -INT16_MAX - 1, INT16_MAX)
    return Cut(
        t0_ns=first_block.t_ns(skipped),
        end_ns=last_block.t_ns(at + len(samples) - 1),
        odr_hz=first_block.odr_hz,
        scale_g=scale_g,
        range_g=_range_g([block for block, _, _ in parts]),
        accel_i16=steps.astype("<i2").tobytes(),
    )


def _run_around(blocks: Sequence[ImuBlock], onset_ns: int) -> list[ImuBlock]:
    """Return the run of blocks that joins up and holds the onset, or comes nearest to it."""
    runs: list[list[ImuBlock]] = []
    for block in blocks:
        if runs and _joins(runs[-1][-1], block):
            runs[-1].append(block)
        elif not runs or block.t0_ns > runs[-1][-1].end_ns:
            runs.append([block])
    return min(runs, key=lambda run: _distance_ns(run, onset_ns), default=[])


def _joins(before: ImuBlock, after: ImuBlock) -> bool:
    missed_ns = after.t0_ns - before.t_ns(before.count)
    return after.odr_hz == before.odr_hz and abs(missed_ns) <= JOIN_NS


def _distance_ns(run: Sequence[ImuBlock], onset_ns: int) -> int:
    return max(0, run[0].t0_ns - onset_ns, onset_ns - run[-1].end_ns)


def _scale_g(blocks: Sequence[ImuBlock], accel: FloatArray) -> float:
    scales = {block.scale_g for block in blocks}
    (first, *others) = scales
    if first is not None and not others:
        return first  # the device's own steps: nothing is rounded
    peak_g = float(np.abs(accel).max())
    step_g = FINEST_G
    while step_g * INT16_MAX < peak_g and step_g < COARSEST_G:
        step_g *= 2
    return step_g


def _range_g(blocks: Sequence[ImuBlock]) -> float | None:
    """Return the full scale; the narrowest of several, None if any block does not say."""
    ranges = [block.range_g for block in blocks if block.range_g is not None]
    return min(ranges) if len(ranges) == len(blocks) else None

"""Trials laid out in time: people side by side, each person's trials one after the other. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from contract.imu import ImuBlock
from contract.instants import NS_PER_S, ns, seconds
from contract.message import Block
from simulators.recordings.blocks import blocks
from simulators.recordings.trial import Trial

PAUSE_S = 20.0
"""Between two trials of one person, so that an event is never taken for the one before."""


@dataclass(frozen=True)
class Playing:
    """One trial in its place on the timeline."""

    trial: Trial
    wearer: str
    device: str
    boot: int
    start_ns: int
    hold_s: float = 0.0
    """How long the last sample is repeated after the trial: not measured, so not by default."""

    @property
    def end_ns(self) -> int:
        """When its last sample was taken, held ones included."""
        return self.start_ns + ns(self.trial.duration_s + self.hold_s)

    @property
    def impact_ns(self) -> int:
        """When the greatest magnitude was measured."""
        return self.start_ns + ns(self.trial.peak_s)

    def blocks(self) -> Iterator[ImuBlock]:
        """Yield the trial's blocks, a second each, at its own rate."""
        return blocks(
            self.trial, device=self.device, boot=self.boot, t0_ns=self.start_ns, hold_s=self.hold_s
        )


def lay_out(trials: Iterable[Trial], start_ns: int, hold_s: float = 0.0) -> tuple[Playing, ...]:
    """Return the trials in their places; the first of each person begins at `start_ns`."""
    free_ns: dict[str, int] = {}
    boots: dict[str, int] = {}
    laid: list[Playing] = []
    for trial in trials:
        wearer = wearer_id(trial)
        begin = free_ns.get(wearer, start_ns)
        boot = boots.get(wearer, 0) + 1
        boots[wearer] = boot
        playing = Playing(trial, wearer, f"worn-{wearer}"[:63], boot, begin, hold_s)
        laid.append(playing)
        free_ns[wearer] = playing.end_ns + ns(PAUSE_S)
    return tuple(laid)


def ending(playing: Sequence[Playing], end_ns: int) -> tuple[Playing, ...]:
    """Return the same layout moved so that the whole ends at `end_ns`: a recording ends now."""
    last = max(each.end_ns for each in playing)
    moved = (end_ns - last) // NS_PER_S * NS_PER_S
    return tuple(replace(each, start_ns=each.start_ns + moved) for each in playing)


def wearer_id(trial: Trial) -> str:
    """Return an id for whoever was recorded: set and subject, as the contract allows them."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"{trial.set}-{trial.subject}".lower()).strip("-")
    return plain[:50] or "somebody"


@dataclass(frozen=True)
class Moment:
    """What has been measured by the end of one second, in the order in which it was."""

    at_ns: int
    blocks: tuple[Block, ...]
    ended: tuple[Playing, ...] = ()
    """Trials that are over by then."""


def moments(playing: Sequence[Playing], step_s: float = 1.0) -> Iterator[Moment]:
    """Yield the timeline second by second. A block comes once its last sample was taken."""
    ordered = sorted(
        ((block.end_ns, each.device, block) for each in playing for block in each.blocks()),
        key=lambda entry: entry[:2],
    )
    ends = sorted(playing, key=lambda each: each.end_ns)
    if not ordered:
        return
    step_ns = ns(step_s)
    at_ns = min(each.start_ns for each in playing)
    i = j = 0
    while i < len(ordered) or j < len(ends):
        at_ns += step_ns
        due: list[Block] = []
        while i < len(ordered) and ordered[i][0] < at_ns:
            due.append(ordered[i][2])
            i += 1
        over: list[Playing] = []
        while j < len(ends) and ends[j].end_ns + step_ns <= at_ns:
            over.append(ends[j])
            j += 1
        yield Moment(at_ns, tuple(due), tuple(over))


def length_s(playing: Sequence[Playing]) -> float:
    """Return how long the whole takes at speed 1."""
    first = min((each.start_ns for each in playing), default=0)
    return seconds(max((each.end_ns for each in playing), default=0) - first)

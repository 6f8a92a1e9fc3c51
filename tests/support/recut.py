"""The same samples, reads or frames in blocks of other sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, groupby

from contract.imu import ImuBlock
from contract.message import Block, Message
from contract.reads import ReadsBlock
from contract.tracks import TracksBlock


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

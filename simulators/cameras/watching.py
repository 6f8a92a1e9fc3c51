"""A film through decoder, model and tracker, as `tracks/1` blocks of a camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from random import Random

from contract.instants import ns
from contract.tracks import Frame, TracksBlock
from edge.vision.masks import Masks
from edge.vision.people import PeopleModel, Picture
from edge.vision.stream import StreamError, pictures
from edge.vision.watch import Watch
from simulators.cameras.remembered import Remembered
from simulators.errors import RecordingError

T0_NS = 1_700_000_000_000_000_000
CAMERA = "camera-1"
SEED = 5
"""Of the dropped frames."""


@dataclass(frozen=True)
class Eye:
    """How films are watched."""

    model: PeopleModel
    memory: Path | None = None
    """Where what the model said is remembered."""
    most_fps: float = 15.0
    """A camera's duty: of a film with more, every second or third picture is taken."""
    drop: float = 0.0
    """This share of the pictures is lost on the way."""
    gated: bool = True
    skip: int = 0
    """Pictures left out at the beginning: of a film with more than `most_fps`, others are taken."""


@dataclass(slots=True)
class Cost:
    """What watching took, by the processor's clock of one thread."""

    pictures: int = 0
    spent_s: float = 0.0

    @property
    def fps(self) -> float | None:
        """Pictures a second that one core manages."""
        return self.pictures / self.spent_s if self.spent_s else None


@dataclass(slots=True)
class Watched:
    """What a film came to."""

    blocks: list[TracksBlock] = field(default_factory=list)
    end_s: float = 0.0
    """Of the last frame, before it is held."""
    frame_s: float = 0.0


def watch(film: Path, fps: float, eye: Eye, cost: Cost, hold_s: float = 0.0) -> Watched:
    """Return a film's blocks, a frame each; the last picture is held for `hold_s`.

    The film's own clock is not asked: `fps` is the rate at which it was truly recorded.

    Raises
    ------
    RecordingError
        When it cannot be decoded.
    """
    model = Remembered(eye.model, film, eye.memory)
    watcher = Watch(model, Masks((1, 1), ()), gated=eye.gated)
    step = ceil(fps / eye.most_fps - 0.1)
    drawn = Random(SEED)
    watched = Watched(frame_s=step / fps)
    begun_s = time.thread_time()
    for number, picture, held in _every(film, eye.skip, step, ceil(hold_s * fps)):
        cost.pictures += 1
        if not held:
            watched.end_s = number / fps
        if drawn.random() < eye.drop:
            continue
        model.number = number
        t_ns = T0_NS + ns(number / fps)
        frame = watcher.step(t_ns, picture)
        if frame is not None:
            watched.blocks.append(_block(watched, frame, picture, model))
    # What was remembered counts as what it took when the model was asked.
    cost.spent_s += time.thread_time() - begun_s - model.asked_s + model.spent_s
    model.keep()
    return watched


def _block(watched: Watched, frame: Frame, picture: Picture, model: Remembered) -> TracksBlock:
    height, width = picture.shape[:2]
    return TracksBlock(
        device=CAMERA,
        seq=len(watched.blocks),
        t0_ns=frame.t_ns,
        size_px=(width, height),
        frames=(frame,),
        model=model.name,
        sees=model.finds,
    )


def _every(film: Path, skip: int, step: int, hold: int) -> Iterator[tuple[int, Picture, bool]]:
    """Yield each `step`-th picture with its number, and the last one again for `hold` numbers."""
    last: Picture | None = None
    at = 0
    try:
        for number, (_, picture) in enumerate(pictures(str(film))):
            if number >= skip and (number - skip) % step == 0:
                at, last = number, picture.copy()
                yield at, picture, False
    except StreamError as error:
        raise RecordingError(f"{film}: {error}") from None
    if last is None:
        raise RecordingError(f"{film}: there is no picture in it")
    for number in range(at + step, at + hold + 1, step):
        yield number, last.copy(), True

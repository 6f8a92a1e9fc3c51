"""A recording as a sensor: a file with one block, or one `batch/1`, in JSON on each line."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from contract import batch
from contract.batch import Refused
from contract.door import DoorBlock
from contract.instants import NS_PER_S
from contract.message import Block
from contract.reads import ReadsBlock
from contract.tracks import TracksBlock
from edge.errors import SensorError
from edge.sensor import Context, Emit, LoopSource, Refuse, Sensor


class Recorded(Sensor):
    """Plays a `.jsonl` recording, with its times moved so that it happens now."""

    kind: ClassVar[str] = "recorded"

    path: Path
    speed: float | Literal["max"] = Field(1.0, description='Times real time, or "max"')
    repeat: bool = Field(False, description="Begin again at the end, for ever")

    def open(self, context: Context) -> RecordedSource:
        """Return the source, or raise `SensorError` when there is no such file."""
        if not self.path.is_file():
            raise SensorError(f'[[agent.sensors]] "recorded": there is no file {self.path}')
        if self.speed != "max" and self.speed <= 0:
            raise SensorError(f'[[agent.sensors]] "recorded": speed {self.speed} is not above 0')
        return RecordedSource(self, context)


class RecordedSource(LoopSource):
    """The recording, playing."""

    def __init__(self, settings: Recorded, context: Context) -> None:
        super().__init__()
        self._settings = settings
        self._clock = context.clock

    def run(self, emit: Emit, refuse: Refuse, stopping: threading.Event) -> None:
        """Emit each block when it is its turn. The agent numbers them: a replay is no copy."""
        while not stopping.is_set():
            ends_ns = [part.end_ns for part in self._parts() if isinstance(part, Block)]
            if not ends_ns:
                refuse(None, f"{self._settings.path} has no block in it")
                return
            first_ns, last_ns = min(ends_ns), max(ends_ns)
            # It ends when its last block is played, so no block is ever in the future.
            by_ns = self._clock() + self._playing_ns(last_ns - first_ns) - last_ns
            began_ns = time.monotonic_ns()
            for part in self._parts():
                if isinstance(part, Refused):
                    refuse(part.device, f"{self._settings.path}: {part.reason}")
                    continue
                due_ns = began_ns + self._playing_ns(part.end_ns - first_ns)
                if stopping.wait(max(0, due_ns - time.monotonic_ns()) / NS_PER_S):
                    return
                emit(moved(part, by_ns), numbered=False)
            if not self._settings.repeat:
                return

    def _playing_ns(self, recorded_ns: int) -> int:
        speed = self._settings.speed
        return 0 if speed == "max" else round(recorded_ns / speed)

    def _parts(self) -> Iterator[Block | Refused]:
        with self._settings.path.open("rb") as lines:
            for line in lines:
                if line.strip():
                    _batch, blocks, refused = batch.read(line)
                    yield from blocks
                    yield from refused


def moved(block: Block, by_ns: int) -> Block:
    """Return a block with all its times moved."""
    update: dict[str, object] = {"t0_ns": block.t0_ns + by_ns}
    if isinstance(block, ReadsBlock):
        update["reads"] = tuple(
            read.model_copy(update={"t_ns": read.t_ns + by_ns}) for read in block.reads
        )
    elif isinstance(block, TracksBlock):
        update["frames"] = tuple(
            frame.model_copy(update={"t_ns": frame.t_ns + by_ns}) for frame in block.frames
        )
    elif isinstance(block, DoorBlock):
        update["events"] = tuple(
            event.model_copy(update={"t_ns": event.t_ns + by_ns}) for event in block.events
        )
    return block.model_copy(update=update)

"""Recorder and outbox as one: what a group of messages leads to is written whole, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

import structlog

from contract.detection import Detection
from contract.instants import ns
from contract.site import Site
from gateway.database import FILE, connect, transaction
from gateway.effects import Effects
from gateway.errors import StoreError
from gateway.lasting import LastingStore
from gateway.memory import Memory
from gateway.outbox import Outbox
from gateway.recorder import FlightRecorder
from gateway.standing import StandingStore
from host import private

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

BYTES_PER_MB = 1_000_000


class Committed(NamedTuple):
    """What was new in a commit."""

    blocks: int
    detections: int
    folded: int
    """Detections that said again what one that waits says."""


class Ledger:
    """One connection to the gateway's database, for one thread."""

    def __init__(
        self, state_dir: Path, site: Site, *, synchronous: Literal["FULL", "NORMAL"] = "FULL"
    ) -> None:
        private.make_folder(state_dir)
        self.connection: sqlite3.Connection = connect(state_dir / FILE, synchronous=synchronous)
        self.recorder = FlightRecorder(
            self.connection,
            keep_ns=ns(site.gateway.recorder_hours * 3600),
            max_bytes=site.gateway.recorder_mb * BYTES_PER_MB,
        )
        self.outbox = Outbox(self.connection)
        self.standing = StandingStore(self.connection)
        self.memory = Memory(self.connection)
        self.lasting = LastingStore(self.connection)

    def commit(self, effects: Effects, now_ns: int) -> Committed:
        """Write records, detections and what was set aside; durable when this returns.

        With the disk full the oldest blocks make room, and it is tried once more.

        Raises
        ------
        StoreError
            Nothing was written, so nothing may be acknowledged.
        """
        try:
            return self._commit(effects, now_ns)
        except StoreError as error:
            if not error.full:
                raise
            given_up = self.recorder.give_up(now_ns)
            if not given_up:
                raise
            log.warning("disk-full", gave_up_oldest_blocks=given_up)
            return self._commit(effects, now_ns)

    def put(self, detections: Sequence[Detection], now_ns: int) -> None:
        """Queue detections alone."""
        with transaction(self.connection):
            self.outbox.put(detections, now_ns)

    def _commit(self, effects: Effects, now_ns: int) -> Committed:
        with transaction(self.connection):
            blocks = self.recorder.write(effects.records)
            put = self.outbox.put(effects.detections, now_ns)
            if effects.bound:
                self.memory.keep_bound(effects.bound)
            if effects.stands:
                self.standing.keep(effects.stands)
            if effects.set_aside:
                self.outbox.set_aside(effects.set_aside)
        return Committed(blocks, put.new, put.folded)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

"""What holds until somebody says otherwise: kept apart from the recorder, which forgets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import structlog
from pydantic import ValidationError

from contract.assignment import AssignmentBlock
from contract.batch import explain, parse_block
from contract.message import Block
from contract.report import SPEAKER, Standing
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from gateway.effects import Stands

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

EVACUATION = "evacuation"
TAG = "tag:"

_KEEP = """
INSERT INTO standing (key, t0_ns, arrived_ns, device, boot, seq, agent, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
  t0_ns = excluded.t0_ns, arrived_ns = excluded.arrived_ns, device = excluded.device,
  boot = excluded.boot, seq = excluded.seq, agent = excluded.agent, payload = excluded.payload
WHERE excluded.t0_ns >= standing.t0_ns
"""


class Stood(NamedTuple):
    """A block that still holds, and when it came."""

    arrived_ns: int
    block: Standing | AssignmentBlock
    agent: str
    """Who brought it; the backend its own orders."""


def key_of(block: Block) -> str | None:
    """Return under what a block is kept until its speaker says something newer; None if it is not.

    Whose word holds of several speakers' is for `contract.standing` to say.
    """
    match block:
        case ZoneStateBlock():
            key = f"zone:{block.zone}"
        case EvacuationBlock():
            key = EVACUATION
        case AssignmentBlock():
            key = f"{TAG}{block.tag}"
        case _:
            return None
    return key if block.device == SPEAKER else f"{key}:{block.device}"


class StandingStore:
    """The newest block of each speaker about each thing, on disk.

    `keep` runs inside the caller's transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, stands: Iterable[Stands]) -> None:
        """Put newer ones in the place of older ones."""
        self._connection.executemany(_KEEP, map(_row, stands))

    def all(self) -> Iterator[Stood]:
        """Yield what holds, in the order in which it came."""
        rows = self._connection.execute(
            "SELECT key, arrived_ns, payload, agent FROM standing ORDER BY arrived_ns, seq"
        ).fetchall()
        for key, arrived_ns, payload, agent in rows:
            try:
                block = parse_block(payload)
            except ValidationError as error:
                log.warning("standing-unreadable", key=key, reason=explain(error))
                continue
            if isinstance(block, ZoneStateBlock | EvacuationBlock | AssignmentBlock):
                yield Stood(arrived_ns, block, agent)

    def orders_held(self) -> tuple[int, int]:
        """Return boot and number of the newest order of the backend that is on this disk."""
        return self._newest("key NOT GLOB 'tag:*'", "message <> 'assignment/1'")

    def assignments_held(self) -> tuple[int, int]:
        """Return the same of assignments of tags: they are numbered on their own."""
        return self._newest("key GLOB 'tag:*'", "message = 'assignment/1'")

    def _newest(self, stands: str, recorded: str) -> tuple[int, int]:
        found = self._connection.execute(
            "SELECT boot, seq FROM ("
            f" SELECT arrived_ns, boot, seq FROM standing WHERE device = :backend AND {stands}"
            f" UNION ALL SELECT arrived_ns, boot, seq FROM block"
            f" WHERE device = :backend AND {recorded}"
            ") ORDER BY arrived_ns DESC, seq DESC LIMIT 1",
            {"backend": SPEAKER},
        ).fetchone()
        return (int(found[0]), int(found[1])) if found else (0, 0)


def _row(stands: Stands) -> tuple[object, ...]:
    record = stands.record
    device, _, boot, seq, agent = record.identity.key
    when = (stands.t0_ns, record.arrived_ns)
    return stands.key, *when, device, boot, seq, agent, record.payload

"""Reads a window out of a flight recorder, while its gateway runs or after it has stopped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import structlog
from pydantic import ValidationError

from contract import topics
from contract.batch import BLOCKS, explain, parse_block
from gateway.database import FILE
from gateway.errors import StoreError
from gateway.standing import key_of

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")


class Exported(NamedTuple):
    """One recorded block, as the agent's own publish of it would have been."""

    arrived_ns: int
    topic: str
    payload: bytes


def window(
    state_dir: Path, site: str, from_ns: int, to_ns: int, device: str | None = None
) -> Iterator[Exported]:
    """Yield the blocks that reach into a window of sensor time, in the order of their arrival.

    First comes what stood when the window began, said long before: the zones' states, an
    evacuation, whose tags are whose. Of one device only its own blocks are wanted, without that.

    Raises
    ------
    StoreError
        When there is no flight recorder in the folder.
    """
    path = state_dir / FILE
    if not path.is_file():
        raise StoreError(f"{path} is not there: no gateway kept its state here", full=False)
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT arrived_ns, agent, message, payload FROM block"
            " WHERE end_ns >= ? AND t0_ns <= ? AND (? IS NULL OR device = ?)"
            " ORDER BY arrived_ns, id",
            (from_ns, to_ns, device, device),
        )
        first = rows.fetchone()
        if first is None:
            return
        if device is None:
            for agent, message, payload in _stood(connection, from_ns):
                yield _exported(site, first[0], agent, message, payload)
        for arrived_ns, agent, message, payload in chain((first,), rows):
            yield _exported(site, arrived_ns, agent, message, payload)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}", full=False) from error
    finally:
        connection.close()


def _exported(site: str, arrived_ns: int, agent: str, message: str, payload: bytes) -> Exported:
    topic = topics.topic(site, agent, BLOCKS[message].stream)
    return Exported(arrived_ns, topic, bytes(payload))


_Word = tuple[int, int, str, str, bytes]


def _stood(connection: sqlite3.Connection, at_ns: int) -> list[tuple[str, str, bytes]]:
    """Return agent, message and payload of each speaker's newest word about each thing before."""
    newest: dict[str, _Word] = {}
    rows = connection.execute(
        "SELECT t0_ns, seq, agent, payload FROM standing WHERE t0_ns < :at"
        " UNION ALL SELECT t0_ns, seq, agent, payload FROM block WHERE end_ns < :at"
        " AND message IN ('zone_state/1', 'evacuation/1', 'assignment/1')",
        {"at": at_ns},
    )
    for t0_ns, seq, agent, payload in rows:
        try:
            block = parse_block(payload)
        except ValidationError as error:
            log.warning("not-exported", reason=explain(error))
            continue
        key = key_of(block)
        word = (t0_ns, seq, agent, block.message, payload)
        if key is not None and (key not in newest or word > newest[key]):
            newest[key] = word
    return [word[2:] for word in sorted(newest.values())]

"""Reads a window out of a flight recorder, while its gateway runs or after it has stopped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from contract import topics
from contract.batch import BLOCKS
from gateway.database import FILE
from gateway.errors import StoreError


class Exported(NamedTuple):
    """One recorded block, as the agent's own publish of it would have been."""

    arrived_ns: int
    topic: str
    payload: bytes


def window(
    state_dir: Path, site: str, from_ns: int, to_ns: int, device: str | None = None
) -> Iterator[Exported]:
    """Yield the blocks that reach into a window of sensor time, in the order of their arrival.

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
        for arrived_ns, agent, message, payload in rows:
            stream = BLOCKS[message].stream
            yield Exported(arrived_ns, topics.topic(site, agent, stream), bytes(payload))
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}", full=False) from error
    finally:
        connection.close()

"""Puts many spooled blocks into few publishes, from the JSON they already are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from contract.batch import MAX_BLOCKS
from edge.entry import Entry

MAX_BATCH_BYTES = 500_000
"""Half of nats-server's default max_payload. A publish above a broker's limit is cut off."""


def batches(entries: Iterable[Entry], max_bytes: int = MAX_BATCH_BYTES) -> Iterator[list[Entry]]:
    """Yield runs of entries, each as large as fits. A block above the limit goes alone.

    >>> from edge.entry import BlockKey
    >>> key = BlockKey("event/1", "belt-1", 1, 0)
    >>> sizes = (60, 50, 40, 300, 10)
    >>> entries = [Entry(i, key, 0, True, b"x" * n) for i, n in enumerate(sizes)]
    >>> [[len(entry.payload) for entry in run] for run in batches(entries, 100)]
    [[60], [50, 40], [300], [10]]
    """
    run: list[Entry] = []
    size = 0
    for entry in entries:
        if run and (size + len(entry.payload) > max_bytes or len(run) == MAX_BLOCKS):
            yield run
            run, size = [], 0
        run.append(entry)
        size += len(entry.payload) + 1
    if run:
        yield run


def payload(agent: str, session: str, sent_ns: int, entries: Sequence[Entry]) -> bytes:
    """Return the JSON of a `batch/1` of these blocks, of this run of the agent.

    The agent says no `clock_offset_ns`: it has nothing to measure its clock against. What it
    notices is a step (`edge.clockwatch`), and that is counted, not estimated.
    """
    who = f'"agent":"{agent}","session":"{session}"'
    head = f'{{"message":"batch/1",{who},"sent_ns":{sent_ns},"blocks":['
    return b"".join((head.encode(), b",".join(entry.payload for entry in entries), b"]}"))

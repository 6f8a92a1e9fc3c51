"""What the agent must know of former arrivals after a restart, in the spool's file and commits."""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict

from edge.remembered import PRESSES_KEPT, STAMPS_KEPT, Heard, Known, News, Press


def load(db: sqlite3.Connection) -> tuple[Known, list[str]]:
    """Return what is remembered of devices and deliveries. What cannot be read is forgotten."""
    known: Known = {}
    for kind, device, body in db.execute("SELECT kind, device, body FROM heard"):
        try:
            told = json.loads(body)
            presses = deque((Press(**each) for each in told.pop("presses")), PRESSES_KEPT)
            known[kind, device] = Heard(**told, presses=presses)
        except (ValueError, TypeError, KeyError):
            continue
    stamps = [stamp for (stamp,) in db.execute("SELECT stamp FROM delivered ORDER BY n")]
    return known, stamps


def save(db: sqlite3.Connection, news: News) -> None:
    """Write what is news, inside the caller's commit."""
    for prefix in news.forgotten:
        db.execute("DELETE FROM delivered WHERE substr(stamp, 1, ?) = ?", (len(prefix), prefix))
    db.executemany("INSERT OR REPLACE INTO heard VALUES (?, ?, ?)", _rows(news.heard))
    if news.stamps:
        db.executemany("INSERT INTO delivered (stamp) VALUES (?)", [(s,) for s in news.stamps])
        db.execute(
            "DELETE FROM delivered WHERE n <= (SELECT MAX(n) FROM delivered) - ?", (STAMPS_KEPT,)
        )


def _rows(heard: Known) -> Iterable[tuple[str, str, str]]:
    for (kind, device), of_device in heard.items():
        presses = [asdict(press) for press in of_device.presses]
        told = {"boot": of_device.boot, "seq": of_device.seq, "t_ns": of_device.t_ns}
        yield kind, device, json.dumps({**told, "presses": presses})

"""The gateway's one SQLite file: recorder, outbox and what was set aside share their commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from gateway.errors import StoreError
from host import private

FILE = "gateway.db"
SCHEMA_VERSION = 6
BUSY_MS = 5_000
"""How long one thread waits for another's commit. They take milliseconds."""

_SCHEMA = """
-- The flight recorder. Readers keep a bookmark, so no number may be used twice: the newest block is
-- never removed. (AUTOINCREMENT would promise it too, but a copy that is ignored uses up a number,
-- and a gap would look like a loss.)
CREATE TABLE block (
  id INTEGER PRIMARY KEY,
  device TEXT NOT NULL, message TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
  t0_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, arrived_ns INTEGER NOT NULL,
  late INTEGER NOT NULL, agent TEXT NOT NULL, payload BLOB NOT NULL,
  UNIQUE (device, message, boot, seq)
);
CREATE INDEX block_time ON block (device, t0_ns);

-- Detections on their way to the backend. Settled ones stay a while: they tell a copy from news.
CREATE TABLE outbox (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL, phase TEXT NOT NULL, decided_ns INTEGER NOT NULL, device TEXT NOT NULL,
  onset_ns INTEGER NOT NULL, body BLOB NOT NULL, put_ns INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'aside')),
  settled_ns INTEGER, why TEXT,
  UNIQUE (id, phase, decided_ns)
);
CREATE INDEX outbox_waiting ON outbox (n) WHERE state = 'waiting';

-- Sensor windows that the backend wants, each pushed again as it grows.
CREATE TABLE evidence (
  detection TEXT PRIMARY KEY, device TEXT NOT NULL, onset_ns INTEGER NOT NULL,
  deadline_ns INTEGER NOT NULL, from_ns INTEGER, until_ns INTEGER,
  complete INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX evidence_open ON evidence (onset_ns) WHERE complete = 0;

-- What a detector choked on, for an engineer.
CREATE TABLE set_aside (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ns INTEGER NOT NULL, device TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL
);
"""

_SINCE_2 = """
-- What holds until somebody says otherwise: the newest state of each zone, the newest evacuation.
-- It outlives the recorder, which forgets.
CREATE TABLE standing (
  key TEXT PRIMARY KEY, t0_ns INTEGER NOT NULL, arrived_ns INTEGER NOT NULL,
  device TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, payload BLOB NOT NULL
);

-- When and where each wearer was heard last, so that a muster after a restart knows it too.
CREATE TABLE heard (person TEXT PRIMARY KEY, zone TEXT, heard_ns INTEGER NOT NULL);

-- Tags that were given to wearers in the backend: one row.
CREATE TABLE assignments (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL);
"""

_SINCE_3 = """
-- States of detectors that outlive the process, and the last block that they know of: one row.
CREATE TABLE lasting (
  detector TEXT, person TEXT, body BLOB NOT NULL, PRIMARY KEY (detector, person)
);
CREATE TABLE lasting_upto (one INTEGER PRIMARY KEY CHECK (one = 1), block INTEGER NOT NULL);
"""

_SINCE_4 = """
-- Whose turn it is: the tier, whom it is about, what it says, and how often that was said.
ALTER TABLE outbox ADD COLUMN rank INTEGER NOT NULL DEFAULT 1;
ALTER TABLE outbox ADD COLUMN whom TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN says TEXT;
ALTER TABLE outbox ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN times INTEGER NOT NULL DEFAULT 1;
ALTER TABLE outbox ADD COLUMN last_ns INTEGER;
UPDATE outbox SET
  whom = coalesce(json_extract(CAST(body AS TEXT), '$.person'), 'device:' || device),
  rank = CAST(substr(json_extract(CAST(body AS TEXT), '$.assessment.severity'), 4) AS INTEGER)
  WHERE state = 'waiting';
CREATE INDEX outbox_whom ON outbox (whom, n);

-- Claims that were folded into another: a copy of one is known.
CREATE TABLE folded (
  id TEXT NOT NULL, phase TEXT NOT NULL, decided_ns INTEGER NOT NULL, at_ns INTEGER NOT NULL,
  PRIMARY KEY (id, phase, decided_ns)
) WITHOUT ROWID;
"""

_SINCE_5 = """
-- A block is known by its author as well: the agent that brought it.
CREATE TABLE block_5 (
  id INTEGER PRIMARY KEY,
  device TEXT NOT NULL, message TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
  t0_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, arrived_ns INTEGER NOT NULL,
  late INTEGER NOT NULL, agent TEXT NOT NULL, payload BLOB NOT NULL,
  signed INTEGER NOT NULL DEFAULT 0,
  UNIQUE (device, message, boot, seq, agent)
);
INSERT INTO block_5
  SELECT id, device, message, boot, seq, t0_ns, end_ns, arrived_ns, late, agent, payload, 0
  FROM block ORDER BY id;
DROP TABLE block;
ALTER TABLE block_5 RENAME TO block;
CREATE INDEX block_time ON block (device, t0_ns);

-- What the recorder has forgotten, as runs of numbers: an old copy is still known as one.
CREATE TABLE forgotten (
  device TEXT NOT NULL, message TEXT NOT NULL, boot INTEGER NOT NULL, agent TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY (device, message, boot, agent, first)
) WITHOUT ROWID;

-- Devices for which the site file names none of its agents, each with the first that spoke.
CREATE TABLE bound (device TEXT PRIMARY KEY, agent TEXT NOT NULL);

-- The newest word of each speaker, no longer of whoever spoke last.
UPDATE standing SET key = key || ':' || device WHERE device <> 'backend';
ALTER TABLE standing ADD COLUMN agent TEXT NOT NULL DEFAULT '';
UPDATE standing SET agent = device WHERE device = 'backend';
"""


_SINCE_6 = """
-- Whose tags are whose is told in blocks: the newest of each tag stands. What an earlier release
-- held in one row holds on as the oldest word, until the backend has told it again.
INSERT OR IGNORE INTO standing (key, t0_ns, arrived_ns, device, boot, seq, payload, agent)
  SELECT 'tag:' || json_extract(each.value, '$.tag'), 0, 0, 'backend', 0, 0,
    CAST(json_object('message', 'assignment/1', 'device', 'backend', 'seq', 0, 't0_ns', 0,
      'tag', json_extract(each.value, '$.tag'), 'wearer', json_extract(each.value, '$.wearer'),
      'by', 'backend') AS BLOB), 'backend'
  FROM assignments, json_each(CAST(assignments.body AS TEXT), '$.tags') AS each;
DROP TABLE assignments;
"""


_LAYOUTS = (_SCHEMA, _SINCE_2, _SINCE_3, _SINCE_4, _SINCE_5, _SINCE_6)


def connect(path: Path, *, synchronous: Literal["FULL", "NORMAL"]) -> sqlite3.Connection:
    """Open the file, and lay its tables if they are not there.

    FULL for whoever makes something durable before it is acknowledged. NORMAL for marks that a
    power cut may take back, because the work that they mark can be done twice.
    """
    try:
        private.make_file(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: {error}", full=False) from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA journal_size_limit = 16000000")
        with transaction(connection):
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version < SCHEMA_VERSION:
                _lay(connection, _LAYOUTS[version:])
        if version > SCHEMA_VERSION:
            told = f"{path} has layout {version}, this gateway knows {SCHEMA_VERSION}"
            raise StoreError(f"{told}; give it a state folder of its own", full=False)
    except (sqlite3.Error, StoreError) as error:
        connection.close()
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path}: {error}", full=_is_full(error)) from error
    return connection


def _lay(connection: sqlite3.Connection, missing: Iterable[str]) -> None:
    for schema in missing:
        for statement in schema.split(";\n"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside, or nothing of it.

    Raises
    ------
    StoreError
        When SQLite could not; nothing was written.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(connection)
        raise StoreError(str(error), full=_is_full(error)) from error
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: sqlite3.Connection) -> None:
    # SQLite has rolled back by itself after some errors, a full disk among them.
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL

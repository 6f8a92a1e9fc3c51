"""A state folder of an earlier release is taken over with all that is in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.database import _SCHEMA, FILE, SCHEMA_VERSION, connect
from gateway.errors import StoreError
from gateway.folding import body
from gateway.outbox import Outbox
from tests.support.outbound import claim
from tests.support.site_of_two import START_NS


def version_1(folder: Path) -> Path:
    path = folder / FILE
    connection = sqlite3.connect(path)
    connection.executescript(_SCHEMA + "PRAGMA user_version = 1;")
    connection.execute("INSERT INTO set_aside VALUES (1, 2, 'belt-1', 'a reason', x'00')")
    connection.commit()
    connection.close()
    return path


def test_the_tables_that_are_new_are_added(tmp_path: Path) -> None:
    path = version_1(tmp_path)
    for _ in range(2):
        connection = connect(path, synchronous="FULL")
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("SELECT count(*) FROM set_aside").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM standing").fetchone() == (0,)
        connection.close()


def test_what_an_earlier_release_left_in_the_outbox_goes_by_its_tier(tmp_path: Path) -> None:
    path = version_1(tmp_path)
    sos = claim(1, kind="sos", person=None, device="badge-1")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for n, made in enumerate((claim(0), sos, claim(2)), start=1):
            connection.execute(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
                (n, made.id, made.phase, made.decided_ns, made.device, made.onset_ns, body(made),
                 START_NS, "waiting" if n < 3 else "delivered"),
            )  # fmt: skip
    with closing(connect(path, synchronous="FULL")) as connection:
        waiting = [(row.whom, row.rank, row.times) for row in Outbox(connection).waiting()]
    assert waiting == [("n-falk", 2, 1), ("device:badge-1", 1, 1)]


def test_a_later_release_s_folder_is_left_alone(tmp_path: Path) -> None:
    path = version_1(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="has layout 99"):
        connect(path, synchronous="FULL")

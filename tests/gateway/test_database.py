"""A state folder of an earlier release is taken over with all that is in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from contract.assignment import AssignmentBlock
from gateway.database import _LAYOUTS, FILE, SCHEMA_VERSION, connect
from gateway.effects import Effects, Identity, Record
from gateway.errors import StoreError
from gateway.folding import body
from gateway.ledger import Ledger
from gateway.outbox import Outbox
from tests.support.outbound import claim
from tests.support.site_of_two import START_NS, imu, site


def version_1(folder: Path) -> Path:
    path = folder / FILE
    connection = sqlite3.connect(path)
    connection.executescript(_LAYOUTS[0] + "PRAGMA user_version = 1;")
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


def version_3(folder: Path) -> Path:
    path = folder / FILE
    connection = sqlite3.connect(path)
    connection.executescript("".join(_LAYOUTS[:3]) + "PRAGMA user_version = 3;")
    for seq in range(3):
        block = imu(seq)
        row = (block.t0_ns, block.end_ns, START_NS, 0, "edge-1", block.model_dump_json().encode())
        connection.execute(
            "INSERT INTO block VALUES (NULL, 'belt-1', 'imu/1', 1, ?, ?, ?, ?, ?, ?, ?)",
            (seq, *row),
        )
    for key, speaker in (("zone:lane", "plc-1"), ("evacuation", "backend")):
        connection.execute("INSERT INTO standing VALUES (?, 1, 1, ?, 1, 1, x'00')", (key, speaker))
    connection.commit()
    connection.close()
    return path


def test_blocks_of_an_earlier_release_are_known_by_their_agent_and_its_own_alone(
    tmp_path: Path,
) -> None:
    version_3(tmp_path)
    with Ledger(tmp_path, site()) as ledger:
        known = Identity("edge-1", "imu/1", "belt-1", 1, 2)
        assert known in ledger.recorder
        assert Identity("edge-2", "imu/1", "belt-1", 1, 2) not in ledger.recorder
        assert [each.seq for each in ledger.recorder.latest(9)] == [0, 1, 2]
        read = list(ledger.recorder.read([1, 2, 3]))
        assert [(each.agent, each.block.seq) for each in read] == [
            ("edge-1", 0), ("edge-1", 1), ("edge-1", 2),
        ]  # fmt: skip
        copy = Record(known, START_NS, START_NS, START_NS, False, b"{}", True)
        squatted = replace(copy, identity=replace(known, agent="edge-2"))
        assert ledger.commit(Effects(records=[copy, squatted]), START_NS).blocks == 1
        rows = ledger.connection.execute("SELECT key, agent FROM standing ORDER BY key")
        assert rows.fetchall() == [("evacuation", "backend"), ("zone:lane:plc-1", "")]
        signed = ledger.connection.execute("SELECT signed FROM block ORDER BY id").fetchall()
        assert signed == [(0,), (0,), (0,), (1,)]


def test_what_was_trimmed_is_forgotten_as_runs_and_still_known(tmp_path: Path) -> None:
    with Ledger(tmp_path, site()) as ledger:

        def had(seq: int, agent: str = "edge-1") -> bool:
            return ledger.recorder.had(Identity(agent, "imu/1", "belt-1", 1, seq))

        def record(seq: int) -> Record:
            identity = Identity("edge-1", "imu/1", "belt-1", 1, seq)
            return Record(identity, START_NS, START_NS, START_NS, False, b"{}")

        for part in ((0, 1, 2), (3, 4), (9, 10)):
            ledger.commit(Effects(records=[record(seq) for seq in part]), START_NS)
            ledger.recorder.trim(START_NS + 2**60)
        rows = ledger.connection.execute("SELECT first, last FROM forgotten ORDER BY first")
        assert rows.fetchall() == [(0, 4), (9, 9)], "the newest block is never removed"
        assert [seq for seq in range(12) if had(seq)] == [0, 1, 2, 3, 4, 9, 10]
        assert not had(3, "edge-2")


def test_whose_tags_are_whose_is_taken_over_from_an_earlier_release(tmp_path: Path) -> None:
    version_3(tmp_path)
    body = (
        b'{"seq": 7, "tags": [{"tag": "ff01", "wearer": "n-falk"},'
        b' {"tag": "ff02", "wearer": "m-keller"}]}'
    )
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
        connection.execute("DELETE FROM standing")
        connection.execute("INSERT INTO assignments VALUES (1, ?)", (body,))
    with Ledger(tmp_path, site()) as ledger:
        stood = list(ledger.standing.all())
        blocks = [each.block for each in stood]
        told = [(b.tag, b.wearer, b.t0_ns) for b in blocks if isinstance(b, AssignmentBlock)]
        assert told == [("ff01", "n-falk", 0), ("ff02", "m-keller", 0)]
        assert {each.agent for each in stood} == {"backend"}
        assert ledger.standing.assignments_held() == (0, 0), "the backend tells them all again"

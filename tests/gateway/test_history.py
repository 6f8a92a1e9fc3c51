"""History reaches its store: SQLite here, or an InfluxDB 2 address, which is an HTTP endpoint here.

No InfluxDB server can be had where these tests run: the endpoint checks path, query, token and the
line protocol's grammar, and nothing else of InfluxDB.
"""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from contract.door import DoorBlock, DoorEvent
from contract.message import Block
from contract.site import Site
from gateway.effects import Effects, Identity, Record
from gateway.history import History, Store
from gateway.influx_history import TOKEN_VARIABLE, InfluxHistory, line
from gateway.ledger import Ledger
from gateway.sqlite_history import SqliteHistory
from gateway.summary import Summary, summarise
from gateway.tally import GatewayTally
from tests.support.brokers import free_port, wait_until
from tests.support.outbound import claim
from tests.support.receiver import Answer, Posted, Receiver
from tests.support.site_of_two import START_NS, event, imu, reads, site

LINE = re.compile(
    r"[a-z]+(,[a-z]+=([^,= \\]|\\[,= ])+)* "  # measurement and tags
    r"[a-z_0-9]+=-?[0-9.e+-]+i?(,[a-z_0-9]+=-?[0-9.e+-]+i?)* "  # fields: integers and floats
    r"[0-9]+"  # nanoseconds
)


def influx_site(port: int) -> Site:
    return site(f'influx_url = "http://127.0.0.1:{port}"')


class Influx(Receiver):
    """The write endpoint of InfluxDB 2, as far as its documentation tells; keeps the lines."""

    def __init__(self, port: int = 0) -> None:
        self.lines: list[str] = []
        self.status = 204
        self.refused_device = ""
        super().__init__(self._write, port)

    def _write(self, posted: Posted) -> Answer:
        address = urlsplit(posted.path)
        query = parse_qs(address.query)
        asked = (address.path, query["org"], query["bucket"], query["precision"])
        if asked != ("/api/v2/write", ["floorwatch"], ["floorwatch"], ["ns"]):
            return 404, {"code": "not found", "message": str(asked)}
        if posted.headers["Authorization"] != "Token t0ken":
            return 401, {"code": "unauthorized", "message": "unauthorized access"}
        if self.status != 204:
            return self.status, {"code": "internal error", "message": "try again"}
        zipped = posted.headers.get("Content-Encoding") == "gzip"
        body = gzip.decompress(posted.body) if zipped else posted.body
        lines = body.decode().split("\n")
        bad = [each for each in lines if not LINE.fullmatch(each)]
        bad += [each for each in lines if self.refused_device and self.refused_device in each]
        if bad:
            return 400, {"code": "invalid", "message": f"unable to parse {bad[0]!r}"}
        self.lines += lines
        return 204, None


@contextmanager
def running(site: Site, folder: Path, store: Store, tally: GatewayTally) -> Iterator[History]:
    history = History(site, folder, store, tally)
    history.start()
    try:
        yield history
    finally:
        history.stop()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path, site()) as opened:
        yield opened


def commit(ledger: Ledger, *blocks: Block) -> None:
    records = [
        Record(
            Identity("edge-1", block.message, block.device, block.boot, block.seq),
            block.t0_ns,
            block.end_ns,
            START_NS,
            False,
            block.model_dump_json().encode(),
        )
        for block in blocks
    ]
    ledger.commit(Effects(records=records), START_NS)


def written(tally: GatewayTally) -> int:
    return tally.counts().get("history_written", 0)


def test_every_block_and_detection_has_a_row(tmp_path: Path, ledger: Ledger) -> None:
    tally = GatewayTally()
    file = tmp_path / "history.db"
    commit(ledger, *(imu(seq) for seq in range(600)), reads(), event())
    ledger.put([claim(0)], START_NS)
    with running(site(), tmp_path, SqliteHistory(file), tally):
        wait_until(lambda: written(tally) == 603, "all rows")
    with running(site(), tmp_path, SqliteHistory(file), tally):
        commit(ledger, imu(600))
        wait_until(lambda: written(tally) == 604, "one more row, and none again")
    connection = sqlite3.connect(file)
    rows = connection.execute(
        "SELECT measurement, count(*) FROM summary GROUP BY measurement ORDER BY measurement"
    ).fetchall()
    connection.close()
    assert rows == [("detection", 1), ("event", 1), ("imu", 601), ("reads", 1)]


def test_a_history_whose_file_cannot_be_made_yet_begins_when_it_can(
    tmp_path: Path, ledger: Ledger
) -> None:
    """A gateway that was started with its disk full ended by itself for a by-product's sake."""
    tally = GatewayTally()
    file = tmp_path / "history.db"
    file.mkdir()
    commit(ledger, imu(0))
    with running(site(), tmp_path, SqliteHistory(file), tally):
        wait_until(lambda: tally.counts().get("history_failures", 0) > 0, "a try in vain")
        file.rmdir()
        wait_until(lambda: written(tally) == 1, "the row")


def test_a_history_in_a_file_is_bounded(tmp_path: Path) -> None:
    store = SqliteHistory(tmp_path / "history.db", kept_rows=10)
    for seq in range(50):
        store.write([summarise(imu(seq))])
    store.close()
    connection = sqlite3.connect(tmp_path / "history.db")
    (count,) = connection.execute("SELECT count(*) FROM summary").fetchone()
    connection.close()
    assert count == 10


def test_lines_reach_an_influxdb_address(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "t0ken")
    tally = GatewayTally()
    commit(ledger, imu(0), reads(), event())
    ledger.put([claim(0)], START_NS)
    with Influx() as influx:
        at = influx_site(influx.port)
        with running(at, tmp_path, InfluxHistory(at.id, at.gateway), tally):
            wait_until(lambda: written(tally) == 4, "four rows")
        lines = sorted(influx.lines)
    assert lines == [
        f"detection,site=dock-2,device=belt-1,what=fall/onset confidence=1.0 {START_NS + 2}",
        f"event,site=dock-2,device=belt-1,what=sos count=1i {START_NS}",
        "imu,site=dock-2,device=belt-1 samples=50i,min_g=1.0,max_g=1.0,mean_g=1.0,battery=0.5"
        f" {START_NS}",
        f"reads,site=dock-2,device=reader-1 reads=1i,badges=1i {START_NS}",
    ]


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(None, id="nobody listens"),
        pytest.param(503, id="unavailable"),
        pytest.param(429, id="too many requests"),
        pytest.param(401, id="a token that somebody must correct"),
    ],
)
def test_a_server_that_is_away_costs_nothing_but_time(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, status: int | None
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "t0ken")
    port, tally = free_port(), GatewayTally()
    at = influx_site(port)
    commit(ledger, *(imu(seq) for seq in range(600)))
    if status is not None:
        with Influx(port) as influx:
            influx.status = status
            with running(at, tmp_path, InfluxHistory(at.id, at.gateway), tally):
                wait_until(lambda: tally.counts().get("history_failures"), "a failure")
    with running(at, tmp_path, InfluxHistory(at.id, at.gateway), tally):
        wait_until(lambda: tally.counts().get("history_failures"), "a failure")
    assert written(tally) == 0
    with (
        Influx(port) as influx,
        running(at, tmp_path, InfluxHistory(at.id, at.gateway), tally),
    ):
        wait_until(lambda: written(tally) == 600, "all rows")
        assert len(set(influx.lines)) == 600
    assert tally.counts().get("history_lost", 0) == 0


def test_a_row_that_the_server_cannot_read_does_not_hold_up_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "t0ken")
    with Influx() as influx:
        influx.refused_device = "device=bad"
        store = InfluxHistory("dock-2", influx_site(influx.port).gateway)
        rows = [Summary("imu", f"bad{n}" if n == 7 else f"d{n}", n, {"a": 1}) for n in range(20)]
        assert store.write(rows) == 1
        store.close()
        assert len(influx.lines) == 19


def test_what_the_recorder_gave_up_is_counted_as_lost(tmp_path: Path, ledger: Ledger) -> None:
    tally = GatewayTally()
    commit(ledger, imu(0))
    with running(site(), tmp_path, SqliteHistory(tmp_path / "history.db"), tally):
        wait_until(lambda: written(tally) == 1, "the first row")
    commit(ledger, *(imu(seq) for seq in range(1, 11)))
    ledger.connection.execute("DELETE FROM block WHERE id <= 5")
    with running(site(), tmp_path, SqliteHistory(tmp_path / "history.db"), tally):
        wait_until(lambda: written(tally) == 7, "the rows that are left")
    assert tally.counts()["history_lost"] == 4


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("a b", "a\\ b", id="a space"),
        pytest.param("a,b=c", "a\\,b\\=c", id="a comma and an equals sign"),
        pytest.param("a\nb", "a\\ b", id="a line's end"),
        pytest.param("a\\", "a", id="a backslash at the end"),
    ],
)
def test_names_are_escaped_as_line_protocol_wants(name: str, told: str) -> None:
    row = Summary("imu", name, 1, {"x": 1})
    assert line("s", row) == f"imu,site=s,device={told} x=1i 1"


def test_a_doors_events_are_counted_and_its_refusals_apart() -> None:
    passed, refused = (
        DoorEvent(door="gate", tag="7", granted=granted, t_ns=START_NS) for granted in (True, False)
    )
    block = DoorBlock(device="access-1", seq=0, t0_ns=START_NS, events=(passed, refused))
    assert summarise(block) == Summary("door", "access-1", START_NS, {"events": 2, "refused": 1})

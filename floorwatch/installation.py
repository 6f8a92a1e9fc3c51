"""One site on one machine: which processes it takes, in which order, with which files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from backend.people.sign_in import SIGN_IN_FILE
from contract.site import Site
from floorwatch import broker
from floorwatch.supervisor import Part, Say

PORTS_TRIED = 20
MQTT_PORT = 1883


@dataclass(frozen=True)
class Installation:
    """The parts of a site, and where to look at it."""

    parts: tuple[Part, ...]
    backend_url: str
    stats_file: Path
    log_folder: Path
    sign_in_file: Path
    """Where the backend writes the address that signs a browser in."""
    notes: tuple[str, ...]
    broker_host: str
    broker_port: int
    local_url: str
    """Where the backend answers on this machine; `backend_url` may lead through a proxy."""


def install(
    site_file: Path,
    site: Site,
    state: Path,
    on_page: Say,
    devices: Callable[[str, int], Sequence[Part]] = lambda host, port: (),
    port: int | None = None,
    *,
    scratch: bool = False,
) -> Installation:
    """Return the parts that run `site` here: broker, backend, gateway, agents, in this order.

    Parameters
    ----------
    state
        Where each part keeps what it must not lose.
    on_page
        Gets the lines that the console channel prints.
    devices
        Further parts, from the broker's address: simulated devices.
    port
        Of the backend, instead of the site file's.
    scratch
        Keep to a database under `state`, whatever FLOORWATCH_DATABASE_URL says.
    """
    state.mkdir(parents=True, exist_ok=True)
    notes: list[str] = []
    parts: list[Part] = []
    if site.broker is None:
        embedded = broker.prepare(state, None if scratch else _steady_port(state))
        host, mqtt_port = embedded.host, embedded.port
        parts.append(
            Part("broker", embedded.command, ready=lambda: broker.listens(host, mqtt_port))
        )
        notes.append(
            f"The embedded broker listens at {host}:{mqtt_port}. It is for a trial: a production "
            "site wants Mosquitto, named in the site file's [broker]."
        )
    else:
        host, mqtt_port = site.broker.host, site.broker.port
        notes.append(f"The broker is {host}:{mqtt_port}, as the site file says.")
        if not broker.listens(host, mqtt_port):
            notes.append(
                f"Nothing answers at {host}:{mqtt_port}. The rest is started, and waits for it."
            )
    wanted = port or site.backend.port
    chosen = _free_port_from(site.backend.host, wanted)
    if chosen != wanted:
        notes.append(f"Port {wanted} is taken, so the console and API are at port {chosen}.")
    url = f"http://{site.backend.host}:{chosen}"
    public = site.backend.public_url or url
    for part in ("backend", "gateway", *(agent.id for agent in site.agent)):
        (state / part).mkdir(exist_ok=True)
    # -P: the folder that one stands in may hold a `backend` or an `edge` of its own.
    python = (sys.executable, "-P", "-m")
    file = str(site_file)
    own = f"sqlite:///{(state / 'backend' / 'backend.sqlite').resolve()}"
    database = own if scratch else os.environ.get("FLOORWATCH_DATABASE_URL") or own
    parts.append(
        Part(
            "backend",
            (*python, "backend", file, "--host", site.backend.host, "--port", str(chosen),
             "--state", str(state / "backend")),
            ready=lambda: _healthy(url),
            # In the environment, not on the command line: a database URL may hold a password.
            env={"FLOORWATCH_DATABASE_URL": database, "PYTHONUNBUFFERED": "1"},
            on_line=on_page,
        )
    )  # fmt: skip
    stats = state / "gateway" / "stats.json"
    stats.unlink(missing_ok=True)
    mqtt = ("--broker-host", host, "--broker-port", str(mqtt_port))
    parts.append(
        Part(
            "gateway",
            (*python, "gateway", file, *mqtt, "--backend-url", url, "--state", str(stats.parent)),
            # A broker of the site's own may come later; ours is there already.
            ready=lambda: stats.exists() if site.broker else _connected(stats),
        )
    )
    parts.extend(
        Part(
            agent.id,
            (*python, "edge", file, "--agent", agent.id, *mqtt, "--state", str(state / agent.id)),
        )
        for agent in site.agent
    )
    parts.extend(devices(host, mqtt_port))
    return Installation(
        parts=tuple(parts),
        backend_url=public,
        stats_file=stats,
        log_folder=state / "log",
        sign_in_file=state / "backend" / SIGN_IN_FILE,
        notes=tuple(notes),
        broker_host=host,
        broker_port=mqtt_port,
        local_url=url,
    )


def _steady_port(state: Path) -> int:
    """Return the embedded broker's port: MQTT's own if it is free, else the last start's.

    Devices are told an address once; a broker that moves at every start is never found again.
    """
    noted = state / "broker.port"
    wanted = [MQTT_PORT]
    if noted.is_file() and noted.read_text("utf-8").strip().isdigit():
        wanted.insert(0, int(noted.read_text("utf-8")))
    free = (port for port in wanted if broker.port_is_free("127.0.0.1", port))
    port = next(free, None) or broker.free_port()
    noted.write_text(f"{port}\n", "utf-8")
    return port


def _free_port_from(host: str, wanted: int) -> int:
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        if broker.port_is_free(host, port):
            return port
    return broker.free_port(host)


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=1.0, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _connected(stats: Path) -> bool:
    try:
        return bool(json.loads(stats.read_text(encoding="utf-8")).get("connected", True))
    except (OSError, ValueError):
        return False

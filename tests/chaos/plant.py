"""The whole system as processes on loopback, and the hand that breaks it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, Self

import httpx
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.ack import Ack
from contract.imu import ImuBlock
from contract.signing import Seal
from contract.sitefile import parse
from tests.chaos import rubbish
from tests.chaos.faults import AGENTS, Fault, Kind
from tests.chaos.responder import Responder
from tests.chaos.rogue import rogue
from tests.chaos.shift import agent_of, site_toml
from tests.support.brokers import free_port, start_broker
from tests.support.faked_clock import FakedClock, command
from tests.support.gate import Gate
from tests.support.keyed import key_of, make_keys
from tests.support.liars import NGINX_400, Liar
from tests.support.part import Part

Key = tuple[str, int]
"""Device and number of a block."""
OVERHEARD = ("ack", "cmd", "batch", "event")
"""Streams that the rogue listens to, to say the same again."""
DRIPPING = b"HTTP/1.1 200 OK\r\nX-Slow: "
SET_BY_S = 3600
"""So far a clock is set: much more than a run takes, so that an instant tells which it was."""
RECORDED = "SELECT device, seq FROM block WHERE message = 'imu/1'"


class Plant:
    """Broker, gateway, backend and two agents; devices have a broker of their own, left in peace.

    That one stands for the radio between belt and agent: what it has taken was offered.
    """

    def __init__(self, broker: str, folder: Path) -> None:
        self._folder = folder
        self._store = folder / "broker" / broker
        self._devices = start_broker(broker, folder / "devices")
        first = start_broker(broker, folder / "broker")
        first.stop()
        http = free_port()
        self.backend_url = f"http://127.0.0.1:{http}"
        self.responder = Responder(self.backend_url)
        self._backend_port = http
        self._gate = Gate(http)
        self._proxy = Liar(NGINX_400)
        self._endpoint = Gate(self.responder.port)
        self._dripping = Liar(DRIPPING, drip_s=0.1, endless=True)
        text = site_toml(self._devices.port, f"http://127.0.0.1:{self._endpoint.port}")
        self.site = parse(text)
        make_keys(self.site, folder)
        file = folder / "site.toml"
        file.write_text(text, "utf-8")
        self.broker_port = first.port
        mqtt = ("--broker-host", "127.0.0.1", "--broker-port", str(first.port))
        url = f"http://127.0.0.1:{self._gate.port}"
        commands: Mapping[str, tuple[str, ...]] = {
            "broker": tuple(first.command),
            "backend": (*command("backend"), str(file), "--port", str(http)),
            "gateway": (*command("gateway"), str(file), *mqtt, "--backend-url", url),
            "second": (*command("gateway"), str(file), *mqtt, "--backend-url", url),
        } | {agent: (*command("edge"), str(file), "--agent", agent, *mqtt) for agent in AGENTS}
        self.parts = {
            name: Part(
                name,
                line if name == "broker" else (*line, "--state", str(folder / name)),
                folder / f"{name}.log",
                None if name == "broker" else FakedClock(folder / f"{name}.clock"),
            )
            for name, line in commands.items()
        }
        self.supervised = ("broker", "backend", "gateway", *AGENTS)
        self._away: set[str] = set()
        self._spied: set[Key] = set()
        self._overheard: deque[tuple[str, bytes]] = deque(maxlen=5000)
        self._vandals: list[paho.Client] = []
        self._belts = _client(self._devices.port, "belts")
        self._spy = _client(first.port, "spy")
        self._spy.on_connect = self._listen
        self._spy.on_message = self._heard

    def start(self) -> None:
        """Start every process."""
        for name in self.supervised:
            self.parts[name].start()
        for client in (self._belts, self._spy):
            client.loop_start()

    def offer(self, block: ImuBlock) -> None:
        """Let a belt send a block, once."""
        agent = agent_of(int(block.device.removeprefix("belt-")))
        payload = block.model_dump_json(exclude_none=True).encode()
        self._belts.publish(f"{agent}/{block.device}/imu", payload, qos=1)

    # Breaking it.

    def begin(self, fault: Fault, random: Random) -> None:
        """Let a fault begin. Returns soon, whatever it breaks."""
        part = self.parts.get(fault.part)
        match fault.kind:
            case Kind.KILL | Kind.EMPTY_STORE:
                assert part is not None
                self._away.add(fault.part)
                part.kill()
                if fault.kind is Kind.EMPTY_STORE:
                    shutil.rmtree(self._store)
                    self._store.mkdir()
            case Kind.FREEZE:
                assert part is not None
                part.freeze()
            case Kind.FULL_DISK:
                assert part is not None
                part.fill_disk()
            case Kind.SECOND_GATEWAY:
                assert part is not None
                part.start()
            case Kind.BACKEND_REFUSES:
                self._gate.shut()
            case Kind.LIES:
                self._lead_gateway_to(self._proxy.port)
            case Kind.ENDPOINT_DOWN:
                self.responder.down = random.choice((404, 503))
            case Kind.DRIPS:
                self._endpoint.to_port = self._dripping.port
            case Kind.CLOCK:
                assert part is not None
                assert part.clock is not None
                part.clock.set(random.choice((SET_BY_S, -SET_BY_S)))
            case Kind.GARBAGE:
                self._throw(rubbish.garbage(random, AGENTS), self.broker_port)
                self._throw(rubbish.device_garbage(random, AGENTS), self._devices.port)
            case Kind.ROGUE:
                heard = list(self._overheard)
                self._throw(rogue(random, AGENTS, heard), self.broker_port)
            case Kind.HUGE:
                self._throw(rubbish.huge(AGENTS), self.broker_port)
                self._throw(iter([(f"{AGENTS[1]}/belt-1/imu", b"y" * 10_000_000, False)]),
                            self._devices.port)  # fmt: skip

    def end(self, fault: Fault) -> None:
        """Let a fault be over: what was killed is started again, over the files that it left."""
        part = self.parts.get(fault.part)
        match fault.kind:
            case Kind.KILL | Kind.EMPTY_STORE:
                assert part is not None
                part.start()
                self._away.discard(fault.part)
            case Kind.FREEZE:
                assert part is not None
                part.thaw()
            case Kind.FULL_DISK:
                assert part is not None
                part.free_disk()
            case Kind.SECOND_GATEWAY:
                assert part is not None
                part.stop()
            case Kind.BACKEND_REFUSES:
                self._gate.open()
            case Kind.LIES:
                self._lead_gateway_to(self._backend_port)
            case Kind.ENDPOINT_DOWN:
                self.responder.down = None
            case Kind.DRIPS:
                # Whoever is dripped on is not let go: its own deadline must do that.
                self._endpoint.to_port = self.responder.port
            case Kind.CLOCK:
                assert part is not None
                assert part.clock is not None
                part.clock.set(0)

    def supervise(self) -> None:
        """Start again what has ended by itself. That is a finding: see `deaths`."""
        for name in self.supervised:
            if name not in self._away:
                self.parts[name].restart_if_dead()

    def _lead_gateway_to(self, port: int) -> None:
        self._gate.to_port = port
        self._gate.hang_up()

    def _throw(self, rubbish: Iterator[tuple[str, bytes, bool]], port: int) -> None:
        client = _client(port, f"vandal-{len(self._vandals)}")
        for topic, payload, retain in rubbish:
            client.publish(topic, payload, qos=1, retain=retain)
        client.loop_start()
        self._vandals.append(client)

    # Looking at it.

    @property
    def deaths(self) -> dict[str, list[int]]:
        """Exit codes of processes that ended although nobody killed them."""
        return {name: part.deaths for name, part in self.parts.items() if part.deaths}

    def recorded(self) -> set[Key]:
        """Return what the flight recorders hold."""
        found: set[Key] = set()
        for name in ("gateway", "second"):
            found |= set(_rows(self._folder / name / "gateway.db", RECORDED))
        return found

    def spied(self) -> set[Key]:
        """Return what was seen to be acknowledged; some passes by while the broker is down."""
        return set(self._spied)

    def spooled(self) -> set[Key]:
        """Return what the agents still keep. Only once they have stopped."""
        found: set[Key] = set()
        for agent in AGENTS:
            path = self._folder / agent / f"spool-{agent}.sqlite3"
            found |= set(_rows(path, "SELECT device, seq FROM block"))
        return found

    def backend_rows(self, query: str) -> list[Any]:
        """Return what the backend's database has."""
        return _rows(self._folder / "backend" / "backend.sqlite", query)

    def restless(self) -> str | None:
        """Return what is not idle yet, or None."""
        try:
            stats = json.loads((self._folder / "gateway" / "stats.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            return f"gateway: {error}"
        if not stats["connected"] or stats["outbox_depth"] or stats["inbox_depth"]:
            return f"gateway: {stats}"
        waiting = self.backend_rows(
            "SELECT p.id, p.status FROM page p JOIN incident i ON i.id = p.incident_id"
            " WHERE p.status IN ('due', 'sending')"
        )
        if waiting:
            return f"pages: {waiting}"
        try:
            health = httpx.get(f"{self.backend_url}/healthz", timeout=5, trust_env=False)
        except httpx.HTTPError as error:
            return f"backend: {error}"
        return None if health.status_code == 200 else f"backend: {health.text}"

    def get(self, path: str) -> Any:
        """Ask the backend."""
        return httpx.get(f"{self.backend_url}{path}", timeout=20, trust_env=False).json()

    def stop(self) -> dict[str, int]:
        """End every process in order; return the exit codes that are not 0."""
        order = (*AGENTS, "second", "gateway", "backend", "broker")
        codes = {name: self.parts[name].stop() for name in order}
        return {name: code for name, code in codes.items() if code and name != "broker"}

    def _listen(self, client: paho.Client, *_: Any) -> None:
        client.subscribe([(topics.topic(self.site.id, "+", s), 1) for s in OVERHEARD])

    def _heard(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._overheard.append((message.topic, bytes(message.payload)))
        if not message.topic.endswith("/ack"):
            return
        agent = topics.parse(message.topic).agent
        body = Seal(key_of(agent), self.site.id, agent, "ack").body_of(bytes(message.payload))
        if body is None:
            return  # our own rogue's, or garbage
        try:
            ack = Ack.model_validate_json(body)
        except ValueError:
            return  # our own garbage
        self._spied |= {
            (held.device, seq)
            for held in ack.devices
            for first, last in held.held
            for seq in range(first, last + 1)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in (self._belts, self._spy, *self._vandals):
            client.disconnect()
            client.loop_stop()
        for part in self.parts.values():
            part.kill()
        for each in (self._proxy, self._dripping):
            each.close()
        for gate in (self._gate, self._endpoint):
            gate.__exit__()
        self.responder.__exit__()
        self._devices.stop()


def _client(port: int, name: str) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=True)
    client.suppress_exceptions = True
    client.reconnect_delay_set(1, 1)
    client.max_queued_messages_set(0)
    client.connect_async("127.0.0.1", port)
    return client


def _rows(path: Path, query: str) -> list[Any]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            # Whoever made the file has not laid its tables yet: it is only starting.
            if "no such table" in str(error):
                return []
            raise

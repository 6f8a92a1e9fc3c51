"""The gateway's line to the broker. It may break any time; nothing hangs on the broker's memory.

Every connection is a fresh client without a session. What the broker loses meanwhile was never
acknowledged by us, so the agents send it again.
"""

from __future__ import annotations

import os
import secrets
import socket
import ssl
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from itertools import count
from typing import Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from contract import topics
from contract.ack import Ack
from contract.command import Command
from contract.instants import Clock
from contract.message import Message
from contract.site import Broker, Site
from contract.status import Status
from contract.tick import Tick
from gateway.errors import BrokerError
from gateway.inbox import Inbox, InboxItem
from gateway.keyring import Keyring
from gateway.tally import GatewayTally
from host.backoff import Backoff

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

PASSWORD_VARIABLE = "FLOORWATCH_MQTT_PASSWORD"
KEEPALIVE_S = 15
CONNECT_S = 10.0
STATUS_EVERY_S = 2.0
SILENT_S = 15.0
"""Our own status comes back through the broker. If it has not for so long, the line is dead,
whatever the client believes."""
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
MAX_COMMANDS = 1000
MAX_IN_FLIGHT = 1000
"""Acknowledgements on their way; paho's 20 would make them queue behind each other."""


class Link:
    """A thread that keeps one connection up, for ever.

    The client's callbacks only note what happened. An exception that escaped from one would end
    paho's thread while `is_connected()` goes on saying yes, so none may, and this thread does not
    ask it: it looks whether what we publish comes back.
    """

    def __init__(
        self,
        site: Site,
        host: str,
        port: int,
        inbox: Inbox,
        tally: GatewayTally,
        clock: Clock,
        *,
        keyring: Keyring,
        wire_ticks: bool,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._site = site
        self._keyring = keyring
        self._run_id = secrets.token_hex(8)
        self._acks = count(1)
        self._address = (host, port)
        self._inbox = inbox
        self._tally = tally
        self._clock = clock
        self._password = environ.get(PASSWORD_VARIABLE)
        streams = (*topics.UPWARD, Tick.stream) if wire_ticks else topics.UPWARD
        self._filters = [(topics.topic(site.id, "+", stream), 1) for stream in streams]
        self._status_topic = topics.topic(site.id, site.gateway.id, Status.stream)
        self._tls = _tls(site.broker) if site.broker and site.broker.tls else None
        # Two gateways of one name must not throw each other off the broker.
        self._client_id = f"{site.id}-{site.gateway.id}-{secrets.token_hex(4)}"
        self._client: paho.Client | None = None
        self._commands: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._in_flight: dict[int, str] = {}
        self._confirmed: deque[int] = deque()
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._lost = False
        self._heard_s = 0.0
        self._flowing = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="gateway-link", daemon=True)

    def start(self) -> None:
        """Begin to connect; return at once, whether there is a broker or not."""
        self._thread.start()

    def stop(self) -> None:
        """Say that we are offline, and hang up."""
        self._stopping = True
        self._changed.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def flowing(self) -> bool:
        """Whether what we publish comes back: subscribed, and both directions work."""
        return self._flowing

    def publish_ack(self, agent: str, ack: Ack) -> None:
        """Tell an agent what is durable. Lost with the line, which costs a resend."""
        client = self._client
        if client is not None and client.is_connected():
            numbered = ack.model_copy(update={"run": self._run_id, "number": next(self._acks)})
            client.publish(*self._told(agent, numbered), qos=1)

    def publish_command(self, agent: str | None, command: Command) -> None:
        """Send a command, again after a lost line until the broker has it.

        Without a known agent all of them get it, and the one that has the device carries it out.
        """
        agents = [agent] if agent else [known.id for known in self._site.agent]
        with self._lock:
            for each in agents:
                self._commands[f"{each}/{command.id}"] = self._told(each, command)
            while len(self._commands) > MAX_COMMANDS:
                self._commands.popitem(last=False)
        self._changed.set()

    def _told(self, agent: str, message: Ack | Command) -> tuple[str, bytes]:
        sealed = self._keyring.sealed(agent, message.stream, _encode(message))
        return topics.topic(self._site.id, agent, message.stream), sealed

    # The thread.

    def _run(self) -> None:
        backoff = Backoff(FIRST_WAIT_S, LONGEST_WAIT_S)
        while not self._stopping:
            began_s = time.monotonic()
            try:
                self._hold_one_connection()
            except Exception as error:
                # OSError when nobody listens; whatever else, the next try is a fresh start.
                log.warning("broker-unreachable", reason=f"{type(error).__name__}: {error}")
            if self._stopping:
                return
            self._tally.add("link_failures")
            if time.monotonic() - began_s > LONGEST_WAIT_S:
                backoff.succeeded()
            self._changed.clear()
            self._changed.wait(backoff.failed())

    def _hold_one_connection(self) -> None:
        client = self._new_client()
        self._lost, self._heard_s = False, 0.0
        self._in_flight.clear()
        self._confirmed.clear()
        client.connect(*self._address, keepalive=KEEPALIVE_S)
        self._client = client
        client.loop_start()
        try:
            self._watch(client)
        finally:
            self._flowing = False
            self._client = None
            if self._stopping and client.is_connected():
                self._publish_status(client, "offline").wait_for_publish(2.0)
            client.disconnect()
            client.loop_stop()

    def _watch(self, client: paho.Client) -> None:
        """Return when the line is dead, or we are to stop."""
        silent_since_s = time.monotonic()
        next_status_s = 0.0
        while not (self._stopping or self._lost):
            self._changed.wait(0.25)
            self._changed.clear()
            now_s = time.monotonic()
            silent_since_s = max(silent_since_s, self._heard_s)
            if now_s - silent_since_s > SILENT_S:
                log.error("line-dead", silent_s=round(now_s - silent_since_s))
                return
            if not client.is_connected():
                continue
            self._send_commands(client)
            if now_s >= next_status_s:
                next_status_s = now_s + STATUS_EVERY_S
                self._publish_status(client, "online")

    def _send_commands(self, client: paho.Client) -> None:
        with self._lock:
            while self._confirmed:
                self._commands.pop(self._in_flight.pop(self._confirmed.popleft(), ""), None)
            sent = set(self._in_flight.values())
            due = [(name, *told) for name, told in self._commands.items() if name not in sent]
        # Without our lock: paho has one of its own, in publish and around callbacks.
        for name, topic, payload in due:
            self._in_flight[client.publish(topic, payload, qos=1).mid] = name

    def _publish_status(self, client: paho.Client, state: str) -> paho.MQTTMessageInfo:
        status = Status.model_validate(
            {"agent": self._site.gateway.id, "state": state, "at_ns": self._clock()}
        )
        return client.publish(self._status_topic, _encode(status), qos=1, retain=True)

    def _new_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=True,
            reconnect_on_failure=False,
        )
        client.suppress_exceptions = True
        client.connect_timeout = CONNECT_S
        client.max_inflight_messages_set(MAX_IN_FLIGHT)
        last_will = Status(agent=self._site.gateway.id, state="offline")
        client.will_set(self._status_topic, _encode(last_will), qos=1, retain=True)
        if self._site.broker is not None and self._site.broker.username is not None:
            client.username_pw_set(self._site.broker.username, self._password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_socket_open = _send_at_once
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        return client

    # Callbacks, on paho's thread. They note and return.

    def _on_connect(
        self,
        client: paho.Client,
        _data: Any,
        _flags: Any,
        code: ReasonCode,
        _more: Properties | None,
    ) -> None:
        if code.is_failure:
            log.error("broker-refuses", reason=str(code))
            self._lost = True
            self._changed.set()
            return
        self._tally.add("connections")
        client.subscribe([*self._filters, (self._status_topic, 1)])
        self._changed.set()

    def _on_subscribe(
        self, _client: paho.Client, _data: Any, _mid: int, codes: list[ReasonCode], _more: Any
    ) -> None:
        if any(code.is_failure for code in codes):
            log.error("subscription-refused", codes=[str(code) for code in codes])

    def _on_disconnect(
        self, _client: paho.Client, _data: Any, _flags: Any, _code: Any, _more: Any
    ) -> None:
        self._lost = True
        self._flowing = False
        self._changed.set()

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            self._heard_s = time.monotonic()
            if message.topic == self._status_topic:
                self._flowing = True
            elif not self._inbox.offer(
                InboxItem(message.topic, bytes(message.payload), self._clock())
            ):
                # Dropped, not lost: what nobody acknowledges is sent again.
                self._tally.add("inbox_overflows")
        except Exception:
            # A topic that is not UTF-8, for one. Nothing may escape from here.
            log.exception("arrival-failed")
            self._tally.add("faults")

    def _on_publish(
        self, _client: paho.Client, _data: Any, mid: int, _code: Any, _more: Any
    ) -> None:
        self._confirmed.append(mid)
        self._changed.set()


def _send_at_once(_client: paho.Client, _data: Any, sock: Any) -> None:
    # Nagle's algorithm would hold a small packet back until the last one is acknowledged, which
    # the other side's TCP may put off for 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _encode(message: Message) -> bytes:
    return message.model_dump_json(exclude_none=True).encode()


def _tls(broker: Broker) -> ssl.SSLContext:
    told = f"ca_file {broker.ca_file}"
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
        if broker.cert_file is not None:
            told = f"cert_file {broker.cert_file}, key_file {broker.key_file}"
            context.load_cert_chain(broker.cert_file, broker.key_file)
    except OSError as error:  # ssl.SSLError is one
        raise BrokerError(f"[broker] {told}: {error.strerror or error}") from None
    return context

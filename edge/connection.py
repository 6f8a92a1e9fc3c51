"""One MQTT connection that keeps itself up: paho-mqtt with its known traps fenced in.

Nothing escapes a callback, because that ends paho's network thread while `is_connected()` stays
true; `check` looks for a thread that ended all the same. A broker that is away is no error.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from contract.site import Broker
from edge.tls import context_for, why_not
from host.backoff import Backoff

log = structlog.get_logger(__name__)

KEEPALIVE_S = 15
FIRST_WAIT_S = 0.5
MAX_WAIT_S = 30.0
BRIEF_S = 10.0
"""A connection that is lost sooner was of no use …"""
MAX_BRIEF = 3
"""… and after so many in a row somebody is told, and the wait grows."""
MAX_UNCONFIRMED = 64
"""Publishes without a PUBACK. A connection that stalls must not fill the memory."""
GOODBYE_S = 2.0
PASSWORD = "FLOORWATCH_MQTT_PASSWORD"


@dataclass(frozen=True, slots=True)
class Received:
    """A message from the broker, and what it takes to confirm it."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    retained: bool
    """An old message that the broker keeps for newcomers, not one that was sent just now."""
    generation: int
    """Which connection it came by: after a reconnect old message ids mean something else."""
    again: bool = False
    """The broker may have sent it before."""
    session: int | None = None
    """The connection with which its session began; None for one from before this process."""


@dataclass(frozen=True)
class Will:
    """What the broker says, retained, when the connection breaks."""

    topic: str
    payload: bytes


class Connection:
    """A client that reconnects for ever. `on_message` and `on_connected` run on its thread."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        subscriptions: Sequence[str],
        *,
        on_message: Callable[[Received], None],
        on_connected: Callable[[], None] = lambda: None,
        will: Will | None = None,
        manual_ack: bool = False,
        qos: int = 1,
    ) -> None:
        self._qos = qos
        self._broker = broker
        self._tls = context_for(broker)
        self._client_id = client_id
        self._subscriptions = subscriptions
        self._on_message = on_message
        self._on_connected = on_connected
        self._will = will
        self._manual_ack = manual_ack
        self._backoff = Backoff(FIRST_WAIT_S, MAX_WAIT_S)
        self._failure: str | None = None
        """Why the last attempt failed: said once, not at each."""
        self._generation = 0
        self._session: int | None = None
        self._up_since_s = 0.0
        self._brief = 0
        self._unconfirmed = 0
        self._listening = False
        self._lock = threading.Lock()
        self._client: paho.Client | None = None
        self._log = log.bind(broker=f"{broker.host}:{broker.port}", client=client_id)

    def start(self) -> None:
        """Begin to connect, and return at once."""
        self._client = self._new_client()
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    def stop(self, goodbye: Will | None = None) -> None:
        """Say goodbye if there is somebody to hear it, and end the network thread."""
        client, self._client = self._client, None
        if client is None:
            return
        if goodbye is not None and client.is_connected():
            sent = client.publish(goodbye.topic, goodbye.payload, qos=1, retain=True)
            try:
                sent.wait_for_publish(GOODBYE_S)
            except (RuntimeError, ValueError):
                self._log.info("no goodbye: the connection was lost")
        client.disconnect()
        client.loop_stop()

    @property
    def is_up(self) -> bool:
        """Whether the broker has taken us in."""
        client = self._client
        return client is not None and client.is_connected()

    @property
    def is_listening(self) -> bool:
        """Whether the broker has taken our subscriptions, so that nothing passes us by."""
        return self._listening and self.is_up

    @property
    def is_congested(self) -> bool:
        """Whether so much is under way that more would only pile up in memory."""
        return self._unconfirmed >= MAX_UNCONFIRMED

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Hand over a message with QoS 1; False when there is no connection."""
        client = self._client
        if client is None or not client.is_connected():
            return False
        with self._lock:
            self._unconfirmed += 1
        done = client.publish(topic, payload, qos=1, retain=retain)
        return done.rc in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN)

    def confirm(self, message: Received) -> None:
        """Send the PUBACK of a message, with `manual_ack`, if its connection still stands."""
        client = self._client
        if client is not None and message.qos and message.generation == self._generation:
            client.ack(message.mid, message.qos)

    def check(self) -> bool:
        """Look whether the network thread lives, and replace it if not. True: it was alive."""
        if self._client is None or self._thread_lives():
            return True
        self._log.error("the network thread has died; starting another")
        dead = self._client
        self.start()
        dead.loop_stop()
        return False

    def _thread_lives(self) -> bool:
        name = f"paho-mqtt-client-{self._client_id}"
        return any(thread.name == name for thread in threading.enumerate())

    def _new_client(self) -> paho.Client:
        broker = self._broker
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=False,  # commands and device messages wait while we are away
            manual_ack=self._manual_ack,
        )
        client.suppress_exceptions = True
        if broker.username is not None:
            client.username_pw_set(broker.username, os.environ.get(PASSWORD))
        if self._tls is not None:
            client.tls_set_context(self._tls)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, qos=1, retain=True)
        client.max_queued_messages_set(0)
        client.on_connect = self._guarded(self._connected)
        client.on_socket_open = self._guarded(_send_at_once)
        client.on_connect_fail = self._guarded(self._connect_failed)
        client.on_disconnect = self._guarded(self._disconnected)
        client.on_message = self._guarded(self._received)
        client.on_publish = self._guarded(self._confirmed)
        client.on_subscribe = self._guarded(self._subscribed)
        with self._lock:
            self._unconfirmed = 0
        self._backoff.succeeded()
        self._put_off(client)
        return client

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        def call(*given: Any) -> None:
            try:
                callback(*given)
            except Exception:
                self._log.exception("a callback failed", callback=callback.__name__)

        return call

    def _connected(self, client: paho.Client, _data: Any, flags: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            self._log.error("the broker refused us", reason=str(code))
            self._put_off(client)
            return
        self._failure = None
        self._generation += 1
        if not flags.session_present:
            self._session = self._generation
        self._listening = False
        # Two clients of one id take each other's place: both would go on for ever, many times a
        # second, and neither be of use. So a connection is a success once it has lasted.
        self._up_since_s = time.monotonic()
        if self._brief < MAX_BRIEF:
            self._backoff.succeeded()
        self._put_off(client)
        if self._subscriptions:
            client.subscribe([(topic, self._qos) for topic in self._subscriptions])
        self._log.info("connected")
        self._on_connected()

    def _connect_failed(self, client: paho.Client, _data: Any) -> None:
        # paho calls this while it handles the error, and does not say which it was.
        reason = why_not(sys.exception())
        if reason != self._failure:
            self._log.warning("no broker there; trying for ever", reason=reason)
            self._failure = reason
        self._put_off(client)

    def _disconnected(
        self, _client: paho.Client, _data: Any, _flags: Any, code: Any, _p: Any
    ) -> None:
        if code.is_failure:
            self._log.warning("connection lost", reason=str(code))
        brief = code.is_failure and time.monotonic() - self._up_since_s < BRIEF_S
        self._brief = self._brief + 1 if brief else 0
        if self._brief == MAX_BRIEF:
            self._log.error(
                "the broker takes us in and drops us again and again",
                why="a second agent of this id, perhaps on another machine; or the broker's limits",
            )

    def _received(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._on_message(
            Received(
                topic=message.topic,
                payload=bytes(message.payload),
                mid=message.mid,
                qos=message.qos,
                retained=message.retain,
                again=message.dup,
                session=self._session,
                generation=self._generation,
            )
        )

    def _confirmed(self, *_given: Any) -> None:
        with self._lock:
            self._unconfirmed = max(0, self._unconfirmed - 1)

    def _subscribed(self, _client: paho.Client, _data: Any, _mid: int, codes: Any, _p: Any) -> None:
        for topic, code in zip(self._subscriptions, codes, strict=False):
            if code.is_failure:
                self._log.error("the broker refused a subscription", topic=topic, reason=str(code))
        self._listening = not any(code.is_failure for code in codes)

    def _put_off(self, client: paho.Client) -> None:
        # paho doubles its own delay without jitter; told anew each time, it waits just this long.
        delay_s: Any = self._backoff.failed()
        client.reconnect_delay_set(delay_s, delay_s)


def _send_at_once(_client: paho.Client, _data: Any, sock: Any) -> None:
    # Nagle's algorithm would hold a small packet back until the last one is acknowledged, which
    # the other side's TCP may put off for 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

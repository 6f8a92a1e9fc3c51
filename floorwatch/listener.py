"""Listens to a broker for as long as a command runs, and leaves nothing behind there."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
import typer
from paho.mqtt.enums import CallbackAPIVersion

from contract.site import Broker
from edge.connection import PASSWORD
from edge.errors import EdgeError
from edge.tls import context_for, why_not
from floorwatch.errors import CommandError

ANSWER_S = 10.0


class BrokerListener:
    """Is subscribed from `with` to its end; a line that breaks is taken up again.

    Parameters
    ----------
    on_message
        Called on a thread of its own. Nothing may escape from it.

    Raises
    ------
    CommandError
        On entering: the broker is not there, is not believed, or does not take us in.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Sequence[str],
        on_message: Callable[[paho.MQTTMessage], None],
    ) -> None:
        self._broker = broker
        self._told = f"the broker at {broker.host}:{broker.port}"
        self._topics = topics
        self._answered = threading.Event()
        self._refused: str | None = None
        # No session: a broker would keep messages for a recorder that never comes back.
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"recorder-{time.time_ns()}"
        )
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = lambda _client, _data, message: on_message(message)

    def __enter__(self) -> Self:
        broker = self._broker
        if broker.username is not None:
            self._client.username_pw_set(broker.username, os.environ.get(PASSWORD))
        try:
            tls = context_for(broker)
            if tls is not None:
                self._client.tls_set_context(tls)
            self._client.connect(broker.host, broker.port)
        except EdgeError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{self._told}: {why_not(error)}") from None
        self._client.loop_start()
        in_time = self._answered.wait(ANSWER_S)
        if not in_time or self._refused is not None:
            self._hang_up()
            why = self._refused or f"did not answer in {ANSWER_S:.0f} s"
            raise CommandError(f"{self._told} {why}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hang_up()

    def _hang_up(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: paho.Client, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            self._refuse(f"refused us: {code}. User name and TLS are in the site's [broker]")
            return
        client.subscribe([(each, 1) for each in self._topics])

    def _subscribed(
        self, _client: paho.Client, _data: Any, _mid: int, codes: Sequence[Any], _p: Any
    ) -> None:
        refused = [t for t, code in zip(self._topics, codes, strict=False) if code.is_failure]
        if refused:
            self._refuse(f"does not let us listen to {', '.join(refused)}")
        self._answered.set()

    def _refuse(self, why: str) -> None:
        if self._answered.is_set():  # in the middle of a recording: it may let us in again
            typer.echo(f"floorwatch: {self._told} {why}", err=True)
        else:
            self._refused = why
            self._answered.set()

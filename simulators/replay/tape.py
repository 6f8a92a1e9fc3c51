"""Plays one of our own recordings back byte for byte: what agents published, at its own times."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.errors import UnknownTopicError
from contract.instants import NS_PER_S
from contract.site import Site
from contract.tick import Tick
from simulators.errors import RecordingError
from simulators.recordings.own import Crossing, read

PLAYED = (*topics.UPWARD, "tick")
"""What the gateway listens to. Acknowledgements and commands are the replayed gateway's own."""
CONNECT_S = 30.0


@dataclass(frozen=True)
class Reel:
    """One second of a recording."""

    at_ns: int
    crossings: tuple[Crossing, ...]


def reels(path: Path, site: Site) -> list[Reel]:
    """Return a recording second by second, with a tick at the end of each.

    Raises
    ------
    RecordingError
        When nothing in it is of this site.
    """
    played: list[Crossing] = []
    sites: set[str] = set()
    for crossing in read(path):
        try:
            topic = topics.parse(crossing.topic)
        except UnknownTopicError:
            continue
        sites.add(topic.site)
        if topic.site == site.id and topic.stream in PLAYED:
            played.append(crossing)
    if not played:
        found = f"of {', '.join(sorted(sites))}" if sites else "of no site"
        raise RecordingError(f'{path}: it is {found}, and nothing in it is of "{site.id}"')
    played.sort(key=lambda crossing: crossing.arrived_ns)
    ticked = any(crossing.topic.endswith("/tick") for crossing in played)
    return list(_by_second(played, None if ticked else site))


def _by_second(played: Sequence[Crossing], site: Site | None) -> Iterator[Reel]:
    at_ns = played[0].arrived_ns // NS_PER_S * NS_PER_S
    i = 0
    while i < len(played):
        at_ns += NS_PER_S
        begin = i
        while i < len(played) and played[i].arrived_ns < at_ns:
            i += 1
        crossings = list(played[begin:i])
        if site is not None:
            topic = topics.topic(site.id, site.gateway.id, Tick.stream)
            tick = Tick(at_ns=at_ns).model_dump_json().encode()
            crossings.append(Crossing(at_ns, topic, tick))
        yield Reel(at_ns, tuple(crossings))


class Tape:
    """Publishes crossings as they were, each with QoS 1 and in their order."""

    def __init__(self, host: str, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="floorwatch-tape")
        self._client.max_inflight_messages_set(1)
        self._connected = threading.Event()
        self._client.on_connect = lambda *_: self._connected.set()
        self._address = (host, port)
        self.published = 0

    @contextmanager
    def connected(self) -> Iterator[Tape]:
        """Connect, and hang up at the end.

        Raises
        ------
        RecordingError
            When the broker does not answer.
        """
        host, port = self._address
        try:
            self._client.connect(host, port)
        except OSError as error:
            raise RecordingError(f"the broker at {host}:{port}: {error}") from None
        self._client.loop_start()
        try:
            if not self._connected.wait(CONNECT_S):
                raise RecordingError(f"the broker at {host}:{port} does not answer")
            yield self
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def publish(self, crossings: Sequence[Crossing]) -> None:
        """Publish these, and return once the broker has them all."""
        handed = [self._client.publish(c.topic, c.payload, qos=1) for c in crossings]
        for each in handed:
            each.wait_for_publish(CONNECT_S)
        self.published += len(crossings)


def wait_until_due(at_ns: int, first_ns: int, begun_s: float, speed: float | None) -> None:
    """Return when `at_ns` is due at this speed; at once when as fast as it goes."""
    if speed is not None:
        due_s = begun_s + (at_ns - first_ns) / NS_PER_S / speed
        time.sleep(max(0.0, due_s - time.monotonic()))

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contract.instants import Clock
from contract.site import Broker as Table
from contract.site import Site
from contract.sitefile import parse
from edge.agent import Agent
from edge.link import Link
from edge.runtime import build_agent
from edge.sensor import Source
from edge.spool import Spool
from tests.support.brokers import Broker

SITE = """
[site]
id = "hall-7"

[[zone]]
id = "racking"

[[wearer]]
id = "a-lind"
name = "Anna Lind"
phone = "+46700001001"

[[device]]
id = "belt-01"
kind = "imu"
wearer = "a-lind"
worn = "trunk"
can_ask = true

[[agent]]
id = "edge-1"
{sensors}
"""
MQTT = '[[agent.sensors]]\nkind = "mqtt"\n'


def site(sensors: str = "") -> Site:
    return parse(SITE.format(sensors=sensors))


@contextmanager
def running(broker: Broker, state: Path, sensors: str = "", **given: Any) -> Iterator[Agent]:
    """An agent as `python -m edge` builds it, in this process."""
    agent = build_agent(
        site(sensors),
        "edge-1",
        state_dir=state,
        broker_host=broker.host,
        broker_port=broker.port,
        **given,
    )
    agent.start()
    try:
        yield agent
    finally:
        agent.stop()


@contextmanager
def running_with(
    broker: Broker,
    state: Path,
    sources: Sequence[Source] = (),
    *,
    clock: Clock = time.time_ns,
    monotonic: Clock = time.monotonic_ns,
    key: bytes | None = None,
    **limits: Any,
) -> Iterator[Agent]:
    """An agent with these sources, and clocks that the test may wind."""
    known = site().slice_for("edge-1")
    spool = Spool(state / "spool.sqlite3", clock, **limits)
    link = Link(Table(host=broker.host, port=broker.port), known.id, "edge-1", key)
    agent = Agent(known, "edge-1", spool, link, sources, clock, monotonic=monotonic)
    agent.start()
    try:
        yield agent
    finally:
        agent.stop()


class Wound:
    """A clock that goes on by itself, and is wound by the test as well."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self.ahead_ns = 0

    def __call__(self) -> int:
        return self._clock() + self.ahead_ns

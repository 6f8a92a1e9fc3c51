"""Plays moments through the real agent, broker, gateway and backend, in step with the recording.

Each second of the recording is offered to the agent; once the gateway has acknowledged all of it
and the backend has every detection, the recording's clock moves on and the paging engine does what
is due. So the result is the same at any speed, on any machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from backend.incidents.lifecycle import Life
from backend.incidents.view import IncidentSummary, IncidentView
from backend.paging.channel import Channel
from backend.runtime import BackendProcess
from contract.message import Block
from contract.site import Site
from edge.agent import Agent
from edge.runtime import build_agent
from gateway.runtime import Gateway
from simulators.errors import SimulatorError
from simulators.replay.clock import ReplayClock
from simulators.replay.stage import AGENT
from simulators.replay.tape import Reel, Tape, wait_until_due
from simulators.replay.timeline import Moment, Playing

PATIENCE_S = 60.0
"""A second of recording takes a few milliseconds. After this long something has died."""
POLL_S = 0.001
FIRST_CONNECT_S = 30.0


class ReplayStuckError(SimulatorError):
    """A part of the system under replay stopped answering."""


@dataclass(frozen=True)
class Progress:
    """How far the replay is."""

    at_ns: int
    blocks: int


class Player:
    """A scratch installation of one site, in this process, over a real broker.

    Parameters
    ----------
    site
        The stage: its channels are the only ones that are used.
    folder
        Where the scratch databases are.
    broker
        Host and port of a running MQTT broker.
    agent
        Which of the site's agents plays. None: a tape does, which holds what agents published.
    channels
        In place of the site's, for a test.
    """

    def __init__(
        self,
        site: Site,
        folder: Path,
        broker: tuple[str, int],
        start_ns: int,
        *,
        agent: str | None = AGENT,
        channels: Iterable[Channel] | None = None,
    ) -> None:
        host, port = broker
        self.clock = ReplayClock(start_ns)
        self.backend = BackendProcess(
            site, state_dir=folder / "backend", clock=self.clock, engine="manual", channels=channels
        )
        self._site = site = site.rehearsal()
        self._folder = folder
        self._broker = (host, port)
        self._agent_id = agent
        self._agent: Agent | None = None
        self._gateway: Gateway | None = None
        self._blocks = 0

    def __enter__(self) -> Self:
        host, port = self._broker
        self.backend.start()
        try:
            self._gateway = Gateway(
                self._site,
                state_dir=self._folder / "gateway",
                broker_host=host,
                broker_port=port,
                backend_url=self.backend.url,
                clock=self.clock,
                ticks="wire",
                exercise=True,
            )
            self._gateway.start()
            self._wait(self._gateway.connected, "the gateway to reach the broker", FIRST_CONNECT_S)
            if self._agent_id is not None:
                self._agent = build_agent(
                    self._site,
                    self._agent_id,
                    state_dir=self._folder / "agent",
                    broker_host=host,
                    broker_port=port,
                    clock=self.clock,
                )
                self._agent.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every part. May be repeated."""
        agent, self._agent = self._agent, None
        gateway, self._gateway = self._gateway, None
        if agent is not None:
            agent.stop()
        if gateway is not None:
            gateway.stop()
        self.backend.stop()

    def play(self, moments: Iterable[Moment], speed: float | None = None) -> Iterator[Progress]:
        """Play each moment and say how far it is; `speed` 1 is real time, None as fast as it goes.

        Raises
        ------
        ReplayStuckError
            When a part does not get on with a second of recording within a minute.
        """
        begun_s, first_ns = time.monotonic(), self.clock()
        for moment in moments:
            wait_until_due(moment.at_ns, first_ns, begun_s, speed)
            if moment.blocks or self._anything_open():
                self._step(moment.at_ns, moment.blocks)
            else:  # a pause between trials, in which nothing can fall due
                self.clock.reach(moment.at_ns)
            for playing in moment.ended:
                self._put_away(playing)
            yield Progress(moment.at_ns, self._blocks)

    def play_back(self, reels: Iterable[Reel], speed: float | None = None) -> Iterator[Progress]:
        """Play a tape back, message for message, and say how far it is."""
        assert self._gateway is not None
        gateway = self._gateway
        begun_s, first_ns = time.monotonic(), self.clock()
        with Tape(*self._broker).connected() as tape:
            for reel in reels:
                wait_until_due(reel.at_ns, first_ns, begun_s, speed)
                self.clock.reach(reel.at_ns)
                tape.publish(reel.crossings)
                self._wait(
                    lambda: gateway.stats().messages >= tape.published, "the gateway to read it"
                )
                self._wait(gateway.idle, "the backend to take the detections")
                self.backend.engine.cycle(reel.at_ns)
                yield Progress(reel.at_ns, gateway.stats().blocks)

    def incidents(self) -> list[IncidentView]:
        """Return every incident that was opened, oldest first, with its pages and timeline."""
        found: list[IncidentSummary] = []
        before: int | None = None
        while page := self.backend.parts.reader.incidents(limit=200, before=before):
            found += page
            before = page[-1].id
        return [self.backend.parts.reader.incident(each.id) for each in reversed(found)]

    def _step(self, at_ns: int, blocks: Iterable[Block]) -> None:
        assert self._agent is not None
        assert self._gateway is not None
        agent, gateway = self._agent, self._gateway
        self.clock.reach(at_ns)
        for block in blocks:
            agent.offer(block)
            self._blocks += 1
        agent.tick(at_ns)
        self._wait(lambda: agent.pending() == 0, "the gateway to acknowledge")
        self._wait(gateway.idle, "the backend to take the detections")
        self.backend.engine.cycle(at_ns)

    def _anything_open(self) -> bool:
        return bool(self.backend.parts.reader.incidents(status=Life.OPEN, limit=1))

    def _put_away(self, playing: Playing) -> None:
        """Resolve what is open of a trial that is over: its person goes on to the next one."""
        for incident in self.backend.parts.reader.incidents(limit=200):
            if incident.person == playing.wearer and incident.status != Life.RESOLVED:
                officer = self._site.person[0].id
                self.backend.parts.acknowledger.resolve(
                    incident.id, officer, "the recorded trial is over"
                )

    def _wait(self, done: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        deadline_s = time.monotonic() + patience_s
        while not done():
            if time.monotonic() > deadline_s:
                raise ReplayStuckError(f"waited {patience_s:.0f} s for {what}, in vain")
            time.sleep(POLL_S)

"""The agent: one thread between the drivers, the spool and the gateway.

Drivers and the network only put something in its inbox, so nothing here needs a lock. It waits for
no timer: what is offered is spooled and sent at once, and what comes meanwhile shares a commit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from typing import Any

import structlog

from contract.ack import Ack
from contract.command import Command
from contract.instants import Clock, ns, seconds
from contract.message import Block
from contract.site import Site
from contract.status import Status
from edge.arrivals import Arrivals
from edge.clockwatch import ClockWatch
from edge.commands import Commands
from edge.drivers import Drivers
from edge.inbox import Connected, Inbox, Item, Offer, Time
from edge.link import Link
from edge.outbound import Outbound
from edge.refusals import MAX_NAMES, Refusals
from edge.remembered import News
from edge.sensor import Source
from edge.spool import NOTHING, Spool
from edge.way import Way

log = structlog.get_logger(__name__)

COUNTED_HERE = Way(numbered=False, believed=True)
FAILED = "the agent failed at it; see the log"
LOOK_S = 0.25
"""How often the agent looks up when nothing comes in: the grain of its resends."""


@dataclass
class _Chore:
    every_s: float
    do: Callable[[], object]
    due_ns: int = 0


class Agent:
    """Takes blocks from drivers, and keeps each until the gateway says that it holds it."""

    def __init__(
        self,
        site: Site,
        agent_id: str,
        spool: Spool,
        link: Link,
        sources: Sequence[Source],
        clock: Clock,
        *,
        monotonic: Clock = time.monotonic_ns,
        clock_is_real: bool = True,
    ) -> None:
        """Put the parts together.

        Parameters
        ----------
        site
            The agent's slice of the site.
        clock
            UTC; a replay hands in the recording's own, with `clock_is_real` false.
        """
        self.id = agent_id
        self.refusals = Refusals()
        self._spool = spool
        self._link = link
        self._clock = clock
        self._monotonic = monotonic
        self._clock_watch = ClockWatch(clock(), monotonic()) if clock_is_real else None
        self._inbox = Inbox()
        self._arrivals = Arrivals(spool.next_boot, *spool.remembered(), self.refusals.add)
        self._outbound = Outbound(agent_id, spool, link, clock, monotonic)
        self._commands = Commands(clock, spool)
        self._drivers = Drivers(sources, self._take, self.refusals, monotonic)
        self._unreached: dict[str, Command] = {}
        self._unsent_ticks: list[int] = []
        self._heard_ns: dict[str, int] = {}
        self._known = frozenset(site.devices)
        self._worker = threading.Thread(target=self._work, name=f"agent-{agent_id}", daemon=True)
        self._handlers: dict[type, Callable[[Any], None]] = {
            Offer: self._offered,
            Ack: self._outbound.acknowledged,
            Command: self._commanded,
            Time: self._times,
            Connected: self._connected,
        }
        self._chores = (
            _Chore(LOOK_S, self._outbound.resend),
            _Chore(1.0, self._watch_clock),
            _Chore(1.0, self._link.check),
            _Chore(1.0, self._drivers.look_after),
            _Chore(1.0, self._command_again),
            _Chore(1.0, self._tell_refusals),
            _Chore(30.0, self._tell_status),
            _Chore(60.0, self._spool.expire),
            _Chore(60.0, self._outbound.look_again),
        )

    def start(self) -> None:
        """Begin: connect, send what is left from last time, and start the drivers."""
        self._link.start(self)
        self._worker.start()

    def stop(self) -> None:
        """End in order: no more from the drivers, all of it spooled, then say goodbye."""
        self._drivers.stop()
        self._inbox.close()
        if self._worker.is_alive():
            self._worker.join()
        self._link.stop(self._clock)
        self._spool.close()

    @property
    def is_alive(self) -> bool:
        """Whether its thread works. If not, the process is of no use and should end."""
        return self._worker.is_alive()

    def offer(
        self, block: Block, *, numbered: bool = True, settled: Callable[[], None] | None = None
    ) -> None:
        """Take a block, from any thread; wait if far too many are here already.

        It is safe from a power cut once `settled` is called, or `pending` has counted it out.
        """
        self._take(Offer(block, Way(numbered=numbered, believed=True), settled))

    def tick(self, at_ns: int) -> None:
        """Tell the gateway that it is `at_ns`, after whatever was offered before. For a replay."""
        self._inbox.put(Time(at_ns))

    def pending(self) -> int:
        """Return how many blocks were offered and are not yet acknowledged by the gateway."""
        return self._inbox.unsettled + self._spool.blocks + len(self._unsent_ticks)

    def status(self) -> Status:
        """Return how the agent is. On the agent's own thread, or once it has stopped."""
        depth = self._spool.depth()
        return Status(
            agent=self.id,
            state="online",
            at_ns=self._clock(),
            version=_version(),
            spooled=depth.blocks,
            spooled_bytes=depth.bytes,
            dropped=depth.dropped,
            refused=self.refusals.total,
            oldest_ns=depth.oldest_ns,
            set_aside=depth.set_aside,
            unspooled=depth.unspooled,
            disbelieved=self._link.disbelieved,
            clock_steps=self._clock_watch.steps if self._clock_watch else 0,
            devices=dict(self._heard_ns),
        )

    def connected(self) -> None:
        """Be told by the link that it is up."""
        self._inbox.put(Connected())

    def acknowledged(self, ack: Ack) -> None:
        """Be told by the link what the gateway holds."""
        self._inbox.put(ack)

    def commanded(self, command: Command) -> None:
        """Be told by the link what a device is to do."""
        self._inbox.put(command)

    def _take(self, offer: Offer) -> None:
        self._inbox.put(replace(offer, arrived_ns=self._clock()))

    def _work(self) -> None:
        while (items := self._inbox.take(LOOK_S)) is not None:
            for kind, group in groupby(items, key=type):
                self._handle(kind, list(group))
            now_ns = self._monotonic()
            for chore in self._chores:
                if now_ns >= chore.due_ns:
                    chore.due_ns = now_ns + ns(chore.every_s)
                    self._guard(chore.do)

    def _handle(self, kind: type, group: Sequence[Item]) -> None:
        try:
            self._handlers[kind](group)
        except Exception:
            log.exception("the agent failed at something", what=kind.__name__, count=len(group))
        finally:
            if kind in (Offer, Time):
                self._inbox.settle(len(group))

    def _offered(self, offers: Sequence[Offer]) -> None:
        blocks = [block for block in map(self._arrived, offers) if block is not None]
        self._take_in(blocks, self._arrivals.news())
        for offer in offers:
            if offer.settled is not None:
                self._guard(offer.settled)

    def _take_in(self, blocks: Sequence[Block], news: News = NOTHING) -> None:
        try:
            self._outbound.take_in(blocks, news)
        except Exception:
            if len(blocks) == 1:
                self.refusals.add(blocks[0].device, FAILED)
                log.exception("a block could not be taken", device=blocks[0].device)
            else:  # one of them is poison, and is not to take the others with it
                for block in blocks:
                    self._take_in([block])

    def _arrived(self, offer: Offer) -> Block | None:
        """Return a block as it goes on; None for a copy, or what is refused. Once an offer."""
        device = offer.block.device
        if device in self._known or device in self._heard_ns or len(self._heard_ns) < MAX_NAMES:
            self._heard_ns[device] = offer.arrived_ns
        try:
            return self._arrivals.take(offer.block, offer.way, offer.arrived_ns)
        except Exception:
            self.refusals.add(device, FAILED)
            log.exception("a block could not be taken", device=device)
            return None

    def _commanded(self, commands: Sequence[Command]) -> None:
        for command in commands:
            waited = self._unreached.pop(command.id, None)
            judgement = self._commands.judge(command)
            if judgement != "new":
                log.warning("command not carried out", why=judgement, id=command.id)
            elif self._drivers.command(command):
                self._commands.carried_out(command)
                log.info("command passed on", device=command.device, command=command.command)
            else:
                self._unreached[command.id] = command
                if waited is None:
                    log.error("no driver reaches the device", device=command.device, id=command.id)

    def _command_again(self) -> None:
        self._commanded(tuple(self._unreached.values()))

    def _times(self, times: Sequence[Time]) -> None:
        self._unsent_ticks += [time_.at_ns for time_ in times]
        while self._unsent_ticks and self._link.publish_tick(self._unsent_ticks[0]):
            self._unsent_ticks.pop(0)

    def _connected(self, _times: Sequence[Connected]) -> None:
        self._tell_status()
        self._outbound.connected()
        self._times(())

    def _tell_status(self) -> None:
        self._link.publish_status(self.status())

    def _tell_refusals(self) -> None:
        now_ns = self._clock()
        untold = self.refusals.untold(self._monotonic(), now_ns, self._known, self.id)
        told = [self._arrivals.take(each, COUNTED_HERE, now_ns) for each in untold]
        if blocks := [block for block in told if block is not None]:
            self._take_in(blocks, self._arrivals.news())

    def _watch_clock(self) -> None:
        if self._clock_watch is None:
            return
        step_ns = self._clock_watch.step_ns(self._clock(), self._monotonic())
        if step_ns:
            log.warning("the clock was set", by_s=round(seconds(step_ns), 3))
            self._spool.clock_stepped(step_ns)

    def _guard(self, do: Callable[[], object]) -> None:
        try:
            do()
        except Exception:
            log.exception("the agent failed at something", what=getattr(do, "__name__", "?"))


def _version() -> str | None:
    try:
        return version("floorwatch")
    except PackageNotFoundError:
        return None

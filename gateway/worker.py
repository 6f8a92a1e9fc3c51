"""The thread between inbox and disk: judge a group, write it in one commit, acknowledge it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import structlog

from contract.ack import Ack
from contract.batch import MAX_PAYLOAD_BYTES
from contract.detection import Detection
from contract.instants import Clock, seconds
from contract.report import SPEAKER
from gateway.acknowledgement import acknowledgements
from gateway.effects import Effects, RefuseBlock, SetAside
from gateway.errors import StoreError
from gateway.inbox import Inbox, InboxItem
from gateway.ingest import UNKNOWN, Ingest
from gateway.ledger import Ledger
from gateway.refusal_log import RefusalLog
from gateway.tally import GatewayTally

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

GROUP = 64
"""Messages in one commit at most: a commit costs an fsync, and what waits for it waits longer."""
TICK_S = 1.0
SPEAK_UP_S = 10.0
"""How often it is said of one agent that somebody else speaks as it."""


class Delivers(Protocol):
    """What the worker needs of the sender."""

    def kick(self) -> None:
        """Look into the outbox now."""
        ...

    def urgent(self, detections: Sequence[Detection]) -> None:
        """Send these although they could not be written down."""
        ...


class Worker:
    """Carries out what the ingest says. It alone touches the pipeline and writes blocks.

    Parameters
    ----------
    own_ticks
        Tell the pipeline the time once a second. Otherwise time comes over the wire.
    keep_accounts
        Called once a second, in this thread.
    orders_refused
        Called with what the backend asked for and was refused.
    publish_ack
        Called with an agent and its acknowledgement, after the commit.
    """

    def __init__(
        self,
        gateway: str,
        ingest: Ingest,
        ledger: Ledger,
        inbox: Inbox,
        sender: Delivers,
        publish_ack: Callable[[str, Ack], None],
        tally: GatewayTally,
        clock: Clock,
        *,
        own_ticks: bool,
        keep_accounts: Callable[[], None] = lambda: None,
        orders_refused: Callable[[Sequence[RefuseBlock]], None] = lambda refused: None,
    ) -> None:
        self._gateway = gateway
        self._ingest = ingest
        self._ledger = ledger
        self._inbox = inbox
        self._sender = sender
        self._publish_ack = publish_ack
        self._keep_accounts = keep_accounts
        self._orders_refused = orders_refused
        self._tally = tally
        self._clock = clock
        self._own_ticks = own_ticks
        self._refusals = RefusalLog()
        self._spoken_s: dict[str, float] = {}
        self._stopping = False
        self._next_s = time.monotonic() + TICK_S
        self._thread = threading.Thread(target=self._run, name="gateway-worker", daemon=True)
        self.blocked = False
        """The latest commit failed."""
        self.recorder_bytes = ledger.recorder.bytes_used

    def start(self) -> None:
        """Begin to judge what arrives."""
        self._thread.start()

    def stop(self) -> None:
        """Deal with what has arrived, and end."""
        self._stopping = True
        self._inbox.wake()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while True:
            group = self._inbox.take(GROUP, max(0.0, self._next_s - time.monotonic()))
            if not group and self._stopping:
                return
            try:
                self.work(group)
            except Exception:
                # A bug of ours. Nothing of the group was acknowledged, so all of it comes again.
                log.exception("worker-failed", messages=len(group))
                self._tally.add("faults")
            finally:
                self._inbox.settle(len(group))

    def work(self, group: Sequence[InboxItem]) -> None:
        """Deal with a group of publishes, and with a second that has passed."""
        effects = Effects()
        for arrival in group:
            effects.add(self._receive(arrival))
        second_passed = time.monotonic() >= self._next_s
        if second_passed:
            self._next_s = time.monotonic() + TICK_S
            if self._own_ticks:
                effects.add(self._ingest.tick(self._clock()))
        # What is found goes out before anything is said about it.
        self._commit(effects)
        self._tally.note(effects, len(group))
        self._refusals.say(effects.rejects, self._clock())
        for thing in effects.set_aside:
            log.error("set-aside", device=thing.device, reason=thing.reason)
        if second_passed:
            self._keep_house()

    def _receive(self, arrival: InboxItem) -> Effects:
        try:
            return self._ingest.receive(*arrival)
        except Exception as error:
            # A bug of ours, which the same bytes would meet again. The others must not wait for it.
            log.exception("ingest-failed", topic=arrival.topic[:200])
            told = f"the ingest failed: {type(error).__name__}: {error}"[:500]
            payload = arrival.payload[:MAX_PAYLOAD_BYTES]
            aside = SetAside(UNKNOWN, told, payload, arrival.arrived_ns)
            return Effects(set_aside=[aside], faults=1)

    def _commit(self, effects: Effects) -> None:
        held = list(effects.known)
        if effects.durable_wanted:
            try:
                committed = self._ledger.commit(effects, self._clock())
            except StoreError as error:
                self._not_committed(effects, error)
            else:
                if self.blocked:
                    log.warning("writing-again")
                    self.blocked = False
                written = [record.identity for record in effects.records]
                self._ingest.durable(written)
                held += written
                self._tally.add("blocks", committed.blocks)
                self._tally.add("detections", committed.detections)
                self._tally.add("detections_folded", committed.folded)
                if committed.detections:
                    self._sender.kick()
        self._speak_up(effects)
        orders = [each for each in effects.refused if each.identity.agent == SPEAKER]
        if orders:
            self._orders_refused(orders)
        for agent, ack in acknowledgements(self._gateway, held, effects.refused):
            self._tally.add("acknowledged", sum(_count(ack)))
            self._publish_ack(agent, ack)

    def _speak_up(self, effects: Effects) -> None:
        """Say, now and then, that an agent's messages are not all its own, or of another time."""
        now_s = time.monotonic()
        for agent in sorted(effects.doubted | effects.twins | effects.ahead.keys()):
            if now_s - self._spoken_s.get(agent, -SPEAK_UP_S) < SPEAK_UP_S:
                continue
            self._spoken_s[agent] = now_s
            if agent in effects.doubted:
                # An agent with a wrong key does not understand it, which is how it learns of that.
                self._publish_ack(agent, Ack(gateway=self._gateway, devices=()))
            if agent in effects.twins:
                log.error("two-agents-of-one-id", agent=agent, or_else="its messages are replayed")
            if agent in effects.ahead:
                ahead_s = round(seconds(effects.ahead[agent]))
                log.warning("clocks-disagree", agent=agent, ahead_s=ahead_s, or_else="ours is slow")

    def _not_committed(self, effects: Effects, error: StoreError) -> None:
        # The blocks come again, because nobody acknowledges them. A detection is made only once,
        # and somebody may be lying there: it goes out of memory, disk or no disk.
        self._tally.add("commit_failures")
        if not self.blocked:
            log.error("not-written", reason=str(error), disk_full=error.full)
            self.blocked = True
        if effects.detections:
            self._tally.add("detections", len(effects.detections))
            self._sender.urgent(effects.detections)

    def _keep_house(self) -> None:
        try:
            self._keep_accounts()
        except Exception:
            # Falls are found without accounts.
            log.exception("accounts-failed")
            self._tally.add("faults")
        try:
            self._tally.add("recorder_trimmed", self._ledger.recorder.trim(self._clock()))
            self.recorder_bytes = self._ledger.recorder.bytes_used
        except StoreError as error:
            log.warning("not-trimmed", reason=str(error))


def _count(ack: Ack) -> Iterator[int]:
    for held in ack.devices:
        for first, last in held.held:
            yield last - first + 1

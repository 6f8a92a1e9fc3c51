"""Brings detections to the backend, each until it is confirmed, and each claim in its order."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import structlog

from contract.command import Command
from contract.detection import AskWearer, Detection
from contract.instants import Clock, seconds
from contract.site import Site
from gateway.backend_client import BackendAnswer, BackendClient, PostResult
from gateway.departures import (
    FIRST_WAIT_S,
    HOLD_S,
    LONGEST_WAIT_S,
    MOST_EACH,
    Departures,
    Reserved,
    WaitingClaim,
)
from gateway.folding import body, rank_of, whom_of
from gateway.lane import GRACE_S, Departure, Posts, SenderLane
from gateway.ledger import Ledger
from gateway.outbox import WaitingDetection
from gateway.rounds import Rounds
from gateway.settlement import Settlement
from gateway.tally import GatewayTally
from host.backoff import Backoff

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

LANES = (Reserved.FOR_SEV1, Reserved.FOR_FIRST_TRIES, Reserved.FOR_NOBODY, Reserved.FOR_NOBODY)
"""Detections under way at a time. The backend writes one at a time: more would only wait there."""
CHOKES_AFTER = 8
"""Tries, some seconds of them. A claim that the backend answers wrongly so often while it takes
others is a claim that it chokes on: somebody is told, and it is tried on."""
STRANGER_AFTER = 8
"""So many wrong answers in a row are not one claim's fault: now one at a time is tried."""
IDLE_S = 5.0
RETRY_NOTES_S = 1.0
MAX_URGENT = 10_000

PublishCommand = Callable[[str | None, Command], None]
"""Called with the device's agent, or None when no agent ever brought anything of it."""


class Sender(Rounds):
    """A thread that reads the outbox and keeps it, and some lanes that empty it.

    What one claim waits for holds up its own later phases and nobody else's. Nothing is given up
    for want of a backend. What the backend refuses as wrong is set aside, and in its place goes a
    claim that it can read.

    Parameters
    ----------
    wake_evidence
        Called when a sensor window has become wanted.
    observe_s
        Told how long each detection waited for its receipt.
    connect
        Returns a connection for each lane.
    hold_s
        How long a repetition is held back.
    """

    def __init__(
        self,
        site: Site,
        state_dir: Path,
        backend_url: str,
        publish_command: PublishCommand,
        wake_evidence: Callable[[], None],
        observe_s: Callable[[float], None],
        tally: GatewayTally,
        clock: Clock,
        *,
        connect: Callable[[], Posts] | None = None,
        hold_s: float = HOLD_S,
    ) -> None:
        super().__init__("gateway-sender", Backoff(FIRST_WAIT_S, LONGEST_WAIT_S))
        self._site = site
        self._ledger = Ledger(state_dir, site, synchronous="NORMAL")
        # The lanes read what they post over a connection of their own, one at a time.
        self._reader = Ledger(state_dir, site, synchronous="NORMAL")
        self._publish_command = publish_command
        self._wake_evidence = wake_evidence
        self._observe_s = observe_s
        self._tally = tally
        self._clock = clock
        self._changed = threading.Condition()
        self._departures = Departures(hold_s)
        self._newest_n = 0
        self._urgent_numbers = count(-1, -1)
        self._urgent: set[int] = set()
        """Numbers of those that are nowhere but in memory: the disk would not take them."""
        self._settlement = Settlement(site, self._ledger, self.urgent, tally, clock)
        self._under_way = 0
        self._wrong_in_a_row = 0
        self._delivered = 0
        self._reached = True
        self._closed_until_s = 0.0
        self._outage = Backoff(FIRST_WAIT_S, LONGEST_WAIT_S)
        connect = connect or (lambda: BackendClient(backend_url))
        self._lanes = [
            SenderLane(
                f"gateway-lane-{n}",
                connect(),
                partial(self._following, kept),
                self._answered,
            )
            for n, kept in enumerate(LANES)
        ]

    def start(self) -> None:
        """Begin with what an earlier process left."""
        super().start()
        for lane in self._lanes:
            lane.start()

    def stop(self) -> None:
        """End after the exchanges that are under way, or cut them off."""
        self._stopping.set()
        self._notify()
        until_s = time.monotonic() + GRACE_S
        for lane in self._lanes:
            lane.stop(until_s)
        super().stop()

    def kick(self) -> None:
        """Look into the outbox now, and try now, whatever was being waited for."""
        with self._changed:
            self._reached, self._closed_until_s = True, 0.0
        super().kick()

    @property
    def alive(self) -> bool:
        """Whether every thread runs."""
        return super().alive and all(lane.alive for lane in self._lanes)

    def urgent(self, detections: Sequence[Detection]) -> None:
        """Send these out of memory: the disk would not take them."""
        now_ns, now_s = self._clock(), time.monotonic()
        with self._changed:
            room = max(0, MAX_URGENT - len(self._urgent))
            if len(detections) > room:
                log.error("no-room-in-memory", detections=len(detections) - room)
            for d in detections[:room]:
                n = next(self._urgent_numbers)
                names = (d.id, d.phase, d.device, whom_of(d), rank_of(d))
                self._urgent.add(n)
                self._departures.add(
                    WaitingDetection(n, *names, d.onset_ns, now_ns, body=body(d)), now_s
                )
            self._reached, self._closed_until_s = True, 0.0
            self._changed.notify_all()

    @property
    def urgent_depth(self) -> int:
        """How many wait in memory alone."""
        return len(self._urgent)

    def busy(self) -> bool:
        """Whether a detection waits or goes for the first time: what comes after it should wait."""
        with self._changed:
            return self._departures.fresh(time.monotonic())

    # The thread that keeps the outbox.

    def _round(self) -> float:
        self._load()  # first: what is new does not wait for a commit
        written = self._settlement.write()
        if written is not None:
            with self._changed:
                for row in written.again:
                    self._departures.again(replace(row, repeats=1), time.monotonic())
            if written.evidence:
                self._wake_evidence()
            if written.stand_ins:
                self._load()
        return RETRY_NOTES_S if self._settlement else IDLE_S

    def _close(self) -> None:
        self._settlement.write()
        self._ledger.close()
        self._reader.close()

    def _load(self) -> None:
        """Take in what was put since, and what found no room before."""
        outbox = self._ledger.outbox
        now_s = time.monotonic()
        while rows := outbox.waiting(self._newest_n, most=MOST_EACH):
            with self._changed:
                for row in rows:
                    self._departures.add(row, now_s)
                self._newest_n = rows[-1].n
        with self._changed:
            for whom in self._departures.behind():
                read = partial(outbox.waiting, whom=whom, most=MOST_EACH)
                self._departures.catch_up(whom, read, now_s)
            self._wake_lanes()

    # The lanes.

    def _following(self, kept: Reserved) -> Departure | None:
        """Return what a lane is to hand over, once there is something; None at the end."""
        with self._changed:
            while not self._stopping.is_set():
                now_s = time.monotonic()
                if not self._reached and self._under_way:
                    self._changed.wait()  # somebody is trying whether the backend is there
                    continue
                if now_s < self._closed_until_s:
                    self._changed.wait(self._closed_until_s - now_s)
                    continue
                row = self._departures.take(now_s, kept)
                if row is None:
                    due_s = self._departures.next_s()
                    self._changed.wait(None if due_s is None else max(0.001, due_s - now_s))
                    continue
                try:
                    found = (row.body, 1) if row.body else self._reader.outbox.body(row.n)
                except sqlite3.Error as error:
                    log.warning("outbox-not-read", reason=str(error))
                    self._departures.back(row)
                    self._changed.wait(RETRY_NOTES_S)
                    continue
                if found is None:
                    self._departures.settled(row)  # somebody has settled it meanwhile
                    continue
                self._under_way += 1
                return Departure(row, *found)
        return None

    def _answered(self, departure: Departure, answer: BackendAnswer) -> None:
        row = departure.row
        # The wearer is asked before our own books are put in order, and before a later phase, whose
        # commands may take these back, can be on its way.
        for asked in answer.receipt.commands if answer.receipt else ():
            self._publish(asked)
        with self._changed:
            self._under_way -= 1
            now_s = time.monotonic()
            if answer.result is PostResult.UNREACHABLE:
                self._departures.back(row)
                self._pause(now_s)
            elif answer.result is PostResult.FAILED:
                claim = self._departures.failed(row, now_s)
                self._wrong_in_a_row += 1
                self._reached = True
                if self._wrong_in_a_row >= STRANGER_AFTER:
                    self._pause(now_s)
                self._announce(claim, departure, answer)
            else:
                self._reached = True
                self._wrong_in_a_row = 0
                self._outage.succeeded()
                self._departures.settled(row)
                self._delivered += answer.result is PostResult.TAKEN
                if row.n < 0:
                    self._urgent.discard(row.n)
                if row.n > 0 or answer.result is PostResult.REFUSED:
                    self._settlement.note(departure, answer)
            self._wake_lanes()
        self._say(row, answer)
        super().kick()

    def _wake_lanes(self) -> None:
        # Four threads that wake up for nothing cost as much as the one that has something to do.
        if len(self._departures):
            self._changed.notify_all()

    def _pause(self, now_s: float) -> None:
        """Let nobody try for a while, and then one at a time."""
        self._reached = False
        self._closed_until_s = now_s + self._outage.failed()

    def _announce(self, claim: WaitingClaim, departure: Departure, answer: BackendAnswer) -> None:
        """Tell somebody about a claim that the backend chokes on, while it takes others."""
        if answer.not_now:
            return
        claim.wrong += 1
        if claim.wrong == 1:
            claim.delivered_before = self._delivered
        others = self._delivered > claim.delivered_before
        if claim.wrong >= CHOKES_AFTER and others and not claim.announced:
            claim.announced = True
            self._settlement.note(departure, answer)

    def _say(self, row: WaitingDetection, answer: BackendAnswer) -> None:
        told = {"detection": row.id, "phase": row.phase, "told": answer.told}
        if answer.result is PostResult.TAKEN:
            self._tally.add("delivered")
            self._observe_s(seconds(self._clock() - row.put_ns))
        elif answer.result is PostResult.REFUSED:
            self._tally.add("detections_set_aside")
            log.error("detection-set-aside", **told)
        else:
            self._tally.add("delivery_failures")
            log.warning("detection-not-delivered", **told)

    def _publish(self, asked: AskWearer) -> None:
        device = self._site.devices.get(asked.device)
        agent = device.agent if device else None
        if agent is None:
            with self._changed:
                agent = self._reader.recorder.agent_of(asked.device)
        command = Command(
            id=asked.id,
            device=asked.device,
            command=asked.command,
            expires_ns=asked.expires_ns,
            from_ns=asked.from_ns,
            to_ns=asked.to_ns,
            at_ns=asked.at_ns,
            upload=asked.upload,
        )
        self._publish_command(agent, command)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

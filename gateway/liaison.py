"""Reports to the backend, and brings back what people have set there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import structlog

from contract import topics
from contract.instants import Clock
from contract.report import SPEAKER, Assignments, Report, Standing
from gateway.account import Account
from gateway.backend_client import BackendClient
from gateway.database import transaction
from gateway.effects import Identity
from gateway.inbox import Arrival, Road
from gateway.ledger import Ledger
from gateway.roster import Roster
from gateway.rounds import Rounds
from gateway.tally import Tally
from host.backoff import Backoff

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

PERIOD_S = 2.0
"""How long an order takes to be in force at most, with everything up."""
LONGEST_WAIT_S = 10.0


class Liaison(Rounds):
    """A thread that asks, so that the backend need not know where the gateway is.

    An order becomes an arrival like any agent's publish: it is recorded, looked at and replayed
    like everything else. It is asked for until it is on the disk. Only here is the backend
    believed: whoever speaks in its name on the broker is an unknown agent.

    Parameters
    ----------
    account
        Returns the worker's newest account.
    offer
        Puts an arrival into the inbox, if there is room.
    """

    def __init__(
        self,
        site: Roster,
        state_dir: Path,
        backend_url: str,
        account: Callable[[], Account],
        offer: Callable[[Arrival], bool],
        tally: Tally,
        clock: Clock,
    ) -> None:
        super().__init__("gateway-liaison", Backoff(PERIOD_S, LONGEST_WAIT_S))
        self._site = site
        self._ledger = Ledger(state_dir, site)
        self._backend = BackendClient(backend_url)
        self._account = account
        self._offer = offer
        self._tally = tally
        self._clock = clock
        self._boot = clock() // 1000 % 2**53
        self._held = self._ledger.standing.orders_held()
        self._pending: tuple[Standing, ...] = ()

    def _close(self) -> None:
        self._backend.close()
        self._ledger.close()

    def _round(self) -> float:
        """Report once."""
        self._settle()
        body = self._report().model_dump_json(exclude_none=True).encode()
        answer, orders = self._backend.post_report(body)
        if orders is None:
            self._tally.add("report_failures")
            log.warning("report-not-taken", told=answer.told)
            return self._backoff.failed()
        self._backoff.succeeded()
        self._tally.add("reports")
        if orders.assignments is not None:
            self._take_up(orders.assignments)
        self._pending = orders.orders
        for block in self._pending:
            topic = topics.topic(self._site.id, SPEAKER, block.stream)
            payload = block.model_dump_json(exclude_none=True).encode()
            self._offer(Arrival(topic, payload, self._clock(), Road.BACKEND))
        return PERIOD_S

    def _settle(self) -> None:
        """Note that the orders of the last answer are held, once they are on the disk."""
        known = self._ledger.recorder
        if self._pending and all(_identity(block) in known for block in self._pending):
            newest = self._pending[-1]
            self._held = (newest.boot, newest.seq)
            log.info("orders-in-force", newest=newest.seq)
            self._pending = ()

    def _report(self) -> Report:
        account = self._account()
        boot, seq = self._held
        refused: Counter[str] = Counter()
        for (_, reason), count in self._tally.refused().items():
            refused[reason.value] += count
        return Report(
            refused=dict(refused),
            bound=account.bound,
            misheard=self._tally.misheard(),
            gateway=self._site.gateway.id,
            boot=self._boot,
            at_ns=self._clock(),
            unknown_tags=account.unknown_tags,
            standing=account.standing,
            whereabouts=account.whereabouts,
            troubles=self._tally.troubles(),
            orders_boot=boot,
            orders_seq=seq,
            tags_seq=self._site.seq,
        )

    def _take_up(self, assignments: Assignments) -> None:
        with transaction(self._ledger.connection):
            self._ledger.memory.keep_assignments(assignments)
        self._site.take_up(assignments)
        log.info("tags-taken-up", assignments=len(assignments.tags))


def _identity(block: Standing) -> Identity:
    return Identity(SPEAKER, block.message, block.device, block.boot, block.seq)

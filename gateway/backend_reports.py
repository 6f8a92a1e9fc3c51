"""Reports to the backend, and brings back what people have set there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from contract import topics
from contract.assignment import AssignmentBlock
from contract.instants import Clock
from contract.message import Block
from contract.report import MOST_REFUSED, SPEAKER, Report, TagRefused
from contract.site import Site
from gateway.account import GatewayAccount
from gateway.backend_client import BackendClient
from gateway.effects import Identity, RefuseBlock
from gateway.inbox import InboxItem, Road
from gateway.ledger import Ledger
from gateway.orders import Numbered, RefusedOrders
from gateway.rounds import Rounds
from gateway.tally import GatewayTally
from host.backoff import Backoff

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

PERIOD_S = 2.0
"""How long an order takes to be in force at most, with everything up."""
LONGEST_WAIT_S = 10.0


class BackendReports(Rounds):
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
        site: Site,
        state_dir: Path,
        backend_url: str,
        account: Callable[[], GatewayAccount],
        offer: Callable[[InboxItem], bool],
        tally: GatewayTally,
        clock: Clock,
    ) -> None:
        super().__init__("gateway-backend-reports", Backoff(PERIOD_S, LONGEST_WAIT_S))
        self._site = site
        self._ledger = Ledger(state_dir, site)
        self._backend = BackendClient(backend_url)
        self._account = account
        self._offer = offer
        self._tally = tally
        self._clock = clock
        self._boot = clock() // 1000 % 2**53
        self._orders = Numbered(self._ledger.standing.orders_held())
        self._tags = Numbered(self._ledger.standing.assignments_held())
        self._refused = RefusedOrders(MOST_REFUSED)

    def refused(self, orders: Iterable[RefuseBlock]) -> None:
        """Note, in the worker's thread, what the site file does not allow. It is not asked again.

        A gateway that is started anew asks once more: its site file may be another one.
        """
        for order in orders:
            if self._refused.note(order.identity, order.reason):
                log.warning("order-refused", order=order.identity.block, reason=order.reason)

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
        self._orders.asked(orders.orders)
        self._tags.asked(orders.assigned)
        for block in (*self._orders.pending, *self._tags.pending):
            if not self._offered(block):
                break  # a later one that got in would be held, and this one never asked for again
        return PERIOD_S

    def _offered(self, block: Block) -> bool:
        topic = topics.topic(self._site.id, SPEAKER, block.stream)
        payload = block.model_dump_json(exclude_none=True).encode()
        return self._offer(InboxItem(topic, payload, self._clock(), Road.BACKEND))

    def _settle(self) -> None:
        """Note which orders of the last answer are held, or refused."""
        if self._orders.settle(self._is_settled):
            log.info("orders-in-force", newest=self._orders.held[1])
        if self._tags.settle(self._is_settled):
            log.info("tags-taken-up", newest=self._tags.held[1])

    def _is_settled(self, order: Identity) -> bool:
        return order in self._refused or self._ledger.recorder.had(order)

    def _report(self) -> Report:
        account = self._account()
        boot, seq = self._orders.held
        tags_boot, tags_seq = self._tags.held
        tags_refused = self._refused.of(AssignmentBlock.model_fields["message"].default)
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
            tags_boot=tags_boot,
            tags_seq=tags_seq,
            tags_refused=tuple(
                TagRefused(seq=number, reason=why) for number, why in tags_refused.items()
            ),
        )

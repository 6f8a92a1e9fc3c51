"""Takes the gateway's reports, and answers with what people have set meanwhile."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.keys import PLACES
from backend.database.tables import GatewayRow
from backend.places.muster import MusterList
from backend.places.standing import Places
from backend.places.tags import Tags
from contract.instants import ns
from contract.report import Orders, Report

FRESH_NS = ns(5)
"""A report that says nothing new is written down so often: a commit costs the disk an fsync."""


@dataclass(frozen=True)
class Reports:
    """The gateway's whole account each time, so one that was lost costs nothing."""

    database: Database
    places: Places
    tags: Tags
    muster: MusterList
    latest: dict[str, Report] = field(default_factory=dict)
    """What each gateway said last, for whoever watches over it."""
    _written: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By gateway: what the latest one said that was written down, and when."""

    def receive(self, report: Report, now_ns: int) -> Orders:
        """Keep what it says; return only after the commit. The same again changes nothing."""
        self.places.note(report.gateway, report.standing)
        self.tags.note(report.gateway, report.tags_refused)
        self.latest[report.gateway] = report
        content = report.model_dump_json(exclude={"at_ns"}).encode()
        told = hashlib.sha256(content).hexdigest()
        before, written_ns = self._written.get(report.gateway, ("", 0))
        if told != before or not 0 <= now_ns - written_ns < FRESH_NS:
            with self.database.write(PLACES) as session:
                self._keep(session, report, now_ns)
            self._written[report.gateway] = (told, now_ns)
        with self.database.read() as session:
            boot = self.places.boot(session)
            return Orders(
                orders=self.places.orders_after(session, report.orders_boot, report.orders_seq),
                assigned=self.tags.assignments_after(
                    session, boot, report.tags_boot, report.tags_seq
                ),
            )

    def _keep(self, session: Session, report: Report, now_ns: int) -> None:
        self.places.learn(session, report.standing, now_ns)
        self.tags.count(session, report.unknown_tags, report.boot, now_ns)
        self.muster.keep(session, report.whereabouts)
        row = GatewayRow(
            id=report.gateway,
            boot=report.boot,
            at_ns=report.at_ns,
            received_ns=now_ns,
            orders_boot=report.orders_boot,
            orders_seq=report.orders_seq,
            tags_seq=report.tags_seq if report.tags_boot == self.places.boot(session) else 0,
        )
        session.merge(row)

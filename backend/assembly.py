"""Puts the backend's parts together on one database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend import policy
from backend.database.connection import Database
from backend.database.migrate import migrate
from backend.database.seed import seed
from backend.incidents.acknowledge import Acknowledger
from backend.incidents.evidence import EvidenceStore
from backend.incidents.intake import Intake
from backend.incidents.reader import Reader
from backend.metrics import Metrics
from backend.paging.channel import Channel
from backend.paging.engine import Engine
from backend.paging.ladder import Ladders
from backend.paging.links import Links
from backend.paging.outbox import Outbox
from backend.paging.overdue import Overdue
from contract.instants import Clock
from contract.site import Site


@dataclass(frozen=True)
class Parts:
    """What the routes stand on; each is found under its name in `request.app.state`."""

    site: Site
    database: Database
    clock: Clock
    metrics: Metrics
    intake: Intake
    evidence: EvidenceStore
    reader: Reader
    acknowledger: Acknowledger
    links: Links
    outbox: Outbox
    engine: Engine
    token: str | None


def assemble(
    site: Site,
    database: Database,
    channels: Mapping[str, Channel],
    clock: Clock,
    *,
    base_url: str,
    secret: str,
    token: str | None = None,
) -> Parts:
    """Migrate and seed the database, check the policy on it, and return the parts, not yet running.

    Raises
    ------
    SiteFileError
        When a step of the escalation would reach nobody.
    """
    migrate(database)
    with database.write() as session:
        seed(session, site, clock())
        policy.check(session, site, channels)
    metrics = Metrics()
    links = Links(database, secret, base_url, clock)
    ladders = Ladders(site, channels)
    outbox = Outbox(site, database, ladders, links)
    reader = Reader(site, database, channels, links)
    return Parts(
        site=site,
        database=database,
        clock=clock,
        metrics=metrics,
        intake=Intake(site, database, ladders, metrics),
        evidence=EvidenceStore(database),
        reader=reader,
        acknowledger=Acknowledger(site, database, ladders, reader, clock),
        links=links,
        outbox=outbox,
        engine=Engine(Overdue(site, database, ladders), outbox, channels, metrics, clock),
        token=token,
    )

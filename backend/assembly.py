"""Puts the backend's parts together on one database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.api.auth import API_TOKEN
from backend.api.readiness import Check, Readiness, database_answers, engine_looks
from backend.clips.clips import Clips
from backend.clips.store import ClipStore
from backend.clips.tickets import Tickets
from backend.database.connection import Database
from backend.database.migrate import migrate
from backend.due.emergency import Emergency
from backend.due.engine import Engine
from backend.due.heartbeat import OutgoingHeartbeat
from backend.due.overdue import Overdue
from backend.due.watchman import Watchman
from backend.evidence.store import EvidenceStore
from backend.incidents.acknowledge import Acknowledger
from backend.incidents.intake import Intake
from backend.incidents.reader import Reader
from backend.incidents.takeover import take_over
from backend.metrics import BackendMetrics
from backend.paging.channel import Channel
from backend.paging.ladder import Ladders
from backend.paging.links import SECRET, Links
from backend.paging.outbox import PageOutbox
from backend.paging.summons import PAGES
from backend.people.roster import roster_of_database
from backend.people.seed import seed
from backend.people.sessions import ConsoleSessions
from backend.places.misheard import RefusedInputs
from backend.places.muster import MusterList
from backend.places.reports import Reports
from backend.places.standing import Places
from backend.places.tags import Tags, current
from backend.policy import reach
from backend.policy.current import Warnings
from contract.instants import Clock
from contract.site import Site
from contract.warning import SiteWarning


@dataclass(frozen=True)
class Parts:
    """The parts of one backend. Routes name those that they need: `backend.api.needs`."""

    site: Site
    database: Database
    clock: Clock
    metrics: BackendMetrics
    intake: Intake
    evidence: EvidenceStore
    clips: Clips
    reader: Reader
    acknowledger: Acknowledger
    places: Places
    tags: Tags
    muster: MusterList
    reports: Reports
    refusals: RefusedInputs
    links: Links
    outbox: PageOutbox
    overdue: Overdue
    engine: Engine
    warnings: Warnings
    emergency: Emergency
    watchman: Watchman
    heartbeat: OutgoingHeartbeat | None
    sessions: ConsoleSessions
    checks: tuple[Check, ...]
    readiness: Readiness
    token: str | None


def assemble(
    site: Site,
    database: Database,
    channels: Mapping[str, Channel],
    clock: Clock,
    *,
    base_url: str,
    secret: str,
    clip_folder: Path,
    token: str | None = None,
    noticed: tuple[SiteWarning, ...] = (),
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
        reach.check(roster_of_database(session), site, channels)
    metrics = BackendMetrics()
    tickets = Tickets(site, secret, base_url, clock)
    links = Links(database, secret, base_url, clock)
    ladders = Ladders(site, channels)
    paging = database.paging
    with database.write() as session:
        take_over(session, site, ladders, clock())
    outbox = PageOutbox(site, paging, ladders, links, channels)
    overdue = Overdue(site, paging, ladders)
    reader = Reader(site, database, channels, links)
    places, tags = Places(site, database, clock), Tags(site, database, clock)
    muster = MusterList(site, database, places, clock)
    engine = Engine(overdue, outbox, channels, metrics, clock)
    database.after_writing[PAGES] = [engine.kick]
    emergency = Emergency(
        site, paging, channels, links, metrics, clock, board_url=f"{base_url.rstrip('/')}/"
    )
    reports = Reports(database, places, tags, muster)
    watchman = Watchman(
        site,
        paging,
        ladders,
        engine,
        channels,
        emergency,
        lambda: dict(reports.latest),
        metrics,
        clock,
    )
    checks = (
        database_answers(database),
        engine_looks(engine, clock),
        Check("somebody-is-called", watchman.nobody_is_forgotten),
        Check("watchman", watchman.all_is_well),
    )
    heartbeat = (
        OutgoingHeartbeat(site.heartbeat, watchman.audit, metrics, clock)
        if site.heartbeat
        else None
    )
    return Parts(
        site=site,
        database=database,
        clock=clock,
        metrics=metrics,
        intake=Intake(site, paging, ladders, metrics, tickets),
        evidence=EvidenceStore(site, database),
        clips=Clips(tickets, ClipStore(clip_folder, clock), database, clock),
        reader=reader,
        acknowledger=Acknowledger(site, database, ladders, reader, clock),
        places=places,
        tags=tags,
        muster=muster,
        reports=reports,
        refusals=RefusedInputs(site, reports.latest),
        links=links,
        outbox=outbox,
        overdue=overdue,
        engine=engine,
        warnings=Warnings(
            site,
            database,
            channels,
            base_url=base_url,
            secrets={SECRET: secret} | ({API_TOKEN: token} if token else {}),
            assigned_tags=current,
            noticed=noticed,
        ),
        emergency=emergency,
        watchman=watchman,
        heartbeat=heartbeat,
        sessions=ConsoleSessions(database, secret, site.id, base_url, clock),
        checks=checks,
        readiness=Readiness(checks),
        token=token,
    )

"""Puts the gateway's parts together, starts them, and stops them so that nothing is lost."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import structlog

from contract.instants import Clock, ns
from contract.report import SPEAKER
from contract.site import Site
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from gateway.account import Accounts
from gateway.backend_reports import BackendReports
from gateway.evidence import Evidence
from gateway.history import History, Store
from gateway.inbox import Inbox
from gateway.ingest import Ingest
from gateway.keyring import read_keys
from gateway.last_heard import LastHeard
from gateway.ledger import Ledger
from gateway.link import Link
from gateway.metrics import Metrics
from gateway.restart import GoesOn, take_up
from gateway.sender import Sender
from gateway.sessions import LastingSessions
from gateway.sqlite_history import SqliteHistory
from gateway.tally import GatewayTally, Stats
from gateway.worker import Worker

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

STATS_FILE = "stats.json"
STATS_EVERY_S = 1.0
HEARD_WITHIN_NS = ns(10)


class Gateway:
    """Stands between the broker and the backend.

    Parameters
    ----------
    site
        The whole site file.
    state_dir
        Holds the database, which a later gateway takes up, and `stats.json`.
    ticks
        `own`: the pipeline is told the time once a second. `wire`: time comes in `tick/1` only, so
        that a replay sees the recording's time.
    exercise
        Marks every detection as one in which nobody is hurt.
    pipeline
        What detects, if not the detectors that the site file asks for.
    folder
        Of the site file: from there the agents' keys are read.

    Raises
    ------
    SiteFileError
        When the site file asks for a detector that does not exist, or an agent's key is missing.
    StoreError
        When the state folder cannot be used.
    """

    def __init__(
        self,
        site: Site,
        *,
        state_dir: Path,
        broker_host: str,
        broker_port: int,
        backend_url: str,
        clock: Clock = time.time_ns,
        ticks: Literal["own", "wire"] = "own",
        exercise: bool = False,
        pipeline: GoesOn | None = None,
        folder: Path = Path(),
    ) -> None:
        keyring = read_keys(site, broker_host, folder)
        self._site = site
        self._state_dir = state_dir
        self._clock = clock
        self._wire_ticks = ticks == "wire"
        self._pipeline: GoesOn = pipeline or Pipeline(site, build(site), exercise=exercise)
        known = self._pipeline if isinstance(self._pipeline, Pipeline) else None
        self._census = LastHeard(site, known.zone_of, known.wearer_of) if known else LastHeard(site)
        self._tally = GatewayTally()
        self._inbox = Inbox(
            agents={SPEAKER, *(agent.id for agent in site.agent)},
            gives_way=lambda: self._tally.add("inbox_overflows"),
        )
        self._metrics = Metrics(self.stats)
        self._ledger = Ledger(state_dir, site)
        self._ingest = Ingest(
            site,
            self._pipeline,
            keyring=keyring,
            wire_ticks=self._wire_ticks,
            played=self._wire_ticks and exercise,
            note=self._census.note,
            on_disk=self._ledger.recorder.had,
        )
        # Others read what only a connection of their own may: this one is for `stats`.
        self._reader = Ledger(state_dir, site, synchronous="NORMAL")
        self._reading = threading.Lock()
        self._accounts = Accounts(
            self._ledger, self._census, lambda: known.unknown_tags if known else {}, clock
        )
        self._sessions = LastingSessions(self._ledger, self._pipeline.lasting, clock)
        self._evidence = Evidence(
            site, state_dir, backend_url, self._tally, clock, lambda: self._sender.busy()
        )
        self._link = Link(
            site,
            broker_host,
            broker_port,
            self._inbox,
            self._tally,
            clock,
            keyring=keyring,
            wire_ticks=self._wire_ticks,
        )
        self._sender = Sender(
            site,
            state_dir,
            backend_url,
            self._link.publish_command,
            self._evidence.kick,
            self._metrics.delivery_s.observe,
            self._tally,
            clock,
        )
        self._worker = Worker(
            site.gateway.id,
            self._ingest,
            self._ledger,
            self._inbox,
            self._sender,
            self._link.publish_ack,
            self._tally,
            clock,
            own_ticks=not self._wire_ticks,
            keep_accounts=self._keep_accounts,
            orders_refused=lambda refused: self._backend_reports.refused(refused),
        )
        self._backend_reports = BackendReports(
            site,
            state_dir,
            backend_url,
            lambda: self._accounts.latest,
            self._inbox.offer,
            self._tally,
            clock,
        )
        self._history = History(site, state_dir, _history_store(site, state_dir), self._tally)
        self._threads = (
            *(self._worker, self._sender, self._evidence, self._history, self._link),
            self._backend_reports,
        )
        self._stopping = threading.Event()
        self._reporter = threading.Thread(target=self._report, name="gateway-stats", daemon=True)
        self.metrics_port: int | None = None

    def start(self) -> None:
        """Take up what the last process left, then listen. A broker may come later."""
        self._census.restore(self._ledger.memory.heard())
        replayed = take_up(
            self._ledger,
            self._ingest,
            self._pipeline,
            self._sender.urgent,
            self._clock,
            self._census.note,
        )
        self._accounts.look()  # what holds is known from the first report on
        log.info("gateway-starts", site=self._site.id, replayed_blocks=replayed)
        self._serve_metrics()
        for part in (self._sender, self._evidence, self._worker, self._history, self._link):
            part.start()
        self._backend_reports.start()
        self._reporter.start()

    def _keep_accounts(self) -> None:
        self._sessions.write()
        self._accounts.look()

    def _serve_metrics(self) -> None:
        port = self._site.gateway.metrics_port
        if port is None:
            return
        try:
            self.metrics_port = self._metrics.serve(port)
        except OSError as error:
            # Somebody else has the port. Falls are found without metrics.
            log.error("metrics-not-served", port=port, reason=str(error))

    def stop(self) -> None:
        """Hang up, finish what has arrived, and let go of everything. What waits is on disk."""
        self._stopping.set()
        if self._reporter.ident is not None:
            self._reporter.join()
        self._backend_reports.stop()
        self._inbox.close()
        for part in (self._worker, self._link, self._sender, self._evidence, self._history):
            part.stop()
        self._sessions.write()
        self._accounts.write()
        self._write_stats()
        self._metrics.close()
        self._reader.close()
        self._ledger.close()

    def idle(self) -> bool:
        """Whether all that arrived is committed, and the backend has every detection or refused it.

        Evidence may still be growing.
        """
        return self._inbox.depth == 0 and self._outbox_depth() == 0

    def connected(self) -> bool:
        """Whether the gateway is subscribed, and what it publishes comes back."""
        return self._link.flowing

    @property
    def alive(self) -> bool:
        """Whether every thread works. If not, the process is of no use and should end."""
        return self._reporter.is_alive() and all(part.alive for part in self._threads)

    def stats(self) -> Stats:
        """Return the gateway's figures."""
        refused = self._tally.refused()
        by_reason: dict[str, int] = defaultdict(int)
        by_device: dict[str, dict[str, int]] = defaultdict(dict)
        for (device, reason), count in refused.items():
            by_reason[reason.value] += count
            by_device[device][reason.value] = count
        now_ns = self._clock()
        return Stats(
            at_ns=now_ns,
            devices_heard=self._tally.devices_heard(now_ns - HEARD_WITHIN_NS),
            site=self._site.id,
            gateway=self._site.gateway.id,
            connected=self._link.flowing,
            inbox_depth=self._inbox.depth,
            outbox_depth=self._outbox_depth(),
            disk_full=self._worker.blocked,
            recorder_bytes=self._worker.recorder_bytes,
            refused=dict(by_reason),
            refused_of=dict(by_device),
            unknown_fields=self._tally.unknown_fields(),
            inbox_overflows_of=self._inbox.dropped,
            **self._tally.counts(),
        )

    def _outbox_depth(self) -> int:
        with self._reading:
            return self._reader.outbox.depth + self._sender.urgent_depth

    def _write_stats(self) -> None:
        """Put the figures into a file, whole: a reader sees the old ones or the new ones."""
        fresh = self._state_dir / f"{STATS_FILE}.new"
        try:
            fresh.write_text(json.dumps(asdict(self.stats())), encoding="utf-8")
            fresh.replace(self._state_dir / STATS_FILE)
        except OSError as error:
            log.warning("stats-not-written", reason=str(error))

    def _report(self) -> None:
        while not self._stopping.wait(STATS_EVERY_S):
            self._write_stats()
            for part in self._threads:
                if not part.alive:
                    log.critical("thread-dead", part=type(part).__name__)


def _history_store(site: Site, state_dir: Path) -> Store:
    if site.gateway.influx_url is not None:
        # Imported here: the client takes longer to import than all the rest of the gateway.
        from gateway.influx_history import InfluxHistory

        return InfluxHistory(site.id, site.gateway)
    return SqliteHistory(state_dir / "history.db")

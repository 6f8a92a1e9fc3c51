"""From the block that settles a fall to its first hand-off, while a whole hall streams and falls.

Gateway and backend are processes of their own over a real Mosquitto (nats-server where that is not
installed), three receivers are another, of which one is healthy; the agent with its spool runs
here. The time begins when the device hands the block to the agent, before it is spooled, and ends
when a receiver has read the page, whichever it is: more than is asked for, never less.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import func, select

from backend.database.connection import Database
from backend.database.tables import IncidentRow, PageAttemptRow, PageRow
from contract.imu import ImuBlock
from contract.instants import ns, seconds
from contract.sitefile import parse
from edge.runtime import build_agent
from tests.benchmarks import stage
from tests.benchmarks.fall_cost import cpu_s
from tests.benchmarks.receivers import Receivers, Way, receivers
from tests.benchmarks.storm import STORMS, Key, Storm, Stream, stream
from tests.support.brokers import Broker, find_mosquitto, free_port, start_broker
from tests.support.postgres import Postgres

DATABASES = ("sqlite", "postgresql")
SICK = {
    "slow": (Way.HANGS, Way.SLOW, Way.HEALTHY),
    "refusing": (Way.HANGS, Way.REFUSES, Way.HEALTHY),
}
"""The healthy one last: it must not wait for the others of the same page."""
UNTRIED_S = 8
LONGEST_S = 60
"""So long after the last block the last page is waited for. What comes later counts as lost."""
SAME_NS = ns(0.5)
"""Further apart the dry run and the gateway do not put the onset of one fall."""


@dataclass(frozen=True)
class Latency:
    """One row of the table."""

    storm: str
    database: str
    receivers: str
    falls: int
    paged: int
    backend_p50_ms: float
    """Until the backend has the detection in its hands."""
    p50_ms: float
    p99_ms: float
    max_ms: float
    target_p99_ms: float
    untried: int
    """Falls of which no page had been tried 8 s after the backend had them."""
    gateway_cores: float
    backend_cores: float
    """CPU by the length of the run, blocks included."""
    load: float
    """Of the whole machine, before the run."""


def measure(
    databases: tuple[str, ...] = DATABASES,
    sick: tuple[str, ...] = tuple(SICK),
    storms: tuple[Storm, ...] = STORMS,
) -> Iterator[Latency]:
    """Run each storm on each database with each set of receivers."""
    for database in databases:
        for who in sick:
            for storm in storms:
                yield _measure(storm, database, who)


def _measure(storm: Storm, database: str, who: str) -> Latency:
    load = float(Path("/proc/loadavg").read_text().split()[0])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="floorwatch-bench-")))
        broker = start_broker("mosquitto" if find_mosquitto() else "nats", folder / "broker")
        stack.callback(broker.stop)
        url = f"sqlite:///{folder}/b/backend.sqlite"
        if database == "postgresql":
            server = Postgres(durable=True)
            stack.callback(server.stop)
            url = server.database()
        paged = stack.enter_context(receivers(*SICK[who]))
        return _run(storm, folder, broker, paged, url, (database, who, load))


def _run(
    storm: Storm,
    folder: Path,
    broker: Broker,
    paged: Receivers,
    database: str,
    row: tuple[str, str, float],
) -> Latency:
    channels = "\n[[channel]]\n".join(
        f'kind = "webhook"\ntimeout_s = 20\nurl = "{url}/page"' for url in paged.urls
    )
    toml = stage.toml(storm.wearers, channels)
    (folder / "site.toml").write_text(toml, "utf-8")
    with _processes(folder, broker, database) as (gateway, backend):
        agent = build_agent(
            parse(toml), stage.AGENT, state_dir=folder / "a",
            broker_host=broker.host, broker_port=broker.port,
        )  # fmt: skip
        agent.start()
        try:
            made = stream(storm)
            start_ns = time.time_ns() + ns(1)
            before = (cpu_s(gateway), cpu_s(backend))
            handed = _offer(made, start_ns, agent.offer)
            _await_pages(database, len(made.settled))
            spent = [cpu_s(pid) - was for pid, was in zip((gateway, backend), before, strict=True)]
        finally:
            agent.stop()
        arrived = paged.first()
    cores = (spent[0] / storm.span_s, spent[1] / storm.span_s)
    return _figures(storm, made, (start_ns, handed), arrived, Database(database), row, cores)


@contextmanager
def _processes(folder: Path, broker: Broker, database: str) -> Iterator[tuple[int, int]]:
    python = (sys.executable, "-P", "-m")
    file = f"{folder}/site.toml"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (folder / "log.txt").open("wb") as logs:
        backend = subprocess.Popen(
            (*python, "backend", file, "--port", str(port), "--state", f"{folder}/b",
             "--database", database),
            stdout=logs, stderr=logs,
        )  # fmt: skip
        gateway = subprocess.Popen(
            (*python, "gateway", file, "--broker-host", broker.host, "--broker-port",
             str(broker.port), "--backend-url", url, "--state", f"{folder}/g"),
            stdout=logs, stderr=logs,
        )  # fmt: skip
        try:
            _await_connection(url, folder / "g" / "stats.json")
            yield gateway.pid, backend.pid
        finally:
            for process in (gateway, backend):
                process.terminate()
            for process in (gateway, backend):
                process.wait()


def _offer(made: Stream, start_ns: int, offer: Callable[[ImuBlock], object]) -> dict[Key, int]:
    handed: dict[Key, int] = {}
    for each in made.offers:
        wait_s = seconds(start_ns + each.after_ns - time.time_ns())
        if wait_s > 0:
            time.sleep(wait_s)
        if each.settles:
            handed[each.device, each.second] = time.time_ns()
        offer(each.block(start_ns))
    return handed


def _figures(
    storm: Storm,
    made: Stream,
    offered: tuple[int, dict[Key, int]],
    arrived: dict[str, int],
    database: Database,
    row: tuple[str, str, float],
    cores: tuple[float, float],
) -> Latency:
    start_ns, handed = offered
    with database.read() as session:
        columns = (IncidentRow.person, IncidentRow.onset_ns, IncidentRow.id, IncidentRow.opened_ns)
        opened = {
            (who, onset): (id_, at) for who, onset, id_, at in session.execute(select(*columns))
        }
        tried = dict(
            session.execute(
                select(PageRow.incident_id, func.min(PageAttemptRow.started_ns))
                .join(PageAttemptRow, PageAttemptRow.page_id == PageRow.id)
                .group_by(PageRow.incident_id)
            ).all()
        )
    database.close()
    latencies: list[float] = []
    until_backend: list[float] = []
    untried = 0
    for key, claim in made.settled.items():
        incident, opened_ns = _opened(opened, claim[0], start_ns + claim[1])
        at_ns = arrived.get(f"{claim[0]} {incident}")
        untried += tried.get(incident, 2**63) - opened_ns > ns(UNTRIED_S)
        if at_ns is not None:
            latencies.append((at_ns - handed[key]) / 1e6)
            until_backend.append((opened_ns - handed[key]) / 1e6)
    if not latencies:
        raise SystemExit("no fall was paged: the benchmark itself is broken")
    latencies.sort()
    until_backend.sort()
    return Latency(
        storm=storm.name,
        database=row[0],
        receivers=", ".join(SICK[row[1]]),
        falls=len(made.settled),
        paged=len(latencies),
        backend_p50_ms=until_backend[len(until_backend) // 2],
        p50_ms=latencies[len(latencies) // 2],
        p99_ms=latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)],
        max_ms=latencies[-1],
        target_p99_ms=storm.target_p99_ms,
        untried=untried,
        gateway_cores=cores[0],
        backend_cores=cores[1],
        load=row[2],
    )


def _opened(
    opened: dict[tuple[str | None, int], tuple[int, int]], person: str, onset_ns: int
) -> tuple[int, int]:
    """Return the incident of a fall, and when it was opened; 0 if there is none."""
    for (who, began_ns), incident in opened.items():
        if who == person and abs(began_ns - onset_ns) <= SAME_NS:
            return incident
    return 0, 0


def _await_pages(url: str, falls: int) -> None:
    """Wait until so many incidents were paged, and at least until a page would count as untried."""
    sent = select(func.count(PageRow.incident_id.distinct())).where(PageRow.sent_ns.is_not(None))
    database = Database(url)
    time.sleep(UNTRIED_S + 1)
    until_s = time.monotonic() + LONGEST_S
    while time.monotonic() < until_s:
        with database.read() as session:
            if session.scalars(sent).one() >= falls:
                break
        time.sleep(1)
    database.close()


def _await_connection(url: str, stats: Path) -> None:
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s:
        try:
            connected = json.loads(stats.read_text())["connected"]
            if connected and httpx.get(f"{url}/healthz").status_code == 200:
                return
        except (OSError, ValueError, httpx.HTTPError):
            pass
        time.sleep(0.1)
    raise SystemExit("gateway and backend did not start")

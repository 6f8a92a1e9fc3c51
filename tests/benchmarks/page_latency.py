"""From the block that settles a fall to the hand-off of the page, while a whole hall streams.

Gateway and backend are processes of their own over a real Mosquitto (nats-server where that is not
installed); the agent with its spool runs here, and so does the HTTP endpoint that is paged. The
time begins when the device hands the block to the agent, before it is spooled, and ends when the
endpoint has read the page: more than the issue asks for, never less.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from contract.instants import NS_PER_S, seconds
from contract.sitefile import parse
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from edge.runtime import build_agent
from tests.benchmarks import stage
from tests.support.brokers import find_mosquitto, free_port, start_broker
from tests.support.receiver import Receiver

WEARERS = 200
FALLS_EACH = 2
WARM_UP_S = 10
PREPARING_S = 20
"""The stream, with its dry run, is made before its first second begins."""
SAME_FALL_S = 10
"""The backend takes two claims so close about one person for one incident."""
BETWEEN_S = 40
"""Between two falls of one wearer: more than the rest after a fall and its evidence."""


@dataclass(frozen=True)
class Latency:
    """The result."""

    broker: str
    falls: int
    paged: int
    backend_p50_ms: float
    """Until the backend has the detection in its hands."""
    p50_ms: float
    p99_ms: float
    max_ms: float
    blocks: int


@dataclass(frozen=True)
class Offer:
    """One block, and when a device hands it over."""

    due_ns: int
    block: Any
    settles: bool


def measure() -> Latency:
    """Stream, fall, and wait for the pages."""
    name = "mosquitto" if find_mosquitto() else "nats"
    with tempfile.TemporaryDirectory(prefix="floorwatch-bench-") as text:
        folder = Path(text)
        broker = start_broker(name, folder / "broker")
        try:
            with Receiver() as endpoint:
                toml = stage.toml(WEARERS, f'kind = "webhook"\nurl = "{endpoint.url}/page"')
                return _run(toml, folder, broker.host, broker.port, name, endpoint)
        finally:
            broker.stop()


def _run(toml: str, folder: Path, host: str, port: int, name: str, endpoint: Receiver) -> Latency:
    arrived: dict[str, int] = {}
    lock = threading.Lock()

    def page(posted: Any) -> tuple[int, dict[str, str]]:
        now_ns = time.time_ns()
        body = posted.json
        with lock:
            arrived.setdefault(f"{body['person']} {body['incident']}", now_ns)
        return 200, {}

    endpoint.answer = page
    file = folder / "site.toml"
    file.write_text(toml, "utf-8")
    site = parse(toml)
    python = (sys.executable, "-P", "-m")
    http_port = free_port()
    url = f"http://127.0.0.1:{http_port}"
    logs = (folder / "log.txt").open("wb")
    processes = [
        subprocess.Popen(
            (*python, "backend", str(file), "--port", str(http_port), "--state", f"{folder}/b"),
            stdout=logs, stderr=logs,
        ),
        subprocess.Popen(
            (*python, "gateway", str(file), "--broker-host", host, "--broker-port", str(port),
             "--backend-url", url, "--state", f"{folder}/g"),
            stdout=logs, stderr=logs,
        ),
    ]  # fmt: skip
    try:
        _await_connection(url, folder / "g" / "stats.json")
        agent = build_agent(
            site, stage.AGENT, state_dir=folder / "a", broker_host=host, broker_port=port
        )
        agent.start()
        try:
            offers, settled = _stream(time.time_ns() + PREPARING_S * NS_PER_S)
            assert offers[0].due_ns > time.time_ns(), "the stream was prepared too late"
            handed: dict[tuple[str, int], int] = {}
            for offer in offers:
                wait_s = seconds(offer.due_ns - time.time_ns())
                if wait_s > 0:
                    time.sleep(wait_s)
                if offer.settles:
                    handed[offer.block.device, offer.block.seq] = time.time_ns()
                agent.offer(offer.block)
            time.sleep(5)
        finally:
            agent.stop()
        incidents = _incidents(url)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
        logs.close()
    return _figures(name, incidents, arrived, settled, handed, len(offers))


def _stream(start_ns: int) -> tuple[list[Offer], dict[tuple[str, int], tuple[str, int]]]:
    """Return every block in the order of its hand-over, and where each fall is settled.

    A dry run of the pipeline over the same blocks tells which block settles each fall.
    """
    site = stage.site(WEARERS)
    pipeline = Pipeline(site, build(site))
    calm, falls = stage.calm(16), stage.falls(24)
    span = WARM_UP_S + FALLS_EACH * BETWEEN_S
    offers: list[Offer] = []
    settled: dict[tuple[str, int], tuple[str, int]] = {}
    for n in range(WEARERS):
        offset_ns = n * NS_PER_S // WEARERS  # devices do not publish in step
        fall = falls[n % len(falls)]
        length = len(fall) // (stage.SAMPLES * 6)
        begins = [
            WARM_UP_S + k * BETWEEN_S + n * (BETWEEN_S - length - 2) // WEARERS
            for k in range(FALLS_EACH)
        ]
        last_ns = 0
        for second in range(span):
            t0_ns = stage.second_ns(start_ns, second) + offset_ns
            begin = next((b for b in begins if b <= second < b + length), None)
            piece, at = (calm[n % 16], second) if begin is None else (fall, second - begin)
            block = stage.block(f"belt-{n}", second, t0_ns, piece, at)
            found = [d for d in pipeline.feed(block).detections if d.phase == "onset"]
            if found and found[0].onset_ns - last_ns > SAME_FALL_S * NS_PER_S:
                last_ns = found[0].onset_ns
                settled[block.device, second] = (f"w-{n}", last_ns)
            settles = (block.device, second) in settled
            offers.append(Offer(t0_ns + NS_PER_S, block, settles))
    offers.sort(key=lambda offer: offer.due_ns)
    return offers, settled


def _figures(
    name: str,
    incidents: list[dict[str, Any]],
    arrived: dict[str, int],
    settled: dict[tuple[str, int], tuple[str, int]],
    handed: dict[tuple[str, int], int],
    blocks: int,
) -> Latency:
    opened = {(each["person"], each["onset_ns"]): each for each in incidents}
    latencies: list[float] = []
    until_backend: list[float] = []
    for key, (person, onset_ns) in settled.items():
        incident = opened.get((person, onset_ns))
        at_ns = arrived.get(f"{person} {incident['id']}") if incident else None
        if at_ns is not None and incident is not None:
            latencies.append((at_ns - handed[key]) / 1e6)
            until_backend.append((incident["opened_ns"] - handed[key]) / 1e6)
    latencies.sort()
    until_backend.sort()
    if not latencies:
        raise SystemExit("no fall was paged: the benchmark itself is broken")
    return Latency(
        broker=name,
        falls=len(settled),
        paged=len(latencies),
        backend_p50_ms=until_backend[len(until_backend) // 2],
        p50_ms=latencies[len(latencies) // 2],
        p99_ms=latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)],
        max_ms=latencies[-1],
        blocks=blocks,
    )


def _incidents(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: int | None = None
    while True:
        query = {"limit": 200} if after is None else {"limit": 200, "after": after}
        answer = httpx.get(f"{url}/api/v1/incidents", params=query, timeout=10).json()
        found += answer["items"]
        after = answer["next"]
        if after is None:
            return found


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

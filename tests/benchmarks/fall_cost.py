"""What a fall costs gateway and backend: CPU with falls, less the same run without, a fall.

Both are processes of their own over a real broker, as in `page_latency`. Everybody streams the same
blocks in both runs, but in one of them each wearer falls once. What is left after the subtraction
is the fall's own: the model's looks, the detection and what follows it, its pages, its evidence.
Both runs go on at the same time, so that whatever else the machine does weighs on both alike.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from contract.imu import ImuBlock
from contract.instants import NS_PER_S, seconds
from contract.sitefile import parse
from edge.runtime import build_agent
from tests.benchmarks import first_claim, first_page, stage
from tests.support.brokers import Broker, find_mosquitto, free_port, start_broker
from tests.support.receiver import Receiver

WEARERS = 100
WARM_UP_S = 5
SPAN_S = 60
LAST_S = 25
"""Nobody begins to fall in the last seconds, so that what follows a fall is in the run."""
SETTLING_S = 3.0
TICKS_A_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Spent:
    """CPU of one run."""

    gateway_s: float
    backend_s: float
    detections: int


@dataclass(frozen=True)
class Cost:
    """The result, by the number of falls."""

    falls: int
    gateway_first_ms: float
    """Until the first page may go: `first_page` measures it."""
    gateway_ms: float
    backend_first_ms: float
    """Until its first pages are claimed: `first_claim` measures it."""
    backend_ms: float


def measure() -> Cost:
    """Run with nobody falling and with everybody falling, at the same time."""
    with ThreadPoolExecutor(2) as pool:
        calm, fallen = pool.map(_run, (0, WEARERS))
    if fallen.detections < WEARERS:
        raise SystemExit(f"{fallen.detections} detections of {WEARERS} falls: nothing was measured")
    return Cost(
        falls=WEARERS,
        gateway_first_ms=first_page.measure(),
        gateway_ms=1000 * (fallen.gateway_s - calm.gateway_s) / WEARERS,
        backend_first_ms=first_claim.measure(),
        backend_ms=1000 * (fallen.backend_s - calm.backend_s) / WEARERS,
    )


def _run(falls: int) -> Spent:
    name = "mosquitto" if find_mosquitto() else "nats"
    with tempfile.TemporaryDirectory(prefix="floorwatch-bench-") as text:
        folder = Path(text)
        broker = start_broker(name, folder / "broker")
        try:
            with Receiver() as endpoint:
                toml = stage.toml(WEARERS, f'kind = "webhook"\nurl = "{endpoint.url}/page"')
                (folder / "site.toml").write_text(toml, "utf-8")
                with _backend(folder) as (url, pid):
                    return _stream(folder, broker, url, pid, falls)
        finally:
            broker.stop()


@contextmanager
def _backend(folder: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    options = ("--port", str(port), "--state", f"{folder}/b")
    with _process(folder, "backend", *options) as pid:
        url = f"http://127.0.0.1:{port}"
        _await(lambda: httpx.get(f"{url}/healthz").status_code == 200)
        yield url, pid


@contextmanager
def _process(folder: Path, module: str, *options: str) -> Iterator[int]:
    command = (sys.executable, "-P", "-m", module, f"{folder}/site.toml", *options)
    with (folder / f"{module}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def _stream(folder: Path, broker: Broker, url: str, backend: int, falls: int) -> Spent:
    stats = folder / "g" / "stats.json"
    options = ("--broker-host", broker.host, "--broker-port", str(broker.port))
    with _process(
        folder, "gateway", *options, "--backend-url", url, "--state", f"{folder}/g"
    ) as gateway:
        _await(lambda: bool(json.loads(stats.read_text())["connected"]))
        agent = build_agent(
            parse((folder / "site.toml").read_text("utf-8")),
            stage.AGENT,
            state_dir=folder / "a",
            broker_host=broker.host,
            broker_port=broker.port,
        )
        agent.start()
        try:
            before = (cpu_s(gateway), cpu_s(backend))
            for due_ns, block in _offers(time.time_ns() + 2 * NS_PER_S, falls):
                time.sleep(max(0.0, seconds(due_ns - time.time_ns())))
                agent.offer(block)
            time.sleep(SETTLING_S)
            spent = (cpu_s(gateway) - before[0], cpu_s(backend) - before[1])
            return Spent(*spent, json.loads(stats.read_text())["detections"])
        finally:
            agent.stop()


def _offers(start_ns: int, falls: int) -> Iterator[tuple[int, ImuBlock]]:
    """Yield each block with the instant at which its device hands it over."""
    calm, fallen = stage.calm(16), stage.falls(24)
    for second in range(SPAN_S):
        for n in range(WEARERS):
            t0_ns = stage.second_ns(start_ns, second) + n * NS_PER_S // WEARERS
            begin = WARM_UP_S + n * (SPAN_S - LAST_S - WARM_UP_S) // WEARERS
            piece = fallen[n % len(fallen)]
            inside = begin <= second < begin + len(piece) // (stage.SAMPLES * 6)
            block = (
                stage.block(f"belt-{n}", second, t0_ns, piece, second - begin)
                if inside and n < falls
                else stage.block(f"belt-{n}", second, t0_ns, calm[n % 16], second)
            )
            yield t0_ns + NS_PER_S, block


def cpu_s(pid: int) -> float:
    """Return the CPU that a process has used, its threads together."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / TICKS_A_S


def _await(ready: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s:
        try:
            if ready():
                return
        except (OSError, ValueError, httpx.HTTPError):
            pass
        time.sleep(0.1)
    raise SystemExit("gateway and backend did not start")

"""The gateway's CPU from the block that settles a fall to the backend's receipt for it.

The gateway's own parts run in this process, block by block, each in a commit of its own. The
backend is a stub in another process, so that its CPU is not counted. What a calm block costs is
taken off, and so are broker and MQTT: those cost the same whether somebody falls or not.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

from contract.batch import Batch
from contract.instants import NS_PER_S
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from gateway.inbox import Inbox, InboxItem
from gateway.ingest import Ingest
from gateway.ledger import Ledger
from gateway.sender import Sender
from gateway.tally import GatewayTally
from gateway.worker import Worker
from tests.benchmarks import stage

FALLS = 60
CALM_S = 10
RECEIPT_S = 10.0
START_NS = 1_700_000_000 * NS_PER_S
TOPIC = f"floorwatch/1/bench/{stage.AGENT}/batch"
_STUB = """
from tests.support.receiver import Backend
backend = Backend()
backend.evidence_wanted = False
print(backend.url, flush=True)
input()
"""


class Gateway:
    """Worker and sender without a broker."""

    def __init__(self, folder: Path, url: str) -> None:
        site = stage.site(FALLS)
        self.tally = GatewayTally()
        self.now_ns = START_NS
        self.receipt = threading.Event()
        self._ledger = Ledger(folder, site)
        self._sender = Sender(
            site,
            folder,
            url,
            lambda agent, command: None,
            lambda: None,
            lambda waited_s: self.receipt.set(),
            self.tally,
            lambda: self.now_ns,
        )
        self._worker = Worker(
            "gateway",
            Ingest(site, Pipeline(site, build(site))),
            self._ledger,
            Inbox(),
            self._sender,
            lambda agent, ack: None,
            self.tally,
            lambda: self.now_ns,
            own_ticks=False,
        )
        self._sender.start()

    def take(self, payload: bytes) -> tuple[float, bool]:
        """Take a publish in; return the CPU of it in seconds, and whether it settled something."""
        before = self.tally.counts().get("detections", 0)
        self.receipt.clear()
        began_s = time.process_time()
        self._worker.work([InboxItem(TOPIC, payload, self.now_ns)])
        settles = self.tally.counts().get("detections", 0) > before
        if settles and not self.receipt.wait(RECEIPT_S):
            raise SystemExit("no receipt: the benchmark itself is broken")
        return time.process_time() - began_s, settles

    def close(self) -> None:
        """Stop."""
        self._sender.stop()
        self._ledger.close()


def measure() -> float:
    """Return the milliseconds of CPU that a fall costs until its first page may go."""
    calm_s: list[float] = []
    first_s: list[float] = []
    with tempfile.TemporaryDirectory() as folder, _stub() as url:
        gateway = Gateway(Path(folder), url)
        calm, falls = stage.calm(16), stage.falls(24)
        for n in range(FALLS):
            fall = falls[n % len(falls)]
            for second in range(CALM_S + len(fall) // (stage.SAMPLES * 6)):
                t0_ns = START_NS + second * NS_PER_S
                piece, at = (calm[n % 16], second) if second < CALM_S else (fall, second - CALM_S)
                block = stage.block(f"belt-{n}", second, t0_ns, piece, at)
                gateway.now_ns = t0_ns + NS_PER_S
                batch = Batch(agent=stage.AGENT, sent_ns=t0_ns, blocks=(block,))
                spent_s, settles = gateway.take(batch.model_dump_json(exclude_none=True).encode())
                if settles:
                    first_s.append(spent_s)
                    break
                if second < CALM_S:
                    calm_s.append(spent_s)
        gateway.close()
    if len(first_s) < FALLS:
        raise SystemExit(f"{len(first_s)} of {FALLS} falls were settled: nothing was measured")
    return 1000 * (mean(first_s) - mean(calm_s))


@contextmanager
def _stub() -> Iterator[str]:
    stub = subprocess.Popen(
        (sys.executable, "-c", _STUB), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert stub.stdout is not None
    try:
        yield stub.stdout.readline().strip()
    finally:
        stub.terminate()
        stub.wait()
        stub.stdout.close()

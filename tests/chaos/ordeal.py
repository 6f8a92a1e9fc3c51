"""One run: a shift streams while parts break, then everything is mended and must come to rest."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from contract.instants import NS_PER_S
from tests.chaos.account import account, stand_ins
from tests.chaos.books import Books
from tests.chaos.faults import Fault, schedule
from tests.chaos.plant import Key, Plant
from tests.chaos.shift import WEARERS, Shift, shift
from tests.support.brokers import wait_until

START_S = 90.0
SETTLE_S = 150.0
"""A block may wait a minute for its next sending, a page five seconds for a dead sender's lease;
the rest is for a busy machine."""
LEAD_S = 1
"""From the decision to begin to the first second."""


@dataclass(frozen=True)
class Run:
    """What came of one run."""

    broker: str
    seed: int
    books: Books
    page_s: Sequence[float]
    """From each fall's onset to its first page, in order."""
    took_s: float

    def row(self) -> str:
        """Return the figures as a row under `HEAD`."""
        b = self.books
        delays = f"{median(self.page_s):.1f} / {self.page_s[-1]:.1f}" if self.page_s else "–"
        cells = (
            self.broker, self.seed, len(b.faults), len(b.offered), len(b.acknowledged),
            len(b.lost), len(b.falls), len(b.incidents), len(b.stand_ins),
            len({t.page for t in b.taken}), b.duplicates, delays, f"{self.took_s:.0f}",
        )  # fmt: skip
        return "| " + " | ".join(str(cell) for cell in cells) + " |"


HEAD = (
    "| broker | seed | faults | blocks offered | acknowledged | lost | falls | incidents "
    "| stand-ins | pages | duplicates | fall to page, median / worst s | took s |\n"
    + "|---" * 13
    + "|"
)


def run(broker: str, seed: int, faults: int, span_s: int, folder: Path) -> Run:
    """Stream for `span_s` seconds under `faults` faults, mend everything, and read the books."""
    began_s = time.monotonic()
    planned = schedule(seed, faults, 2.0, span_s - 3.0)
    with Plant(broker, folder) as plant:
        plant.start()
        begun_ns = time.time_ns()
        told = shift(plant.site, seed, begun_ns, span_s)
        _await_the_chain(plant, told)
        told = told.later(time.time_ns() + LEAD_S * NS_PER_S - begun_ns)
        _break_while_streaming(plant, told, planned, seed)
        for block in told.last:  # what is stuck shows by not passing these on
            plant.offer(block)
        offered = {(b.device, b.seq) for b in (*told.first, *told.blocks, *told.last)}
        _await(lambda: offered <= plant.recorded(), plant)
        _await(lambda: plant.restless() is None, plant)
        books = _read(plant, planned, told, offered)
    for log in folder.glob("*.log"):
        shutil.copy(log, folder.parent / log.name)
    return Run(broker, seed, books, _delays(books), time.monotonic() - began_s)


def _await_the_chain(plant: Plant, told: Shift) -> None:
    """Return once a first block of every belt has come through to the recorder.

    Before the agents' very first subscription the devices' broker keeps nothing for them.
    """

    def through() -> bool:
        for block in told.first:
            plant.offer(block)
        time.sleep(0.2)  # so often, not all the time: nobody waits for this
        return len(plant.recorded()) == WEARERS

    wait_until(through, "a first block of every belt", START_S)
    wait_until(lambda: plant.restless() is None, "everything to be idle", START_S)


def _break_while_streaming(plant: Plant, told: Shift, planned: Sequence[Fault], seed: int) -> None:
    start_s = time.monotonic() + (told.blocks[0].t0_ns - time.time_ns()) / NS_PER_S
    failed: list[BaseException] = []

    def break_things() -> None:
        random = Random(seed)
        acts = [(f.at_s, True, f) for f in planned] + [(f.end_s, False, f) for f in planned]
        try:
            for at_s, begins, fault in sorted(acts, key=lambda act: (act[0], not act[1])):
                while (wait_s := start_s + at_s - time.monotonic()) > 0:
                    time.sleep(min(wait_s, 0.25))
                    plant.supervise()
                plant.begin(fault, random) if begins else plant.end(fault)
        except BaseException as error:
            failed.append(error)

    breaker = threading.Thread(target=break_things)
    breaker.start()
    first_ns = told.blocks[0].t0_ns
    try:
        for block in told.blocks:
            due_s = start_s + (block.t0_ns - first_ns) / NS_PER_S + 1  # its samples take a second
            time.sleep(max(0.0, due_s - time.monotonic()))
            plant.offer(block)
    finally:
        breaker.join()
    if failed:
        raise failed[0]


def _await(condition: Callable[[], bool], plant: Plant) -> None:
    """Give it time; what does not come is found missing in the books."""
    end_s = time.monotonic() + SETTLE_S
    while time.monotonic() < end_s and not condition():
        plant.supervise()
        time.sleep(0.1)


def _read(plant: Plant, planned: Sequence[Fault], told: Shift, offered: set[Key]) -> Books:
    restless = plant.restless()
    exit_codes = plant.stop()
    incidents = account(plant.backend_rows, told.blocks[0].t0_ns)
    known = {incident.id for incident in incidents}
    return Books(
        faults=planned,
        offered=offered,
        recorded=plant.recorded(),
        spied=plant.spied(),
        spooled=plant.spooled(),
        falls=told.falls,
        incidents=incidents,
        stand_ins=stand_ins(plant.backend_rows),
        taken=[page for page in plant.responder.taken if page.incident in known],
        acknowledged_ns=dict(plant.responder.acknowledged_ns),
        deaths=plant.deaths,
        exit_codes=exit_codes,
        restless=restless,
    )


def _delays(books: Books) -> list[float]:
    first: dict[int, int] = {}
    for page in books.taken:
        first.setdefault(page.incident, page.at_ns)
    found = (first[i.id] - i.onset_ns for i in books.incidents if i.id in first)
    return sorted(delay / NS_PER_S for delay in found)

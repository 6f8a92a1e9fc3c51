"""Killed at the worst moment, the gateway is started again and finds the fall, once."""

from __future__ import annotations

import math
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from contract.detection import Detection
from contract.imu import ImuBlock
from contract.instants import NS_PER_S, ns
from contract.message import Block
from detectors.catalogue import build, catalogue
from detectors.outcome import Outcome
from detectors.pipeline import Pipeline
from gateway import recorder, restart
from gateway.database import FILE
from gateway.ingest import Ingest
from gateway.ledger import Ledger
from gateway.restart import LONGEST_FOLLOWED_NS, take_up
from tests.support.brokers import Broker, wait_until
from tests.support.gateways import AgentSide, agent_side, running_gateway
from tests.support.receiver import Backend
from tests.support.site_of_two import (
    IMPACT_BLOCK,
    SETTLED_BLOCK,
    START_NS,
    batch,
    fall,
    imu,
    site,
    site_text,
)

KILLED_GATEWAY = """
import os, signal, sys, threading
from pathlib import Path
from contract import sitefile
from gateway.ledger import Ledger
from gateway.link import Link
from gateway.runtime import Gateway

site_file, port, url, state, moment, number = sys.argv[1:]
at = int(number)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

publish_ack, commit = Link.publish_ack, Ledger.commit

def dying_ack(link, agent, ack):
    if any(first <= at <= last for held in ack.devices for first, last in held.held):
        die()
    publish_ack(link, agent, ack)

def dying_commit(ledger, effects, now_ns):
    if any(record.identity.seq == at for record in effects.records):
        die()
    return commit(ledger, effects, now_ns)

if moment == "before the acknowledgement":
    Link.publish_ack = dying_ack
else:
    Ledger.commit = dying_commit
gateway = Gateway(
    sitefile.parse(Path(site_file).read_text()), state_dir=Path(state), broker_host="127.0.0.1",
    broker_port=int(port), backend_url=url, clock=lambda: %d, ticks="wire",
)
gateway.start()
threading.Event().wait()
"""

NOBODY = list[Detection]().extend
BEFORE_COMMIT, BEFORE_ACK = "before the commit", "before the acknowledgement"


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        pytest.param(BEFORE_COMMIT, IMPACT_BLOCK, id="the impact is not written"),
        pytest.param(BEFORE_ACK, IMPACT_BLOCK, id="the impact is written, not acknowledged"),
        pytest.param(BEFORE_COMMIT, SETTLED_BLOCK, id="the settling block is not written"),
        pytest.param(BEFORE_ACK, SETTLED_BLOCK, id="the claim is written, not acknowledged"),
    ],
)
@pytest.mark.slow
def test_a_fall_that_straddles_a_kill_is_found_once(
    broker: Broker, tmp_path: Path, moment: str, number: int
) -> None:
    now_ns = START_NS + ns(40)
    blocks = list(fall())
    state = tmp_path / "state"
    (tmp_path / "site.toml").write_text(site_text())
    with Backend() as backend, agent_side(broker, site()) as agent:
        arguments = [tmp_path / "site.toml", broker.port, backend.url, state, moment, number]
        killed = subprocess.Popen(
            [sys.executable, "-c", KILLED_GATEWAY % now_ns, *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            # Nothing is kept for a gateway that has not subscribed: sent until it is held.
            send_until_held(agent, blocks[:number])
            agent.publish(batch(blocks[number]))
            killed.wait(20)
        finally:
            killed.kill()
            killed.wait()
        assert killed.returncode == -signal.SIGKILL
        assert number not in {key[3] for key in agent.held()}
        with running_gateway(site(), broker, backend.url, state) as gateway:
            send_until_held(agent, blocks[number:])
            wait_until(gateway.idle, "the gateway to be idle")
        onsets = [d for d in backend.detections if (d["kind"], d["phase"]) == ("fall", "onset")]
        assert len({onset["id"] for onset in onsets}) == 1
        # The killed process may have posted it and not written that down: a copy, never two falls.
        assert 1 <= len(onsets) <= 2


def send_until_held(agent: AgentSide, blocks: Sequence[ImuBlock]) -> None:
    """Send again until the gateway holds it all, as an agent does."""
    wanted = {block.seq for block in blocks}
    for _ in range(40):
        agent.publish(batch(*blocks))
        try:
            wait_until(lambda: wanted <= {key[3] for key in agent.held()}, "an ack", 0.5)
        except AssertionError:
            continue
        return
    raise AssertionError(f"blocks {sorted(wanted)} were never acknowledged")


def commit(ledger: Ledger, ingest: Ingest, *blocks: Block) -> None:
    for block in blocks:
        effects = ingest.receive(TOPIC, batch(block), START_NS)
        ledger.commit(effects, START_NS)
        ingest.durable(record.identity for record in effects.records)


TOPIC = "floorwatch/1/dock-2/edge-1/batch"


def new_ingest(pipeline: Pipeline) -> Ingest:
    return Ingest(site(), pipeline)


def test_copies_of_what_is_recorded_are_known_after_a_restart(tmp_path: Path) -> None:
    with Ledger(tmp_path, site()) as ledger:
        commit(ledger, new_ingest(Pipeline(site(), ())), *(imu(seq) for seq in (0, 1, 5)))
        pipeline = Pipeline(site(), ())
        ingest = new_ingest(pipeline)
        take_up(ledger, ingest, pipeline, NOBODY, lambda: START_NS)
        for seq, copies in {0: 1, 1: 1, 2: 0, 5: 1, 6: 0}.items():
            assert ingest.receive(TOPIC, batch(imu(seq)), START_NS).duplicates == copies


def test_what_follows_a_fall_is_still_watched_after_a_restart(tmp_path: Path) -> None:
    """The fall is older than the tail: its aftermath is taken up from its onset."""
    blocks = list(fall())
    still = [imu(seq, accel_g=((1.0, 0.0, 0.02),) * 50) for seq in range(40, 140)]

    def new_pipeline() -> Pipeline:
        return Pipeline(site(), build(site()))

    def told(ledger: Ledger) -> list[str]:
        return [waiting.phase for waiting in ledger.outbox.waiting()]

    with Ledger(tmp_path / "whole", site()) as ledger:
        commit(ledger, new_ingest(new_pipeline()), *blocks, *still)
        whole = told(ledger)
    with Ledger(tmp_path / "cut", site()) as ledger:
        commit(ledger, new_ingest(new_pipeline()), *blocks, *still[:50])
        before = told(ledger)
        pipeline = new_pipeline()
        ingest = new_ingest(pipeline)
        take_up(ledger, ingest, pipeline, NOBODY, lambda: START_NS + ns(90))
        assert told(ledger) == before
        commit(ledger, ingest, *still[50:])
        assert told(ledger) == whole
    assert len(whole) > len(before)


STILL = ((1.0, 0.0, 0.02),) * 50
WALKS = tuple((0.0, 0.0, 1 + 0.2 * math.sin(2 * math.pi * n / 25)) for n in range(50))


def test_whoever_was_up_after_a_fall_and_lies_again_is_told_of_after_a_restart(
    tmp_path: Path,
) -> None:
    """The fall is over and a quarter of an hour old; its half hour is not."""
    lies = [imu(seq, accel_g=STILL) for seq in range(940, 1020)]
    walks = [imu(seq, accel_g=WALKS) for seq in range(40, 940)]

    def new_pipeline() -> Pipeline:
        return Pipeline(site(), build(site()))

    def told(ledger: Ledger) -> list[tuple[str, str]]:
        return [(waiting.id, waiting.phase) for waiting in ledger.outbox.waiting()]

    with Ledger(tmp_path / "whole", site()) as ledger:
        commit(ledger, new_ingest(new_pipeline()), *fall(), *walks, *lies)
        whole = told(ledger)
    with Ledger(tmp_path / "cut", site()) as ledger:
        commit(ledger, new_ingest(new_pipeline()), *fall(), *walks)
        assert told(ledger)[-1][1] == "clear"
        pipeline = new_pipeline()
        ingest = new_ingest(pipeline)
        take_up(ledger, ingest, pipeline, NOBODY, lambda: START_NS + ns(945))
        commit(ledger, ingest, *lies)
        assert told(ledger) == whole
    assert whole[-1][1] == "update"


def test_a_recorded_block_that_fails_does_not_stop_a_restart(tmp_path: Path) -> None:
    class Fails(Pipeline):
        def feed(self, block: Block, **how: Any) -> Outcome:
            if block.seq == 3:
                raise ZeroDivisionError
            return super().feed(block, **how)

    with Ledger(tmp_path, site()) as ledger:
        commit(ledger, new_ingest(Pipeline(site(), ())), *(imu(seq) for seq in range(6)))
        pipeline = Fails(site(), ())
        assert take_up(ledger, new_ingest(pipeline), pipeline, NOBODY, lambda: START_NS) == 6


def test_time_passes_again_between_the_replayed_blocks(tmp_path: Path) -> None:
    ticks: list[tuple[int, int | None]] = []
    heard: list[int | None] = []

    class Watches(Pipeline):
        def tick(self, at_ns: int, *, heard_ns: int | None = None) -> Outcome:
            ticks.append((at_ns, heard_ns))
            return super().tick(at_ns, heard_ns=heard_ns)

        def feed(self, block: Block, **how: Any) -> Outcome:
            heard.append(how["heard_ns"])
            return super().feed(block, **how)

    with Ledger(tmp_path, site()) as ledger:
        ingest = new_ingest(Pipeline(site(), ()))
        for seq in range(5):
            effects = ingest.receive(TOPIC, batch(imu(seq)), START_NS + seq * NS_PER_S)
            ledger.commit(effects, START_NS)
        pipeline = Watches(site(), ())
        take_up(ledger, new_ingest(pipeline), pipeline, NOBODY, lambda: START_NS)
    assert ticks == [(START_NS + n * NS_PER_S,) * 2 for n in range(1, 5)]
    assert heard == [START_NS + n * NS_PER_S for n in range(5)]


def test_a_restart_that_cannot_write_sends_what_it_finds(tmp_path: Path) -> None:
    urgent: list[Detection] = []
    with Ledger(tmp_path, site()) as ledger:
        commit(ledger, new_ingest(Pipeline(site(), ())), *fall())
        ledger.connection.execute("PRAGMA busy_timeout = 10")
        other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        pipeline = Pipeline(site(), build(site()))
        take_up(ledger, new_ingest(pipeline), pipeline, urgent.extend, lambda: START_NS)
        other.close()
        assert ledger.outbox.depth == 0
    assert [(d.kind, d.phase) for d in urgent][:1] == [("fall", "onset")]


@pytest.mark.parametrize("kind", sorted(catalogue()))
def test_a_restart_goes_as_far_back_as_any_detector_watches(kind: str) -> None:
    assert ns(catalogue()[kind]().at(site()).follows_s) <= LONGEST_FOLLOWED_NS


def test_one_block_of_a_clock_years_ahead_hides_nothing_that_came_later(tmp_path: Path) -> None:
    blocks = list(fall())
    astray = imu(10_000, t0_ns=START_NS + ns(3 * 365 * 86_400))
    with Ledger(tmp_path, site()) as ledger, pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "NEWEST", IMPACT_BLOCK)
        commit(ledger, new_ingest(Pipeline(site(), ())), astray, *blocks[: IMPACT_BLOCK + 1])
        pipeline = Pipeline(site(), build(site()))
        ingest = new_ingest(pipeline)
        take_up(ledger, ingest, pipeline, NOBODY, lambda: START_NS + ns(IMPACT_BLOCK))
        commit(ledger, ingest, *blocks[IMPACT_BLOCK + 1 :])
        assert next(waiting.phase for waiting in ledger.outbox.waiting()) == "onset"


def test_a_mass_event_does_not_keep_falls_of_now_waiting(tmp_path: Path) -> None:
    """What is over gives way first when there is too much to play."""
    with Ledger(tmp_path, site()) as ledger:
        up = [imu(seq, accel_g=WALKS) for seq in range(40, 700)]
        commit(ledger, new_ingest(Pipeline(site(), build(site()))), *fall(), *up)
        pipeline = Pipeline(site(), build(site()))
        now_ns = START_NS + ns(700)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(restart, "MOST_REPLAYED", 300)
            played = take_up(ledger, new_ingest(pipeline), pipeline, NOBODY, lambda: now_ns)
        assert 30 <= played <= 32

"""A client on the broker that is none of ours: whatever it publishes, the real ones are believed.

The rogue may publish on every topic, and replay whatever it has heard. It has no key of another's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from contract.batch import Batch
from contract.errors import SiteFileError
from contract.instants import ns
from contract.message import Block
from contract.report import SPEAKER
from contract.signing import Seal
from contract.site import Site
from contract.tick import Tick
from contract.topics import topic
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from gateway.ledger import Ledger
from gateway.runtime import Gateway
from tests.support.brokers import Broker, wait_until
from tests.support.gateways import AgentSide, WoundClock, running_gateway
from tests.support.keyed import keyed
from tests.support.receiver import Backend
from tests.support.site_of_two import START_NS, batch, event, imu, site


@dataclass
class Stage:
    """A gateway that wants signatures, a real agent's side, and a rogue."""

    site: Site
    gateway: Gateway
    agent: AgentSide
    rogue: AgentSide
    backend: Backend
    keys: dict[str, bytes]
    clock: WoundClock

    def refused(self) -> dict[str, int]:
        return dict(self.gateway.stats().refused)

    def as_agent(self, agent: str, payload: bytes, stream: str = "batch") -> None:
        """Let the rogue publish on an agent's topic."""
        info = self.rogue._client.publish(topic(self.site.id, agent, stream), payload, qos=1)
        info.wait_for_publish(20)

    def is_refused(self, **wanted: int) -> None:
        told = {name.replace("_", "-"): count for name, count in wanted.items()}
        wait_until(lambda: self.refused() == told, f"{told}, not {self.refused()}")


@pytest.fixture
def stage(broker: Broker, tmp_path: Path) -> Iterator[Stage]:
    known, keys = keyed(site(), tmp_path)
    clock = WoundClock(START_NS)
    with ExitStack() as stack:
        backend = stack.enter_context(Backend())
        gateway = stack.enter_context(
            running_gateway(known, broker, backend.url, tmp_path / "state", clock, folder=tmp_path)
        )
        agent = AgentSide(broker, known, "edge-1", keys["edge-1"])
        stack.callback(agent.close)
        rogue = AgentSide(broker, known, "rogue")
        stack.callback(rogue.close)
        yield Stage(known, gateway, agent, rogue, backend, keys, clock)


def test_a_signed_block_is_recorded_as_such_and_acknowledged_with_a_signature(
    stage: Stage, tmp_path: Path
) -> None:
    stage.agent.publish(batch(imu(0)))
    wait_until(stage.agent.held, "the acknowledgement")
    assert not stage.agent.unbelieved
    with Ledger(tmp_path / "state", stage.site) as ledger:
        assert ledger.connection.execute("SELECT agent, signed FROM block").fetchall() == [
            ("edge-1", 1)
        ]


def signed_for_another_topic(stage: Stage, body: bytes) -> bytes:
    return Seal(stage.keys["edge-1"], stage.site.id, "edge-1", "event").sign(body)


def signed_by_another_agent(stage: Stage, body: bytes) -> bytes:
    return Seal(stage.keys["edge-2"], stage.site.id, "edge-1", "batch").sign(body)


def unsigned(stage: Stage, body: bytes) -> bytes:
    return body


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        pytest.param(unsigned, "unsigned", id="unsigned"),
        pytest.param(signed_for_another_topic, "wrong-signature", id="signed for another topic"),
        pytest.param(signed_by_another_agent, "wrong-signature", id="signed with another's key"),
    ],
)
def test_a_forged_batch_is_counted_and_nothing_else(
    stage: Stage, forged: Callable[[Stage, bytes], bytes], reason: str
) -> None:
    stage.as_agent("edge-1", forged(stage, batch(imu(0), event(0))))
    wait_until(lambda: stage.refused() == {reason: 1}, reason)
    stage.agent.publish(batch(imu(0)))
    wait_until(stage.agent.held, "the real block to be taken")
    assert stage.gateway.stats().blocks == 1
    assert stage.gateway.stats().duplicates == 0
    assert stage.backend.detections == []


def test_whoever_squats_a_belts_next_numbers_makes_no_duplicate_of_the_real_fall(
    stage: Stage,
) -> None:
    """The squatter has a key of its own: another agent of the site, broken into."""
    squatter = Seal(stage.keys["edge-2"], stage.site.id, "edge-2", "batch")
    stage.agent.publish(batch(imu(0)))
    wait_until(stage.agent.held, "belt-1 to be edge-1's")
    squatted = [imu(seq) for seq in range(1, 20)] + [event(seq) for seq in range(5)]
    stage.as_agent("edge-2", squatter.sign(batch(*squatted, agent="edge-2")))
    stage.is_refused(wrong_agent=len(squatted))
    stage.agent.publish(batch(event(0)))
    wait_until(lambda: len(stage.backend.detections) == 1, "the real call for help")
    assert stage.gateway.stats().duplicates == 0


def test_a_gateway_that_believes_its_broker_tells_authors_apart_after_a_restart_too(
    broker: Broker, tmp_path: Path
) -> None:
    """`belt-2` was edge-1's when these numbers were used; the site file gives it to edge-2 now."""
    now_edge_2 = site()
    devices = tuple(
        d.model_copy(update={"agent": "edge-1"}) if d.id == "belt-2" else d
        for d in now_edge_2.device
    )
    was_edge_1 = now_edge_2.model_copy(update={"device": devices})
    used = [imu(seq, device="belt-2") for seq in range(3)]
    for known, agent in ((was_edge_1, "edge-1"), (now_edge_2, "edge-2")):
        with (
            Backend() as backend,
            running_gateway(known, broker, backend.url, tmp_path / "state") as gateway,
        ):
            side = AgentSide(broker, known, agent)
            side.publish(batch(*used, agent=agent))
            wait_until(lambda side=side: len(side.held()) == 3, "three blocks")  # type: ignore[misc]
            assert (gateway.stats().blocks, gateway.stats().duplicates) == (3, 0)
            side.publish(batch(*used, agent=agent))
            wait_until(lambda at=gateway: at.stats().duplicates == 3, "copies")  # type: ignore[misc]
            side.close()


ENDS = EvacuationBlock(device=SPEAKER, boot=9, seq=99, t0_ns=START_NS, on=False, by="karin-ek")
LOCKS = ZoneStateBlock(
    device=SPEAKER, boot=9, seq=98, t0_ns=START_NS, zone="lane", state="locked_out", by="karin-ek"
)


@pytest.mark.parametrize("order", [ENDS, LOCKS], ids=["end an evacuation", "lock a zone"])
@pytest.mark.parametrize("stream", ["batch", "own"])
def test_nobody_speaks_as_the_backend_on_the_broker(
    stage: Stage, tmp_path: Path, order: ZoneStateBlock | EvacuationBlock, stream: str
) -> None:
    bare = order.model_dump_json().encode()
    if stream == "own":
        stage.as_agent(SPEAKER, bare, order.stream)
    else:
        stage.as_agent(SPEAKER, batch(order, agent=SPEAKER))
    stage.is_refused(unknown_agent=1)
    stage.agent.publish(batch(order))
    stage.is_refused(unknown_agent=1, unknown_device=1)
    with Ledger(tmp_path / "state", stage.site) as ledger:
        assert list(ledger.standing.all()) == []


def test_an_agent_in_no_site_file_speaks_for_nobody(stage: Stage) -> None:
    stage.rogue.publish(batch(imu(0), agent="rogue"))
    stage.rogue.publish(imu(1).model_dump_json().encode(), "imu")
    stage.is_refused(unknown_agent=2)
    stage.agent.publish(batch(imu(0)))
    wait_until(stage.agent.held, "the real one")
    assert not stage.rogue.acks

    def reported(what: str) -> Any:
        return stage.backend.posted_to("/report")[-1].json[what]

    wait_until(lambda: reported("refused") == {"unknown-agent": 2}, "it to be reported")
    bound = [{"device": "belt-1", "agent": "edge-1"}]
    wait_until(lambda: reported("bound") == bound, "whose the belt is to be reported")


def yesterdays(*blocks: Block, session: str) -> bytes:
    whole = Batch(agent="edge-1", session=session, sent_ns=START_NS, blocks=blocks)
    return whole.model_dump_json(exclude_none=True).encode()


def test_a_batch_of_yesterday_that_was_recorded_does_nothing_and_one_that_was_not_still_calls(
    stage: Stage,
) -> None:
    seal = Seal(stage.keys["edge-1"], stage.site.id, "edge-1", "batch")
    had = seal.sign(yesterdays(event(0), session="aa"))
    lost = seal.sign(yesterdays(event(1, t0_ns=START_NS + ns(60)), session="aa"))
    stage.as_agent("edge-1", had)
    wait_until(lambda: len(stage.backend.detections) == 1, "the call of yesterday")
    stage.clock.now_ns = START_NS + ns(86_400)
    stage.as_agent("edge-1", had)
    wait_until(lambda: stage.gateway.stats().duplicates == 1, "the copy to be known as one")
    stage.as_agent("edge-1", lost)
    wait_until(lambda: len(stage.backend.detections) == 2, "the call that was never recorded")
    late = stage.backend.detections[-1]
    assert (late["late"], late["onset_ns"]) == (True, START_NS + ns(60))


def test_a_batch_of_last_month_that_the_recorder_has_forgotten_is_still_a_copy(
    broker: Broker, tmp_path: Path
) -> None:
    known, keys = keyed(site(), tmp_path)
    clock = WoundClock(START_NS)

    def running(backend: Backend) -> Any:
        return running_gateway(
            known, broker, backend.url, tmp_path / "state", clock, folder=tmp_path
        )

    with Backend() as backend, running(backend):
        agent = AgentSide(broker, known, "edge-1", keys["edge-1"])
        agent.publish(batch(event(0), imu(0), imu(1)))
        wait_until(lambda: len(agent.held()) == 3, "three blocks")
    with Ledger(tmp_path / "state", known) as ledger:
        assert ledger.recorder.trim(START_NS + ns(86_400 * 30)) == 2
        ledger.connection.execute("DELETE FROM outbox")
    clock.now_ns = START_NS + ns(86_400 * 30)
    with Backend() as backend, running(backend) as gateway:
        agent.publish(batch(event(0)))
        wait_until(lambda: gateway.stats().duplicates == 1, "the copy")
        assert gateway.stats().blocks == 0
        assert backend.detections == []
    agent.close()


def test_time_is_not_told_by_strangers(stage: Stage) -> None:
    tick = Tick(at_ns=START_NS + ns(60)).model_dump_json().encode()
    stage.as_agent("edge-1", tick, "tick")
    stage.is_refused(unsigned=1)


def test_an_agent_with_a_wrong_key_is_told_of_on_both_sides(stage: Stage, broker: Broker) -> None:
    wrong = AgentSide(broker, stage.site, "edge-1", bytes(32))
    with capture_logs() as logged:
        wrong.publish(batch(imu(0)))
        wait_until(lambda: bool(wrong.unbelieved), "a word that it cannot read")
        wait_until(lambda: bool(stage.agent.acks), "the real agent's empty acknowledgement")
    assert stage.agent.acks[0].devices == ()
    said = [entry for entry in logged if "another key" in json.dumps(entry)]
    assert said, logged
    wrong.close()


def test_two_runs_of_one_agent_at_a_time_are_said(stage: Stage) -> None:
    with capture_logs() as logged:
        for number, session in enumerate(("aa", "bb", "aa")):
            stage.agent.publish(yesterdays(imu(number), session=session))
        wait_until(lambda: len(stage.agent.held()) == 3, "all three")
    assert [e["agent"] for e in logged if e["event"] == "two-agents-of-one-id"] == ["edge-1"]
    assert {ack.session for ack in stage.agent.acks} == {"aa", "bb"}


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda key: key.unlink(), id="missing"),
        pytest.param(lambda key: key.chmod(0o644), id="open to others"),
        pytest.param(lambda key: key.write_text("certainly"), id="no key"),
    ],
)
def test_a_gateway_without_its_keys_does_not_start(
    tmp_path: Path, broken: Callable[[Path], None]
) -> None:
    known, _ = keyed(site(), tmp_path)
    broken(tmp_path / "keys" / "edge-2.key")
    with pytest.raises(SiteFileError, match=r'\[\[agent\]\] "edge-2": its key'):
        Gateway(
            known, state_dir=tmp_path / "state", broker_host="127.0.0.1", broker_port=1,
            backend_url="http://127.0.0.1:9", folder=tmp_path,
        )  # fmt: skip


def test_two_agents_with_one_key_are_refused(tmp_path: Path) -> None:
    known, keys = keyed(site(), tmp_path)
    (tmp_path / "keys" / "edge-2.key").write_text(keys["edge-1"].hex())
    with pytest.raises(SiteFileError, match="the same key"):
        Gateway(
            known, state_dir=tmp_path / "state", broker_host="127.0.0.1", broker_port=1,
            backend_url="http://127.0.0.1:9", folder=tmp_path,
        )  # fmt: skip

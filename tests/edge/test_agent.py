"""The agent against real brokers, with a gateway's end of the line that answers as it is told."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from contract.instants import NS_PER_S, ns
from contract.tick import Tick
from contract.topics import topic
from edge.agent import Agent
from tests.edge.agents import Wound, running, running_with
from tests.edge.samples import T0_NS, ack, imu, sos
from tests.support.brokers import Broker, wait_until
from tests.support.gatewaypeer import AGENT, SITE, gateway_peer, peer


def pull_the_cable(agent: Agent) -> None:
    """Break the connection without a DISCONNECT."""
    client = agent._link._connection._client
    assert client is not None
    sock = client.socket()
    assert isinstance(sock, socket.socket)
    sock.shutdown(socket.SHUT_RDWR)


def test_what_is_offered_arrives_and_is_forgotten_once_acknowledged(
    broker: Broker, tmp_path: Path
) -> None:
    with gateway_peer(broker, lambda _: True) as gateway, running(broker, tmp_path) as agent:
        for seq in range(50):
            agent.offer(imu(seq))
        wait_until(lambda: len(gateway.names) == 50, "fifty blocks")
        assert gateway.names == [("belt-01", seq) for seq in range(50)]
        wait_until(lambda: agent.pending() == 0, "an empty spool")
    assert imu(7) in gateway.blocks, "a block arrives as it was offered"


def test_the_brokers_own_confirmation_does_not_empty_the_spool(
    broker: Broker, tmp_path: Path
) -> None:
    with gateway_peer(broker, lambda _: False) as gateway, running(broker, tmp_path) as agent:
        agent.offer(imu(0))
        wait_until(lambda: gateway.copies("belt-01", 0) >= 1, "the block")
        wait_until(lambda: agent._link._connection._unconfirmed == 0, "the broker's PUBACK")
        assert agent.pending() == 1


def test_what_is_not_acknowledged_is_sent_again_and_only_that(
    broker: Broker, tmp_path: Path
) -> None:
    later = Wound()
    with (
        gateway_peer(broker, lambda block: block.seq % 2 == 0) as gateway,
        running_with(broker, tmp_path, monotonic=later) as agent,
    ):
        for seq in range(6):
            agent.offer(imu(seq))
        wait_until(lambda: agent.pending() == 3, "the acknowledgement of the even ones")
        assert len(gateway.blocks) == 6
        later.ahead_ns += ns(4)
        wait_until(lambda: len(gateway.blocks) == 9, "the odd ones again")
        assert sorted(block.seq for block in gateway.blocks[6:]) == [1, 3, 5]
        gateway.verdict = lambda _: True
        later.ahead_ns += ns(8)
        wait_until(lambda: agent.pending() == 0, "an empty spool")


def test_a_refused_block_is_not_sent_again_and_the_stream_goes_on(
    broker: Broker, tmp_path: Path
) -> None:
    def verdict(block: object) -> bool | str:
        return "poison" if getattr(block, "seq", 0) == 1 else True

    later = Wound()
    with (
        gateway_peer(broker, verdict) as gateway,
        running_with(broker, tmp_path, monotonic=later) as agent,
    ):
        for seq in range(3):
            agent.offer(imu(seq))
        wait_until(lambda: agent.pending() == 0, "every block to be answered")
        later.ahead_ns += ns(120)
        agent.offer(imu(3))
        wait_until(lambda: agent.pending() == 0, "the next block")
        assert gateway.copies("belt-01", 1) == 1
        wait_until(lambda: gateway.was_told(set_aside=1), "a status that counts it")


def test_an_acknowledgement_that_nobody_can_read_changes_nothing(
    broker: Broker, tmp_path: Path
) -> None:
    with gateway_peer(broker, lambda _: False) as gateway, running(broker, tmp_path) as agent:
        agent.offer(imu(0))
        wait_until(lambda: gateway.blocks, "the block")
        for garbage in (b"", b"[]", b'{"message":"ack/1"}', b"\xff" * 100):
            gateway.publish(topic(SITE, AGENT, "ack"), garbage)
        agent.offer(imu(1))
        wait_until(lambda: ("belt-01", 1) in gateway.names, "the next block")
        gateway.send(topic(SITE, AGENT, "ack"), ack((1, 5)))
        wait_until(lambda: agent.pending() == 1, "that its acknowledgement counts")


@pytest.mark.slow
def test_after_a_broker_restart_everything_arrives(broker: Broker, tmp_path: Path) -> None:
    later = Wound()
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        running_with(broker, tmp_path, monotonic=later) as agent,
    ):
        agent.offer(imu(0))
        wait_until(lambda: agent.pending() == 0, "the first block")
        broker.kill()
        wait_until(lambda: not agent._link.is_up, "the agent to notice")
        for seq in range(1, 20):
            agent.offer(imu(seq))
        agent.offer(sos(0))
        wait_until(lambda: agent._spool.blocks == 20, "the blocks to be spooled")
        broker.start()
        wait_until(lambda: agent.pending() == 0, "an empty spool")
        assert {("belt-01", seq) for seq in range(20)} <= set(gateway.names)
        kinds = [block.message for block in gateway.blocks[1:]]
        assert kinds[0] == "event/1", "the call for help goes before the old samples"


@pytest.mark.slow
def test_a_broker_that_is_away_at_start_is_no_error(broker: Broker, tmp_path: Path) -> None:
    broker.stop()
    with running(broker, tmp_path) as agent:
        agent.offer(imu(0))
        wait_until(lambda: agent._spool.blocks == 1, "the block to be spooled")
        broker.start()
        with gateway_peer(broker, lambda _: True):
            wait_until(lambda: agent.pending() == 0, "an empty spool")


@pytest.mark.slow
def test_old_blocks_go_in_order_and_new_ones_do_not_wait_for_them(
    broker: Broker, tmp_path: Path
) -> None:
    broker.stop()
    old = 4000  # more than may be in flight at once
    with running(broker, tmp_path) as agent:
        for seq in range(old):
            agent.offer(imu(seq, samples=50))
        wait_until(lambda: agent._spool.blocks == old, "the backlog to be spooled")
    broker.start()
    with gateway_peer(broker, lambda _: False) as gateway, running(broker, tmp_path) as agent:
        wait_until(lambda: gateway.blocks, "the backlog to begin")
        agent.offer(imu(0, "belt-02"))
        wait_until(lambda: ("belt-02", 0) in gateway.names, "what is measured now")
        assert len(gateway.names) < old
        gateway.verdict = lambda _: True
        gateway.send(topic(SITE, AGENT, "ack"), ack((0, old)))
        wait_until(lambda: gateway.copies("belt-02", 0) and agent.pending() <= 1, "the backlog")
        backlog = [seq for device, seq in gateway.names if device == "belt-01"]
        assert backlog == sorted(backlog)


def test_status_is_retained_and_the_last_will_says_offline(broker: Broker, tmp_path: Path) -> None:
    status = topic(SITE, AGENT, "status")
    with peer(broker, status) as early, running(broker, tmp_path) as agent:
        wait_until(lambda: early.on(status), "a status")
        with gateway_peer(broker, lambda _: True) as gateway:
            wait_until(lambda: gateway.statuses, "the status that the broker kept")
            assert gateway.heard[0].retained
            assert gateway.was_told(agent=AGENT, state="online")
            pull_the_cable(agent)
            wait_until(lambda: gateway.was_told(state="offline"), "the last will")
            wait_until(lambda: gateway.statuses[-1].state == "online", "the agent again")
    with peer(broker, status) as late:
        wait_until(lambda: late.on(status), "the retained status")
        assert b'"offline"' in late.on(status)[0]


def test_status_counts_what_waits_and_who_was_heard(broker: Broker, tmp_path: Path) -> None:
    later = Wound()
    with (
        gateway_peer(broker, lambda _: False) as gateway,
        running_with(broker, tmp_path, monotonic=later) as agent,
    ):
        agent.offer(imu(3))
        wait_until(lambda: gateway.blocks, "the block")
        later.ahead_ns += ns(31)
        wait_until(lambda: gateway.was_told(spooled=1), "a status that counts it")
        status = gateway.statuses[-1]
        assert status.oldest_ns == imu(3).t0_ns
        assert status.spooled_bytes == len(imu(3).model_dump_json(exclude_none=True))
        assert list(status.devices) == ["belt-01"]


def test_a_tick_follows_the_blocks_that_were_offered_before_it(
    broker: Broker, tmp_path: Path
) -> None:
    ticks, batches = topic(SITE, AGENT, "tick"), topic(SITE, AGENT, "batch")
    with (
        peer(broker, topic(SITE, AGENT, "+")) as listener,  # nats orders within a filter
        running(broker, tmp_path, clock=lambda: T0_NS) as agent,
    ):
        agent.offer(imu(0))
        agent.tick(T0_NS)
        wait_until(lambda: listener.on(ticks), "the tick")
        order = [heard.topic for heard in listener.heard if heard.topic in (ticks, batches)]
        assert order == [batches, ticks]
        assert Tick.model_validate_json(listener.on(ticks)[0]).at_ns == T0_NS


def test_many_blocks_share_a_publish_and_none_is_above_the_cap(
    broker: Broker, tmp_path: Path
) -> None:
    broker.stop()
    with running(broker, tmp_path) as agent:
        for seq in range(600):
            agent.offer(imu(seq, samples=200))
        wait_until(lambda: agent._spool.blocks == 600, "the backlog to be spooled")
    broker.start()
    with gateway_peer(broker, lambda _: True) as gateway, running(broker, tmp_path) as agent:
        wait_until(lambda: agent.pending() == 0, "an empty spool")
        sizes = [len(payload) for payload in gateway.on(topic(SITE, AGENT, "batch"))]
    assert max(sizes) <= 501_000
    assert len(sizes) < 30


def test_a_step_of_the_clock_is_counted_and_costs_nothing(broker: Broker, tmp_path: Path) -> None:
    later = Wound()
    wall = Wound(lambda: time.time_ns() + later.ahead_ns)
    with (
        gateway_peer(broker, lambda _: False) as gateway,
        running_with(broker, tmp_path, clock=wall, monotonic=later, max_age_s=3600) as agent,
    ):
        agent.offer(imu(0))
        wait_until(lambda: gateway.blocks, "the block")
        wall.ahead_ns += 10 * 365 * 86_400 * NS_PER_S
        later.ahead_ns += ns(61)
        wait_until(lambda: gateway.was_told(clock_steps=1, dropped=0), "a status that says so")
        assert agent.pending() == 1


def test_with_a_full_disk_a_call_for_help_still_gets_through(
    broker: Broker, tmp_path: Path
) -> None:
    with (
        gateway_peer(broker, lambda _: False) as gateway,
        running_with(broker, tmp_path, max_file_bytes=120_000) as agent,
    ):
        seq = 0
        while not agent._spool.depth().unspooled:
            agent.offer(imu(seq, samples=100))
            wait_until(lambda: agent._inbox.unsettled == 0, "the block to be taken in")
            seq += 1
        agent.offer(sos(0))
        wait_until(lambda: any(b.message == "event/1" for b in gateway.blocks), "the call for help")
        gateway.verdict = lambda _: True
        agent.connected()  # another status
        wait_until(lambda: gateway.was_told(unspooled=2), "a status that says so")


@pytest.mark.parametrize("boot", [0, 7])
def test_a_device_that_counts_keeps_its_numbers_and_one_that_does_not_is_given_some(
    boot: int, broker: Broker, tmp_path: Path
) -> None:
    with gateway_peer(broker, lambda _: True) as gateway, running(broker, tmp_path) as agent:
        agent.offer(imu(40, boot=boot))
        agent.offer(imu(0, "beacon"), numbered=False)
        agent.offer(imu(0, "beacon"), numbered=False)
        wait_until(lambda: len(gateway.names) == 3, "three blocks")
        wait_until(lambda: agent.pending() == 0, "their acknowledgement")
    first = {(b.device, b.boot, b.seq) for b in gateway.blocks}
    assert ("belt-01", boot, 40) in first
    assert {seq for device, _, seq in first if device == "beacon"} == {0, 1}
    with gateway_peer(broker, lambda _: True) as gateway, running(broker, tmp_path) as agent:
        agent.offer(imu(0, "beacon"), numbered=False)
        wait_until(lambda: gateway.names, "one more")
    assert not first & {(b.device, b.boot, b.seq) for b in gateway.blocks}

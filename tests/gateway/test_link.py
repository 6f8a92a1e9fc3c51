"""The line to the broker is looked after, whatever the client library believes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contract.status import Status
from gateway import link
from gateway.inbox import Inbox, InboxItem
from tests.support.brokers import Broker, wait_until
from tests.support.gateways import agent_side, running_gateway
from tests.support.receiver import Backend
from tests.support.site_of_two import batch, imu, site
from tests.support.tcp_proxy import Proxy


@pytest.mark.slow
def test_a_line_that_falls_silent_is_replaced(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "SILENT_S", 1.0)
    monkeypatch.setattr(link, "STATUS_EVERY_S", 0.2)
    with (
        Backend() as backend,
        Proxy(broker.port) as proxy,
        running_gateway(site(), replace(broker, port=proxy.port), backend.url, tmp_path) as gateway,
        agent_side(broker, site()) as agent,
    ):
        proxy.freeze()
        wait_until(lambda: gateway.stats().connections >= 2, "a second connection")
        wait_until(gateway.connected, "the second connection to work")
        agent.publish(batch(imu(0)))
        wait_until(agent.held, "an acknowledgement over the second connection")


def test_an_exception_in_the_callback_does_not_end_the_stream(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = Inbox.offer
    calls = 0

    def offers(inbox: Inbox, arrival: InboxItem) -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("nobody thought of this")
        return offer(inbox, arrival)

    monkeypatch.setattr(Inbox, "offer", offers)
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path) as gateway,
        agent_side(broker, site()) as agent,
    ):
        agent.publish(batch(imu(0)))
        agent.publish(batch(imu(1)))
        wait_until(agent.held, "the second block's acknowledgement")
        assert {key[3] for key in agent.held()} == {1}
        assert gateway.stats().faults == 1
        assert gateway.stats().connections == 1


def test_publishes_that_find_no_room_are_counted_and_come_again(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    offer = Inbox.offer
    monkeypatch.setattr(Inbox, "offer", lambda inbox, a: not full and offer(inbox, a))
    with (
        Backend() as backend,
        running_gateway(site(), broker, backend.url, tmp_path) as gateway,
        agent_side(broker, site()) as agent,
    ):
        agent.publish(batch(imu(0)))
        wait_until(lambda: gateway.stats().inbox_overflows == 1, "the overflow to be counted")
        assert not agent.held()
        full = False
        agent.publish(batch(imu(0)))
        wait_until(agent.held, "the acknowledgement of the second try")


def test_its_status_says_online_and_its_last_will_offline(broker: Broker, tmp_path: Path) -> None:
    with Backend() as backend, agent_side(broker, site(), "gateway") as listener:
        listener.listen("status")

        def states() -> list[str]:
            said = [Status.model_validate_json(payload) for payload in listener.heard["status"]]
            return [status.state for status in said]

        with Proxy(broker.port) as proxy:
            at = replace(broker, port=proxy.port)
            with running_gateway(site(), at, backend.url, tmp_path):
                wait_until(lambda: "online" in states(), "online")
                proxy.close()  # hangs up without a word
                wait_until(lambda: states()[-1] == "offline", "the last will")
        with running_gateway(site(), broker, backend.url, tmp_path):
            wait_until(lambda: states()[-1] == "online", "online again")
        wait_until(lambda: states()[-1] == "offline", "offline after a stop")


def test_an_inbox_is_bounded_in_messages_and_bytes() -> None:
    inbox = Inbox(max_messages=3, max_bytes=100)
    small, large = InboxItem("t", b"x", 0), InboxItem("t", b"x" * 99, 0)
    assert [inbox.offer(each) for each in (large, small, small)] == [True, True, False]
    assert inbox.take(1, 0) == [large]
    assert [inbox.offer(each) for each in (small, small, small)] == [True, True, False]
    assert inbox.depth == 4
    inbox.settle(1)
    assert inbox.take(9, 0) == [small] * 3
    inbox.settle(3)
    assert inbox.depth == 0
    inbox.close()
    assert not inbox.offer(small)

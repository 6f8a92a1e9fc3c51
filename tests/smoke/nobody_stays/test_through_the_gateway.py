"""Rows 8 and 11, from a broker to a webhook: a proxy that lies, and a belt that never stops."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend.paging.channels.webhook import WebhookChannel
from backend.runtime import BackendProcess
from contract.event import EventBlock
from contract.sitefile import parse
from gateway.runtime import Gateway
from tests.support.brokers import Broker, wait_until
from tests.support.brokers import broker as broker
from tests.support.gateways import AgentSide, running_gateway
from tests.support.liars import NGINX_400, Liar
from tests.support.pages import SITE
from tests.support.receiver import Receiver
from tests.support.site_of_two import batch

pytestmark = pytest.mark.slow

WEARERS = {"belt-03": "m-keller", "belt-10": "k-sato", "belt-12": "o-lund"}
PRESSES = 4000
AT_ONCE = 100
SOON_S = 5.0


HALL = parse(
    SITE
    + """
[[agent]]
id = "edge-1"
[[detector]]
kind = "button"
"""
)


class _Wall:
    """The real time: gateway and backend have to agree on it."""

    def __call__(self) -> int:
        return time.time_ns()


@dataclass
class Chain:
    """Agent's side, gateway, a proxy in between, backend and webhook."""

    agent: AgentSide
    gateway: Gateway
    proxy: Liar
    backend: BackendProcess
    hook: Receiver

    def press(self, device: str, *seqs: int) -> None:
        blocks = [
            EventBlock(device=device, boot=1, seq=seq, t0_ns=time.time_ns(), event="sos")
            for seq in seqs
        ]
        self.agent.publish(batch(*blocks), confirmed=False)

    def called_about(self) -> set[str]:
        """Return about whom people were called."""
        return {str(post.json["person"]) for post in list(self.hook.posts)}


@pytest.fixture
def chain(broker: Broker, tmp_path: Path, database_url: str) -> Iterator[Chain]:
    with ExitStack() as stack:
        hook = stack.enter_context(Receiver())
        backend = stack.enter_context(
            BackendProcess(
                HALL,
                state_dir=tmp_path / "backend",
                database_url=database_url,
                channels=(WebhookChannel(url=hook.url),),
            )
        )
        proxy = stack.enter_context(Liar(NGINX_400))
        gateway = stack.enter_context(
            running_gateway(
                HALL,
                broker,
                proxy.url,
                tmp_path / "gateway",
                _Wall(),  # type: ignore[arg-type]
            )
        )
        agent = AgentSide(broker, HALL)
        stack.callback(agent.close)
        yield Chain(agent, gateway, proxy, backend, hook)


def test_a_proxy_that_says_400_for_a_while_sets_nothing_aside(chain: Chain) -> None:
    for device in WEARERS:
        chain.press(device, 0)
    wait_until(
        lambda: chain.proxy.lies >= 2 * len(WEARERS), "it to be lied to, again and again", 30
    )
    assert chain.called_about() == set()
    chain.proxy.honest = chain.backend.port
    wait_until(lambda: chain.called_about() == set(WEARERS.values()), "all to be called about", 60)
    assert chain.gateway.stats().refused == {}


def test_a_belt_that_presses_for_ever_holds_up_nobody_else(chain: Chain) -> None:
    chain.proxy.honest = chain.backend.port
    for first in range(0, PRESSES, AT_ONCE):
        chain.press("belt-03", *range(first, first + AT_ONCE))
    began_s = time.monotonic()
    chain.press("belt-12", 0)
    wait_until(lambda: "o-lund" in chain.called_about(), "the other to be called about", 60)
    assert time.monotonic() - began_s < SOON_S
    wait_until(lambda: "m-keller" in chain.called_about(), "the first to be called about", 60)

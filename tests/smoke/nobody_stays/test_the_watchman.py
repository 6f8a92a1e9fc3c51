"""Row 10: a gateway that is gone, channels that all refuse. It is told, by whatever is left.

Broker, gateway and backend are processes; what is killed is killed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from backend.__main__ import DATABASE_URL
from backend.api.examples import DETECTION
from backend.database.connection import Database
from backend.database.tables import GatewayRow
from backend.due.troubles import FAILURES, SILENT_S
from contract.detection import detection_id
from contract.instants import ns
from floorwatch.watch import BackendWatch
from tests.support.brokers import free_port, start_broker, wait_until
from tests.support.faked_clock import command
from tests.support.pages import SITE
from tests.support.part import Part
from tests.support.receiver import Answer, Posted, Receiver

pytestmark = pytest.mark.slow

DEADLINE_S = 60
REFUSALS = (404, 503)
"""As a deploy does, and as a provider that is down: one each, on two channels."""


class Provider(Receiver):
    """A webhook that can be told to refuse everything."""

    def __init__(self, refusal: int) -> None:
        self.refuses = False
        self.taken: list[Any] = []
        self._refusal = refusal
        super().__init__(self._answer)

    def _answer(self, posted: Posted) -> Answer:
        if self.refuses:
            return self._refusal, {}
        self.taken.append(posted.json)
        return 200, {}


@dataclass
class Works:
    """The processes of a hall, its two providers, and who looks on."""

    url: str
    gateway: Part
    providers: list[Provider]
    terminal: BackendWatch

    def falls(self, person: str = "o-lund") -> None:
        now_ns = time.time_ns()
        claim = {
            "id": detection_id("fall", f"person:{person}", now_ns), "person": person,
            "device": "belt-12", "onset_ns": now_ns - ns(2.5), "decided_ns": now_ns,
        }  # fmt: skip
        url = f"{self.url}/api/v1/detections"
        httpx.post(url, json=DETECTION | claim, timeout=20, trust_env=False).raise_for_status()

    def incidents(self, kind: str) -> list[dict[str, Any]]:
        found = self._get("/api/v1/incidents").json()["items"]
        return [each for each in found if each["kind"] == kind]

    def red_lines(self, path: str = "/") -> str:
        page = self._get(path).text
        return page.partition('<div id="troubles"')[2].partition("</div>")[0]

    def said_in_the_terminal(self) -> str:
        return "; ".join(self.terminal.look()[0].problems)

    def _get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=20, trust_env=False)


@pytest.fixture
def works(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Works]:
    monkeypatch.setenv(DATABASE_URL, database_url)
    with ExitStack() as stack:
        broker = start_broker("nats", tmp_path / "broker")
        stack.callback(broker.stop)
        providers = [stack.enter_context(Provider(refusal)) for refusal in REFUSALS]
        hooks = "\n\n[[channel]]\n".join(f'kind = "webhook"\nurl = "{p.url}/"' for p in providers)
        file = tmp_path / "site.toml"
        site = SITE.replace('kind = "console"', hooks) + '\n[[agent]]\nid = "edge-1"\n'
        file.write_text(site, "utf-8")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        mqtt = ("--broker-host", "127.0.0.1", "--broker-port", str(broker.port))
        lines = {
            "backend": ("--port", str(port)),
            "gateway": (*mqtt, "--backend-url", url),
        }
        parts = {
            name: Part(
                name,
                (*command(name), str(file), *more, "--state", str(tmp_path / name)),
                tmp_path / f"{name}.log",
            )
            for name, more in lines.items()
        }
        for part in parts.values():
            part.start()
            stack.callback(part.kill)
        wait_until(lambda: answers(f"{url}/healthz"), "the backend to answer", DEADLINE_S)
        terminal = BackendWatch(url, tmp_path / "gateway" / "stats.json", time.time_ns)
        stack.callback(terminal.close)
        wait_until(lambda: has_reported(database_url), "the gateway to report", DEADLINE_S)
        wait_until(lambda: answers(f"{url}/readyz"), "all to be well", DEADLINE_S)
        yield Works(url, parts["gateway"], providers, terminal)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def says_all(says: Callable[[], str], lines: tuple[str, ...]) -> bool:
    said = says()
    return all(line in said for line in lines)


def has_reported(database_url: str) -> bool:
    database = Database(database_url)
    try:
        with database.read() as session:
            return session.scalars(select(GatewayRow.id)).first() is not None
    finally:
        database.close()


def test_a_gateway_that_is_killed_is_an_incident_until_it_reports_again(works: Works) -> None:
    assert works.incidents("blind_area") == []
    assert "<p>" not in works.red_lines()
    assert works.said_in_the_terminal() == ""
    works.gateway.kill()
    wait_until(lambda: works.incidents("blind_area"), "an incident", SILENT_S + DEADLINE_S)
    told = "has not reported for"
    wait_until(lambda: told in works.red_lines(), "a red line on the board", DEADLINE_S)
    wait_until(lambda: told in works.said_in_the_terminal(), "the terminal to say so", DEADLINE_S)
    wait_until(lambda: all(p.taken for p in works.providers), "people to be called", DEADLINE_S)
    works.gateway.start()
    wait_until(
        lambda: works.incidents("blind_area")[0]["status"] == "resolved",
        "it to end by a report",
        DEADLINE_S,
    )
    wait_until(lambda: told not in works.red_lines(), "the red line to go", DEADLINE_S)
    wait_until(
        lambda: works.said_in_the_terminal() == "", "the terminal to say no more", DEADLINE_S
    )


def test_channels_that_all_refuse_are_incidents_and_call_as_soon_as_one_takes_pages(
    works: Works,
) -> None:
    for provider in works.providers:
        provider.refuses = True
    works.falls()
    wait_until(lambda: len(works.incidents("canary")) == 2, "an incident a channel", DEADLINE_S)
    lines = ("Channel webhook has failed", "Channel webhook-2 has failed")
    for says in (works.red_lines, works.said_in_the_terminal):
        wait_until(partial(says_all, says, lines), "it to be said", DEADLINE_S)
    assert all(len(provider.posts) >= FAILURES for provider in works.providers)
    assert not any(provider.taken for provider in works.providers)
    works.providers[0].refuses = False
    first = works.providers[0].taken
    wait_until(
        lambda: any(page["person"] == "o-lund" for page in first), "a call for the fall", DEADLINE_S
    )
    works.providers[1].refuses = False
    wait_until(
        lambda: {each["status"] for each in works.incidents("canary")} == {"resolved"},
        "both to end by good hand-offs",
        2 * DEADLINE_S,
    )
    assert [each["status"] for each in works.incidents("fall")] == ["open"]

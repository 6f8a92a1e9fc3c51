"""Gateway, broker and backend together: what people set arrives, and what is reported is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.runtime import Backend
from contract.message import Block
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from detectors.catalogue import build
from detectors.outcome import Outcome
from detectors.pipeline import Pipeline
from gateway.ledger import Ledger
from gateway.roster import Roster
from gateway.runtime import Gateway
from tests.support.brokers import Broker, wait_until
from tests.support.gateways import WoundClock, agent_side, running_gateway
from tests.support.pages import START_NS, Inbox
from tests.support.place_site import heard, place_site
from tests.support.receiver import Receiver
from tests.support.site_of_two import batch

pytestmark = pytest.mark.slow

BADGE = "e280aa03"
PATIENCE_S = 60
"""A test is not about a machine that has much else to do."""


class Listening(Pipeline):
    """The real pipeline, which remembers what went through it."""

    def __init__(self) -> None:
        self.site = Roster.of(place_site())
        super().__init__(self.site, build(self.site))
        self.blocks: list[Block] = []

    def feed(self, block: Block, **how: Any) -> Outcome:
        outcome = super().feed(block, **how)
        if outcome.verdict != "duplicate":
            self.blocks.append(block)
        return outcome

    def states(self) -> list[tuple[str, str, str]]:
        """Return what was heard of zones: who said it, of which, what."""
        return [
            (block.device, block.zone, block.state)
            for block in self.blocks
            if isinstance(block, ZoneStateBlock)
        ]


@contextmanager
def backend_at(folder: Path, port: int = 0) -> Iterator[Backend]:
    with Backend(
        place_site(), state_dir=folder, port=port, clock=lambda: START_NS, engine="manual",
        channels=[Inbox()],
    ) as backend:  # fmt: skip
        yield backend


@contextmanager
def both(
    broker: Broker, folder: Path, pipeline: Pipeline | None = None
) -> Iterator[tuple[Backend, Gateway, httpx.Client]]:
    with (
        backend_at(folder / "backend") as backend,
        running_gateway(
            place_site(), broker, backend.url, folder / "gateway", WoundClock(START_NS), pipeline
        ) as gateway,
        httpx.Client(base_url=f"{backend.url}/api/v1", timeout=PATIENCE_S) as api,
    ):
        yield backend, gateway, api


def put(api: httpx.Client, zone: str, state: str) -> dict[str, Any]:
    body = {"person": "karin-ek", "state": state, "reason": "Lock 14"}
    answer = api.put(f"/zones/{zone}/state", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def zone(api: httpx.Client, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each for each in api.get("/zones").json()["items"] if each["zone"] == name
    )
    return found


def zone_is(api: httpx.Client, name: str, **wanted: Any) -> Callable[[], bool]:
    return lambda: all(zone(api, name)[key] == value for key, value in wanted.items())


def test_a_state_set_in_the_backend_goes_through_the_pipeline_and_survives_both_restarts(
    broker: Broker, tmp_path: Path
) -> None:
    first, second = Listening(), Listening()
    with both(broker, tmp_path, first) as (_, gateway, api):
        assert not put(api, "robot-cell", "locked_out")["in_force"]
        wait_until(zone_is(api, "robot-cell", in_force=True), "the gateway to have it")
        assert first.states() == [("backend", "robot-cell", "locked_out")]
        assert gateway.stats().refused == {}
    with Ledger(tmp_path / "gateway", place_site()) as ledger:
        ledger.connection.execute("DELETE FROM block")  # the recorder forgets, what holds does not
    with both(broker, tmp_path, second) as (_, _, api):
        assert second.states() == [("backend", "robot-cell", "locked_out")]
        assert zone(api, "robot-cell")["state"] == "locked_out"
        wait_until(zone_is(api, "robot-cell", in_force=True), "the gateway to say that it has it")
        assert len(second.states()) == 1


def test_the_gateway_knows_what_holds_while_the_backend_is_away(
    broker: Broker, tmp_path: Path
) -> None:
    with both(broker, tmp_path) as (_, _, api):
        put(api, "robot-cell", "locked_out")
        wait_until(zone_is(api, "robot-cell", in_force=True), "the gateway to have it")
    later = Listening()
    nobody = "http://127.0.0.1:9"
    clock = WoundClock(START_NS)
    with running_gateway(place_site(), broker, nobody, tmp_path / "gateway", clock, later):
        assert later.states() == [("backend", "robot-cell", "locked_out")]


def test_a_plc_makes_a_zone_more_dangerous_than_people_set_it_and_never_less(
    broker: Broker, tmp_path: Path
) -> None:
    told = ZoneStateBlock(
        device="plc-3", seq=1, t0_ns=START_NS + 1, zone="robot-cell", state="energised", by="PLC"
    )
    wrong = told.model_copy(update={"seq": 2, "zone": "robot-sell"})
    another = told.model_copy(update={"seq": 3, "zone": "yard"})
    forged = told.model_copy(update={"seq": 4, "device": "backend"})
    back = told.model_copy(update={"seq": 5, "state": "locked_out", "t0_ns": START_NS + 2})
    pipeline = Listening()
    with (
        both(broker, tmp_path, pipeline) as (_, gateway, api),
        agent_side(broker, place_site()) as agent,
    ):
        put(api, "robot-cell", "locked_out")
        wait_until(zone_is(api, "robot-cell", in_force=True), "the gateway to have it")
        agent.publish(batch(told, wrong, another, forged))
        wait_until(zone_is(api, "robot-cell", source="plc-3"), "the backend to know")
        view = zone(api, "robot-cell")
        assert (view["state"], view["by"], view["in_force"]) == ("energised", "PLC", True)
        assert gateway.stats().refused == {"invalid": 1, "not-its-zone": 1, "unknown-device": 1}
        agent.publish(batch(back))
        wait_until(zone_is(api, "robot-cell", state="locked_out"), "the PLC to take it back")
        view = zone(api, "robot-cell")
        assert (view["source"], view["in_force"], view["differs"]) == ("backend", True, None)


def test_the_backend_says_where_the_gateway_holds_something_else(
    broker: Broker, tmp_path: Path
) -> None:
    """The backend lost its database: it knows nothing of an evacuation that the gateway holds."""
    with both(broker, tmp_path) as (_, _, api):
        api.post("/evacuation", json={"person": "karin-ek", "reason": "Smoke"})
        put(api, "robot-cell", "locked_out")
        wait_until(lambda: api.get("/evacuation").json()["in_force"], "the gateway to have it")
    shutil.rmtree(tmp_path / "backend")
    with both(broker, tmp_path) as (_, _, api):
        wait_until(zone_is(api, "robot-cell", in_force=False), "the difference to be seen")
        assert zone(api, "robot-cell")["differs"] == (
            'the gateway does not hold this: it judges by "locked_out", said by backend'
        )
        assert api.get("/evacuation").json()["differs"] == (
            "the gateway does not hold this: for it one stands (everywhere), by backend"
        )


def test_an_unknown_tag_is_offered_assigned_and_then_somebodys(
    broker: Broker, tmp_path: Path
) -> None:
    def offered() -> list[tuple[str, int]]:
        items = api.get("/tags/unknown").json()["items"]
        return [(item["tag"], item["count"]) for item in items]

    def in_force() -> bool:
        return all(item["in_force"] for item in api.get("/tags").json()["items"])

    with (
        both(broker, tmp_path) as (_, _, api),
        agent_side(broker, place_site()) as agent,
    ):
        agent.publish(batch(heard("ff01", seq=0, times=41)))
        wait_until(lambda: offered() == [("ff01", 41)], "the tag to be offered")
        assert api.put(
            "/tags/ff01/wearer", json={"person": "karin-ek", "wearer": "o-lund"}
        ).is_success
        wait_until(in_force, "the gateway to know whose it is")
        assert api.post("/evacuation", json={"person": "karin-ek", "reason": "Smoke"}).is_success
        agent.publish(batch(heard("ff01", seq=1)))
        wait_until(lambda: people(api) == ["o-lund"], "its wearer to be mustered")
        assert offered() == []


def people(api: httpx.Client) -> list[str]:
    found = api.get("/muster", params={"person": "karin-ek"}).json()["people"]
    return [each["person"] for each in found]


def test_a_muster_knows_who_was_heard_before_a_restart(broker: Broker, tmp_path: Path) -> None:
    with (
        both(broker, tmp_path) as (_, gateway, api),
        agent_side(broker, place_site()) as agent,
    ):
        agent.publish(batch(heard(BADGE)))
        wait_until(lambda: gateway.stats().blocks == 1, "the read")
        assert people(api) == []  # no purpose, no position
    with Ledger(tmp_path / "gateway", place_site()) as ledger:
        ledger.connection.execute("DELETE FROM block")
    with both(broker, tmp_path) as (_, _, api):
        api.post("/evacuation", json={"person": "karin-ek", "reason": "Smoke"})
        wait_until(lambda: people(api) == ["m-keller"], "whom the last process heard")
        answer = api.request(
            "DELETE", "/evacuation", params={"person": "karin-ek", "reason": "Over"}
        )
        assert answer.json()["on"] is False
        assert people(api) == []


def test_an_evacuation_that_a_fire_panel_begins_is_a_muster_too(
    broker: Broker, tmp_path: Path
) -> None:
    alarm = EvacuationBlock(device="plc-3", seq=1, t0_ns=START_NS, on=True, by="fire panel")
    with (
        both(broker, tmp_path) as (_, _, api),
        agent_side(broker, place_site()) as agent,
    ):
        agent.publish(batch(heard(BADGE), alarm))
        wait_until(lambda: people(api) == ["m-keller"], "the muster")
        evacuation = api.get("/evacuation").json()
        assert (evacuation["on"], evacuation["by"], evacuation["source"]) == (
            True, "fire panel", "plc-3",
        )  # fmt: skip


@pytest.mark.parametrize("answer", [500, 404, 401])
def test_a_report_that_is_not_taken_is_counted_and_the_next_one_is_whole(
    broker: Broker, tmp_path: Path, answer: int
) -> None:
    with (
        Receiver(lambda posted: (answer, {"detail": "no"})) as receiver,
        running_gateway(place_site(), broker, receiver.url, tmp_path) as gateway,
    ):
        wait_until(lambda: gateway.stats().report_failures >= 1, "a failure to be counted")
        receiver.answer = lambda posted: (200, {"floorwatch": "orders/1", "orders": []})
        wait_until(lambda: gateway.stats().reports >= 1, "a report to be taken")

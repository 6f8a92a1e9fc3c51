"""Gateway, broker and backend together: what people set arrives, and what is reported is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.runtime import BackendProcess
from contract.instants import ns
from contract.message import Block
from contract.reads import Read, ReadsBlock
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from detectors.catalogue import build
from detectors.outcome import Outcome
from detectors.pipeline import Pipeline
from gateway.ledger import Ledger
from gateway.runtime import Gateway
from tests.support.brokers import Broker, wait_until
from tests.support.gateways import WoundClock, agent_side, running_gateway
from tests.support.pages import START_NS, Inbox
from tests.support.place_site import heard, place_site
from tests.support.receiver import Receiver
from tests.support.site_of_two import batch

pytestmark = pytest.mark.slow

BADGE = "e280aa03"
GUARDED = place_site('[[detector]]\nkind = "zone"')
PATIENCE_S = 60
"""A test is not about a machine that has much else to do."""


class Listening(Pipeline):
    """The real pipeline, which remembers what went through it."""

    def __init__(self) -> None:
        super().__init__(GUARDED, build(GUARDED))
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
def backend_at(folder: Path, port: int = 0) -> Iterator[BackendProcess]:
    with BackendProcess(
        GUARDED, state_dir=folder, port=port, clock=lambda: START_NS, engine="manual",
        channels=[Inbox()],
    ) as backend:  # fmt: skip
        yield backend


@contextmanager
def both(
    broker: Broker, folder: Path, pipeline: Pipeline | None = None
) -> Iterator[tuple[BackendProcess, Gateway, httpx.Client]]:
    with (
        backend_at(folder / "backend") as backend,
        running_gateway(
            GUARDED, broker, backend.url, folder / "gateway", WoundClock(START_NS), pipeline
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

    with (
        both(broker, tmp_path) as (_, _, api),
        agent_side(broker, place_site()) as agent,
    ):
        agent.publish(batch(heard("ff01", seq=0, times=41)))
        wait_until(lambda: offered() == [("ff01", 41)], "the tag to be offered")
        assign(api, "ff01", "o-lund")
        assert api.post("/evacuation", json={"person": "karin-ek", "reason": "Smoke"}).is_success
        agent.publish(batch(heard("ff01", seq=1)))
        wait_until(lambda: people(api) == ["o-lund"], "its wearer to be mustered")
        assert offered() == []


def assign(api: httpx.Client, tag: str, wearer: str) -> None:
    """Give a tag to somebody, as the console does, and wait until the gateway has it."""
    body = {"person": "karin-ek", "wearer": wearer}
    assert api.put(f"/tags/{tag}/wearer", json=body).is_success
    wait_until(lambda: in_force(api), "the gateway to know whose it is")


def in_force(api: httpx.Client) -> bool:
    return all(item["in_force"] for item in api.get("/tags").json()["items"])


def breaches(api: httpx.Client) -> list[tuple[str, str, str, str]]:
    """Return the incidents: what, who, where, how bad."""
    return [
        (each["kind"], each["person"], each["zone"], each["severity"])
        for each in api.get("/incidents").json()["items"]
    ]


def in_the_cell(tag: str, seq: int, from_s: float = 0.0) -> ReadsBlock:
    """Return five seconds of reads of somebody who stands in the robot cell."""
    reads = tuple(
        Read(tag=tag, point="1", t_ns=START_NS + ns(from_s + n / 8), rssi_dbm=-55.0 + 6 * (n % 3))
        for n in range(40)
    )
    return ReadsBlock(device="reader-1", boot=1, seq=seq, t0_ns=reads[0].t_ns, reads=reads)


SEV1_BREACH = ("zone_breach", "o-lund", "robot-cell", "SEV1")


def test_an_assigned_tag_in_a_class_a_zone_is_a_breach_as_one_of_the_site_file_is(
    broker: Broker, tmp_path: Path
) -> None:
    with (
        both(broker, tmp_path) as (_, gateway, api),
        agent_side(broker, GUARDED) as agent,
    ):
        assign(api, "ff01", "o-lund")
        agent.publish(batch(in_the_cell("ff01", 0)))
        wait_until(lambda: breaches(api) == [SEV1_BREACH], "the breach of whom it was given to")
        agent.publish(batch(in_the_cell(BADGE, 1, from_s=6)))
        wait_until(lambda: len(breaches(api)) == 2, "the same of a tag of the site file")
        of_file = ("zone_breach", "m-keller", "robot-cell", "SEV1")
        assert set(breaches(api)) == {SEV1_BREACH, of_file}
        assert gateway.stats().refused == {}


def test_a_gateway_knows_whose_tag_it_is_after_a_restart_without_the_backend(
    broker: Broker, tmp_path: Path
) -> None:
    with both(broker, tmp_path) as (_, _, api):
        assign(api, "ff01", "o-lund")
        assign(api, "ff02", "o-lund")
        assert api.request("DELETE", "/tags/ff02/wearer", params={"person": "karin-ek"}).is_success
    with Ledger(tmp_path / "gateway", GUARDED) as ledger:
        ledger.connection.execute("DELETE FROM block")  # the recorder forgets, what holds does not
    later = Listening()
    nobody = "http://127.0.0.1:9"
    clock = WoundClock(START_NS)
    with (
        running_gateway(GUARDED, broker, nobody, tmp_path / "gateway", clock, later),
        agent_side(broker, GUARDED) as agent,
    ):
        assert later.wearer_of("ff01", START_NS) == "o-lund"
        agent.publish(batch(in_the_cell("ff01", 0)))
        wait_until(lambda: later.zone_of("o-lund") == "robot-cell", "presence of whom it is")


def test_an_assignment_of_somebody_whom_the_site_file_forgot_is_refused_told_and_passed_by(
    broker: Broker, tmp_path: Path
) -> None:
    """The backend remembers a tag of whoever has left since; the next one is taken up."""
    without = GUARDED.model_copy(
        update={
            "wearer": tuple(w for w in GUARDED.wearer if w.id != "k-sato"),
            "device": tuple(d for d in GUARDED.device if d.wearer != "k-sato"),
        }
    )
    with (
        backend_at(tmp_path / "backend") as backend,
        httpx.Client(base_url=f"{backend.url}/api/v1", timeout=PATIENCE_S) as api,
    ):
        for tag, wearer in (("ff01", "k-sato"), ("ff02", "o-lund")):
            body = {"person": "karin-ek", "wearer": wearer}
            assert api.put(f"/tags/{tag}/wearer", json=body).is_success
        with running_gateway(
            without, broker, backend.url, tmp_path / "gateway", WoundClock(START_NS)
        ) as gateway:

            def shown() -> dict[str, tuple[bool, str | None]]:
                items = api.get("/tags").json()["items"]
                return {each["tag"]: (each["in_force"], each["refused"]) for each in items}

            known = "m-keller, o-lund, t-berg"
            told = f'tag "ff01": the site file has no wearer "k-sato"; there are: {known}'
            wanted = {"ff01": (False, told), "ff02": (True, None)}
            wait_until(lambda: shown() == wanted, "the one to be refused, and the other to hold")
            assert gateway.stats().refused == {"invalid": 1}


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


def test_an_order_holds_however_far_behind_the_gateways_clock_is(
    broker: Broker, tmp_path: Path
) -> None:
    clock = WoundClock(START_NS - ns(86_400 * 3))
    with (
        backend_at(tmp_path / "backend") as backend,
        running_gateway(GUARDED, broker, backend.url, tmp_path / "gateway", clock) as gateway,
        httpx.Client(base_url=f"{backend.url}/api/v1", timeout=PATIENCE_S) as api,
    ):
        assert api.post("/evacuation", json={"person": "karin-ek", "reason": "Smoke"}).is_success
        wait_until(lambda: api.get("/evacuation").json()["in_force"], "the gateway to have it")
        assert gateway.stats().refused == {}

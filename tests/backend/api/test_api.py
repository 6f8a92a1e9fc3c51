"""The HTTP API over a real socket."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from threading import Event
from typing import Any

import httpx

from backend.api.acts import Reasoned
from backend.api.examples import (
    ASSIGN,
    DETECTION,
    ENDED,
    EVACUATE,
    REASON,
    REPORT,
    TAKE,
    TIER,
    WAVEFORM,
    ZONE_STATE,
)
from backend.api.incidents import Ended, Judged, Take, Tier
from backend.api.places import Evacuate, State
from backend.api.tags import Assign
from backend.runtime import BackendProcess
from contract.detection import Detection, Receipt, Waveform
from contract.instants import NS_PER_S, ns
from contract.report import Report
from tests.support.asked_api import AT_NS, TRIPLES, detection, post
from tests.support.pages import Inbox, paging_site


def test_from_detection_to_acknowledgement(
    api: httpx.Client, backend: BackendProcess, inbox: Inbox
) -> None:
    receipt = Receipt.model_validate(post(api, "/detections", DETECTION))
    assert receipt.created
    backend.engine.cycle(AT_NS)
    assert [page.to.person for page in inbox.empty()] == ["karin-ek", "ines-falk"]
    (row,) = api.get("/api/v1/incidents", params={"status": "open"}).json()["items"]
    assert (row["id"], row["kind"], row["severity"], row["status"]) == (1, "fall", "SEV2", "open")
    assert (row["person"], row["zone"]) == ("m-keller", "press-line")
    assert row["onset"] == "2023-11-14T22:13:20+00:00"
    view = post(api, "/incidents/1/acknowledge", {"person": "karin-ek"})
    assert (view["status"], view["acknowledged_by"]) == ("acknowledged", "karin-ek")
    assert view["pages"][0]["latency_s"] == 0
    pages = api.get("/api/v1/pages", params={"incident": 1}).json()
    assert [page["status"] for page in pages["items"]] == ["sent", "sent"]


def test_evidence_grows_until_it_is_whole(api: httpx.Client) -> None:
    post(api, "/detections", DETECTION)
    path = f"/detections/{DETECTION['id']}/evidence"

    def window(samples: int, complete: bool) -> dict[str, Any]:
        accel = base64.b64encode(TRIPLES * samples).decode()
        return {**WAVEFORM, "accel_i16": accel, "complete": complete}

    for samples, complete in [(1, False), (3, False), (2, False), (4, True), (9, False)]:
        kept = {"about": DETECTION["id"], "incident": 1}
        assert post(api, path, window(samples, complete)) == kept
    evidence = api.get("/api/v1/incidents/1").json()["evidence"]
    assert evidence["magnitude_g"] == [1.0, 0.5] * 4
    assert evidence["complete"] is True
    assert evidence["onset_at_s"] == 5


def test_lists_go_on_where_they_ended(api: httpx.Client) -> None:
    for number in range(5):
        onset_ns = DETECTION["onset_ns"] - number * 60 * NS_PER_S
        post(api, "/detections", detection(id=f"{number:032x}", onset_ns=onset_ns))
    seen: list[int] = []
    after: int | None = None
    while True:
        params = {"limit": 2} | ({} if after is None else {"after": after})
        answer = api.get("/api/v1/incidents", params=params).json()
        seen += [item["id"] for item in answer["items"]]
        after = answer["next"]
        if after is None:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_every_answer_protects_its_reader(api: httpx.Client) -> None:
    for path in ("/", "/api/v1/incidents", "/nothing", "/healthz"):
        headers = api.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_health_and_metrics(api: httpx.Client, backend: BackendProcess) -> None:
    post(api, "/detections", DETECTION)
    post(api, "/detections", DETECTION)
    post(api, "/detections", {}, expect=422)
    backend.engine.cycle(AT_NS)
    assert api.get("/healthz").json() == {"status": "ok"}
    figures = api.get("/metrics").text
    for line in (
        'floorwatch_detections_total{phase="onset",result="opened"} 1.0',
        'floorwatch_detections_total{phase="onset",result="joined"} 1.0',
        'floorwatch_incidents_opened_total{severity="SEV2"} 1.0',
        'floorwatch_pages_total{channel="inbox",result="sent"} 2.0',
        'floorwatch_refusals_total{reason="RefusedInputError"} 1.0',
    ):
        assert line in figures


def test_the_examples_in_the_description_are_valid(api: httpx.Client) -> None:
    Detection.model_validate(DETECTION)
    Waveform.model_validate_json(json.dumps(WAVEFORM))
    Take.model_validate(TAKE)
    Reasoned.model_validate(REASON)
    Ended.model_validate_json(json.dumps(ENDED))
    Judged.model_validate_json(json.dumps(ENDED))
    State.model_validate(ZONE_STATE)
    Evacuate.model_validate_json(json.dumps(EVACUATE))
    Assign.model_validate(ASSIGN)
    Report.model_validate_json(json.dumps(REPORT))
    Tier.model_validate(TIER)
    described = api.get("/openapi.json").json()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["tags"], path
            if path.startswith("/api/v1"):
                assert "422" in operation["responses"], path
    text = json.dumps(described)
    for reference in {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        assert reference in described["components"]["schemas"]


def test_a_get_of_a_link_shows_and_a_post_acts_once(
    api: httpx.Client, backend: BackendProcess, inbox: Inbox
) -> None:
    post(api, "/detections", DETECTION)
    backend.engine.cycle(AT_NS)
    url = inbox.empty()[0].acknowledge_url
    assert url.startswith(backend.url)
    for _ in range(3):
        shown = httpx.get(url)
        assert shown.status_code == 200
        assert "Mira Keller" in shown.text
    assert api.get("/api/v1/incidents/1").json()["status"] == "open"
    for _ in range(2):
        acted = httpx.post(url)
        assert acted.status_code == 200
        assert "Karin Ek" in acted.text
    view = api.get("/api/v1/incidents/1").json()
    assert (view["status"], view["acknowledged_by"]) == ("acknowledged", "karin-ek")
    assert [entry["what"] for entry in view["timeline"]].count("acknowledged") == 1
    forged = httpx.post(url[:-2])
    assert forged.status_code == 403
    assert "was not made by this Floorwatch" in forged.text


def test_an_accepted_event_kicks_the_engine(tmp_path: Path) -> None:
    inbox = Inbox()
    with (
        BackendProcess(paging_site(), state_dir=tmp_path, channels=[inbox]) as backend,
        httpx.Client(base_url=backend.url) as api,
    ):
        now_ns = backend.clock()
        post(api, "/detections", detection(onset_ns=now_ns - ns(2), decided_ns=now_ns))
        while len(inbox.taken()) < 2:
            assert backend.clock() - now_ns < ns(10)
            Event().wait(0.01)
        pages = api.get("/api/v1/pages").json()["items"]
    assert {page["person"] for page in pages} == {"karin-ek", "ines-falk"}
    assert backend.parts.engine.last_cycle_ns is not None


def test_every_field_of_the_api_says_what_it_is(api: httpx.Client) -> None:
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, told in schema.get("properties", {}).items()
        if "description" not in told and field not in ("message", "detail", "loc", "msg", "type")
    ]
    assert bare == []

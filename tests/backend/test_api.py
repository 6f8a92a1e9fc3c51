"""The HTTP API over a real socket."""

from __future__ import annotations

import base64
import json
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from backend.api.acts import Reasoned
from backend.api.auth import API_TOKEN
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
from backend.errors import BindRefusedError
from backend.runtime import Backend
from contract.detection import Detection, Receipt, Waveform
from contract.instants import NS_PER_S, ns
from contract.problem import OURS, REFUSAL, believed
from contract.report import Report
from tests.support.pages import Inbox, paging_site

AT_NS = DETECTION["decided_ns"]
TRIPLES = struct.pack("<6h", 0, 0, 1000, 300, 400, 0)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def backend(tmp_path: Path, inbox: Inbox) -> Iterator[Backend]:
    with Backend(
        paging_site(), state_dir=tmp_path, clock=lambda: AT_NS, engine="manual", channels=[inbox]
    ) as backend:
        yield backend


@pytest.fixture
def api(backend: Backend) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=backend.url) as client:
        yield client


def post(api: httpx.Client, path: str, body: Any, expect: int = 200) -> Any:
    answer = api.post(f"/api/v1{path}", json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


def detection(**changes: Any) -> dict[str, Any]:
    return {**DETECTION, **changes}


def test_from_detection_to_acknowledgement(
    api: httpx.Client, backend: Backend, inbox: Inbox
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


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        pytest.param("/detections", {}, 422, "Field required", id="nothing"),
        pytest.param("/detections", [], 422, "should be an object", id="not an object"),
        pytest.param("/detections", detection(message="detection/9"), 422, "detection/1",
                     id="unknown version"),
        pytest.param("/detections", detection(exercise=0), 422, "exercise", id="0 for false"),
        pytest.param("/detections", detection(confidence=2), 422, "confidence", id="too certain"),
        pytest.param("/detections", detection(onset_ns=2**63), 422, "onset_ns", id="beyond time"),
        pytest.param("/detections", detection(reason="\x00"), 422, "NUL", id="a NUL"),
        pytest.param("/detections", detection(site="hall-8"), 404, "hall-7", id="another site"),
        pytest.param(f"/detections/{'0' * 32}/evidence", {**WAVEFORM, "detection": "0" * 32}, 404,
                     "no detection", id="evidence of nothing"),
        pytest.param(f"/detections/{'0' * 32}/evidence", WAVEFORM, 409, "the address of",
                     id="evidence at another's address"),
        pytest.param("/detections/zz/evidence", WAVEFORM, 422, "detection", id="not an id"),
        pytest.param("/incidents/7/acknowledge", TAKE, 404, "no incident 7", id="no incident"),
        pytest.param("/incidents/1/acknowledge", {"person": "karin-eck"}, 404,
                     'did you mean "karin-ek"?', id="no such person"),
        pytest.param("/incidents/1/severity", {"person": "karin-ek", "severity": "SEV3"}, 422,
                     "reason", id="lowering without a reason"),
        pytest.param("/incidents/1/severity", {"reason": "fine", "severity": "SEV3"}, 422,
                     "person", id="lowering by nobody"),
        pytest.param("/incidents/1/reopen", REASON, 409, "cannot reopen", id="reopen what is open"),
        pytest.param("/incidents/99999999999999999999/resolve", REASON, 422, "incident",
                     id="a number beyond 64 bits"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(
    api: httpx.Client, path: str, body: Any, status: int, said: str
) -> None:
    post(api, "/detections", DETECTION)
    answer = post(api, path, body, expect=status)
    assert said in answer["detail"] + answer.get("hint", "")
    assert (answer["status"], answer["floorwatch"] in (OURS, REFUSAL)) == (status, True)
    assert {"type", "title", "error"} <= set(answer)


ID = DETECTION["id"]
EVIDENCE = f"/detections/{ID}/evidence"


@pytest.mark.parametrize(
    ("path", "body", "final"),
    [
        pytest.param("/detections", detection(confidence=2), True, id="a field that is absurd"),
        pytest.param("/detections", detection(kind="sos"), True, id="the id of another kind"),
        pytest.param("/detections", detection(site="hall-8"), False, id="another site's backend"),
        pytest.param("/detections", {"confidence": 2}, False, id="no claim by its id"),
        pytest.param(EVIDENCE, {**WAVEFORM, "odr_hz": 0}, True, id="an absurd window"),
        pytest.param(EVIDENCE, {**WAVEFORM, "detection": "0" * 32}, True, id="another's window"),
        pytest.param(f"/detections/{'1' * 32}/evidence", {**WAVEFORM, "detection": "1" * 32}, False,
                     id="evidence before its claim"),
        pytest.param("/tags", {"tag": 7}, False, id="no detection at all"),
    ],
)  # fmt: skip
def test_a_refusal_for_good_names_the_claim_and_the_very_bytes(
    api: httpx.Client, path: str, body: Any, final: bool
) -> None:
    post(api, "/detections", DETECTION)
    sent = json.dumps(body).encode()
    answer = api.post(f"/api/v1{path}", content=sent, headers={"Content-Type": "application/json"})
    assert answer.headers["Content-Type"] == "application/problem+json"
    about = path.split("/")[2] if path.endswith("evidence") else body.get("id", ID)
    told = believed(answer.status_code, answer.headers["Content-Type"], answer.content, about, sent)
    assert (told is not None) is final
    assert answer.json()["floorwatch"] == (REFUSAL if final else OURS)


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        pytest.param(b"{", "application/json", 422, id="not JSON"),
        pytest.param(b"\xff\xfe", "application/json", 422, id="not UTF-8"),
        pytest.param(b'{"reason": "\\ud800"}', "application/json", 422, id="a lone surrogate"),
        pytest.param(json.dumps(DETECTION).replace('"peak_g": 4.1', '"peak_g": NaN').encode(),
                     "application/json", 422, id="NaN"),
        pytest.param(b"[" * 100_000, "application/json", 422, id="very deep"),
        pytest.param(b"{}", "text/plain", 415, id="not said to be JSON"),
        pytest.param(b"{}", "", 415, id="not said to be anything"),
        pytest.param(b" " * 2_000_001, "application/json", 413, id="too large"),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_read(
    api: httpx.Client, content: bytes, media_type: str, status: int
) -> None:
    answer = api.post("/api/v1/detections", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_body_that_does_not_say_its_length_is_cut_off_too(api: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * 65_536

    answer = api.post(
        "/api/v1/detections", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


def test_a_form_is_small(api: httpx.Client) -> None:
    """It is read before it is known who sends it."""
    for size, status in ((60_000, 403), (64_001, 413)):
        answer = api.post("/session", data={"person": "x" * size})
        assert answer.status_code == status


def test_the_framework_s_own_errors_look_alike(api: httpx.Client) -> None:
    missing = api.get("/api/v1/nothing")
    assert (missing.status_code, missing.json()["error"]) == (404, "UnknownError")
    wrong = api.delete("/api/v1/incidents")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")
    assert wrong.json()["detail"] == "/api/v1/incidents does not take DELETE"
    assert api.put("/api/v1/evacuation").headers["Allow"] == "DELETE, GET, POST"


def test_every_answer_protects_its_reader(api: httpx.Client) -> None:
    for path in ("/", "/api/v1/incidents", "/nothing", "/healthz"):
        headers = api.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_health_and_metrics(api: httpx.Client, backend: Backend) -> None:
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


def test_a_token_is_asked_for_when_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_TOKEN, "let-me-in")
    with (
        Backend(paging_site(), state_dir=tmp_path, engine="manual") as backend,
        httpx.Client(base_url=backend.url) as api,
    ):
        for given, status in [
            ({}, 401),
            ({"Authorization": "Bearer guess"}, 401),
            ({"Authorization": "Basic bGV0LW1lLWlu"}, 401),
            ({"Authorization": "Bearer let-me-in"}, 200),
        ]:
            assert api.get("/api/v1/incidents", headers=given).status_code == status
        assert api.get("/healthz").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_a_token_it_listens_to_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.delenv(API_TOKEN, raising=False)
    with pytest.raises(BindRefusedError, match=API_TOKEN):
        Backend(paging_site(), state_dir=tmp_path, host=host).start()


def test_a_taken_port_is_an_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            Backend(paging_site(), state_dir=tmp_path, port=taken.getsockname()[1]).start()


def test_a_get_of_a_link_shows_and_a_post_acts_once(
    api: httpx.Client, backend: Backend, inbox: Inbox
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
        Backend(paging_site(), state_dir=tmp_path, channels=[inbox]) as backend,
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

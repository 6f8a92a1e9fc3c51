"""What the API refuses over a real socket, and how it says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from backend.api.examples import (
    DETECTION,
    REASON,
    TAKE,
    WAVEFORM,
)
from contract.problem import OURS, REFUSAL, believed
from tests.support.asked_api import detection, post


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

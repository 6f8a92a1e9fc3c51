"""Speaks HTTP to the backend, and says what an answer means."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import httpx
from pydantic import ValidationError

from contract.batch import explain
from contract.detection import Receipt
from contract.report import Orders

TOKEN_VARIABLE = "FLOORWATCH_API_TOKEN"
TIMEOUT = httpx.Timeout(5.0, connect=2.0)
REFUSED = frozenset({400, 409, 410, 413, 415, 422})
"""Answers that find fault with what was sent. Everything else that is no success (a wrong token, a
wrong address, a proxy in between, a server in trouble) is mended without us and tried again."""

Result = Literal["taken", "refused", "failed", "unreachable"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one POST."""

    result: Result
    told: str = ""
    receipt: Receipt | None = None


class BackendClient:
    """One connection that is kept open, for one thread."""

    def __init__(self, base_url: str, environ: Mapping[str, str] = os.environ) -> None:
        token = environ.get(TOKEN_VARIABLE)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        # trust_env: a proxy for the internet must not swallow what goes to the site's own backend.
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=TIMEOUT, trust_env=False
        )

    def post_detection(self, body: bytes) -> Answer:
        """Hand over a detection. Only a receipt counts: a 2xx from a stranger is no commit."""
        answer, response = self._post("/api/v1/detections", body)
        if response is None or answer.result != "taken":
            return answer
        try:
            return Answer("taken", receipt=Receipt.model_validate_json(response.content))
        except ValidationError as error:
            return Answer("failed", f"{response.status_code} without a receipt: {explain(error)}")

    def post_evidence(self, detection: str, body: bytes) -> Answer:
        """Hand over a sensor window."""
        return self._post(f"/api/v1/detections/{detection}/evidence", body)[0]

    def post_report(self, body: bytes) -> tuple[Answer, Orders | None]:
        """Hand over a report. None unless the backend answers with its orders."""
        answer, response = self._post("/api/v1/report", body)
        if response is None or answer.result != "taken":
            return answer, None
        try:
            return answer, Orders.model_validate_json(response.content)
        except ValidationError as error:
            told = f"{response.status_code} without orders: {explain(error)}"
            return Answer("failed", told), None

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _post(self, path: str, body: bytes) -> tuple[Answer, httpx.Response | None]:
        try:
            response = self._http.post(path, content=body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return Answer("unreachable", f"{type(error).__name__}: {error}"), None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer("failed", f"{type(error).__name__}: {error}"), None
        if response.is_success:
            return Answer("taken"), response
        result: Result = "refused" if response.status_code in REFUSED else "failed"
        return Answer(result, f"{response.status_code}: {response.text[:300]}"), response

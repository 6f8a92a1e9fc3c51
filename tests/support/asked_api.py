"""What tests of the API send, and how."""

from __future__ import annotations

import struct
from typing import Any

import httpx

from backend.api.examples import DETECTION

AT_NS = DETECTION["decided_ns"]
TRIPLES = struct.pack("<6h", 0, 0, 1000, 300, 400, 0)


def post(api: httpx.Client, path: str, body: Any, expect: int = 200) -> Any:
    answer = api.post(f"/api/v1{path}", json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


def detection(**changes: Any) -> dict[str, Any]:
    return {**DETECTION, **changes}

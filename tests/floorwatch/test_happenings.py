from __future__ import annotations

from typing import Any

import pytest

from floorwatch.happenings import Seen, news

NOW_NS = 1_700_000_000_000_000_000


def incident(**changes: Any) -> dict[str, Any]:
    row = {
        "id": 1,
        "severity": "SEV2",
        "status": "open",
        "title": "Fall",
        "person_name": "Mira Keller",
        "zone_title": "B3 Press line",
        "opened_ns": NOW_NS,
        "acknowledged_by": None,
    }
    return {**row, **changes}


def page(**changes: Any) -> dict[str, Any]:
    row = {
        "id": 7,
        "incident": 1,
        "status": "sent",
        "person_name": "Karin Ek",
        "channel": "console",
        "sent_ns": NOW_NS,
        "latency_s": 0.12,
    }
    return {**row, **changes}


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        pytest.param(
            ([incident()], []),
            ([incident()], []),
            ["SEV2 incident 1: Fall · Mira Keller · B3 Press line"],
            id="an incident is told once",
        ),
        pytest.param(
            ([incident()], []),
            ([incident(severity="SEV1")], []),
            [
                "SEV2 incident 1: Fall · Mira Keller · B3 Press line",
                "SEV1 incident 1: Fall · Mira Keller · B3 Press line (raised from SEV2)",
            ],
            id="a raised tier is told with where it came from",
        ),
        pytest.param(
            ([incident()], []),
            ([incident(severity="SEV3")], []),
            [
                "SEV2 incident 1: Fall · Mira Keller · B3 Press line",
                "SEV3 incident 1: Fall · Mira Keller · B3 Press line (lowered from SEV2)",
            ],
            id="a lowered one too",
        ),
        pytest.param(
            ([], [page(status="sending")]),
            ([], [page()]),
            ["paged Karin Ek by console for incident 1, 0.12 s after the detection"],
            id="a page is told when it is sent, not before",
        ),
        pytest.param(
            ([], [page(status="failed", error="connection refused")]),
            ([], []),
            ["page to Karin Ek by console FAILED: connection refused"],
            id="a failed page is told",
        ),
        pytest.param(
            ([incident()], []),
            ([incident(status="acknowledged", acknowledged_by="Karin Ek")], []),
            [
                "SEV2 incident 1: Fall · Mira Keller · B3 Press line",
                "incident 1 is acknowledged by Karin Ek",
            ],
            id="an answer is told with the name",
        ),
        pytest.param(
            ([incident(person_name=None, device="belt-01", zone_title=None, zone=None)], []),
            ([], []),
            ["SEV2 incident 1: Fall · belt-01 · place unknown"],
            id="what is not known is said to be unknown",
        ),
    ],
)
def test_news(first: tuple[Any, Any], then: tuple[Any, Any], told: list[str]) -> None:
    seen = Seen()
    lines = [happening.text for look in (first, then) for happening in news(seen, *look, NOW_NS)]
    assert lines == told

"""Looks at a running site from outside: the backend's API, and the gateway's counters."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from backend.incidents.lifecycle import Life
from backend.paging.page_life import PageStatus
from contract.instants import Clock, seconds
from floorwatch.happenings import SeenBefore, TerminalLine, news

LOOKED_INTO = 4
"""So many timelines are read in one look, in turn: a storm is not made worse by who watches it."""


@dataclass(frozen=True)
class Figures:
    """The figures at the head of the terminal view."""

    devices_heard: int = 0
    blocks_per_s: float = 0.0
    detections: int = 0
    refused: int = 0
    incidents: int = 0
    pages: int = 0
    latency_p50_s: float | None = None
    latency_max_s: float | None = None
    backend_answers: bool = False
    problems: tuple[str, ...] = ()
    """What does not hold that paging stands on, in sentences."""


class BackendWatch:
    """Polls, and says what is new. A part that does not answer is said, never an error."""

    def __init__(self, backend_url: str, stats_file: Path, clock: Clock) -> None:
        token = os.environ.get("FLOORWATCH_API_TOKEN")
        self._client = httpx.Client(
            base_url=backend_url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=2.0,
            trust_env=False,
        )
        self._stats_file = stats_file
        self._clock = clock
        self._seen = SeenBefore(since_ns=clock())
        self._resolved: set[int] = set()
        self._read_at: dict[int, int] = {}
        self._read_as: dict[int, tuple[str, str]] = {}
        self._rates: deque[tuple[int, int]] = deque(maxlen=6)
        self._former_detections = 0
        self._detections = 0

    def close(self) -> None:
        """Give back the connection."""
        self._client.close()

    def look(self) -> tuple[Figures, list[TerminalLine]]:
        """Return the figures of this moment, and what has happened since the last look."""
        stats = self._stats()
        incidents = self._items("/api/v1/incidents")
        pages = self._items("/api/v1/pages")
        happened: list[TerminalLine] = []
        if incidents is not None and pages is not None:
            timelines = self._timelines(incidents)
            happened = list(news(self._seen, incidents, pages, self._clock(), timelines))
        opened_ns = {int(each["id"]): int(each["opened_ns"]) for each in incidents or ()}
        latencies = sorted(
            float(page["latency_s"])
            for page in pages or ()
            if page.get("latency_s") is not None and _is_first(page, opened_ns)
        )
        figures = Figures(
            devices_heard=int(stats.get("devices_heard", 0)),
            blocks_per_s=self._rate(int(stats.get("blocks", 0))),
            detections=self._detections_since_start(int(stats.get("detections", 0))),
            refused=sum(stats.get("refused", {}).values()),
            incidents=len(incidents or ()),
            pages=sum(page["status"] == PageStatus.SENT for page in pages or ()),
            latency_p50_s=latencies[len(latencies) // 2] if latencies else None,
            latency_max_s=latencies[-1] if latencies else None,
            backend_answers=incidents is not None,
            problems=self._problems(),
        )
        return figures, happened

    def _detections_since_start(self, counted: int) -> int:
        """Return the count of every gateway process so far: one that is restarted begins at 0."""
        if counted < self._detections:
            self._former_detections += self._detections
        self._detections = counted
        return self._former_detections + counted

    def _rate(self, blocks: int) -> float:
        now_ns = self._clock()
        self._rates.append((now_ns, blocks))
        then_ns, before = self._rates[0]
        elapsed_s = seconds(now_ns - then_ns)
        return max(0.0, (blocks - before) / elapsed_s) if elapsed_s > 0 else 0.0

    def _stats(self) -> dict[str, Any]:
        try:
            found = json.loads(self._stats_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _timelines(self, incidents: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
        """Return the record of some incidents: what has moved, then what was longest not read.

        One that is resolved is read once more, and then left.
        """
        status = {int(each["id"]): str(each["status"]) for each in incidents}
        if not self._read_at:  # what was over before we came
            self._resolved = {number for number, now in status.items() if now == Life.RESOLVED}
        self._resolved -= {number for number, now in status.items() if now != Life.RESOLVED}
        stands = {int(each["id"]): (each["status"], each["severity"]) for each in incidents}

        def turn(number: int) -> tuple[bool, int, int]:
            same = self._read_as.get(number) == stands[number]
            return same, self._read_at.get(number, 0), number

        wanted = sorted(status.keys() - self._resolved, key=turn)
        found: dict[int, list[dict[str, Any]]] = {}
        for number in wanted[:LOOKED_INTO]:
            self._read_at[number], self._read_as[number] = self._clock(), stands[number]
            incident = self._json(f"/api/v1/incidents/{number}")
            if not isinstance(incident.get("timeline"), list):
                continue
            found[number] = incident["timeline"]
            if incident.get("status") == Life.RESOLVED:
                self._resolved.add(number)
        return found

    def _problems(self) -> tuple[str, ...]:
        checks = self._json("/readyz", also=503).get("checks")
        if not isinstance(checks, list):
            return ()
        return tuple(str(each["problem"]) for each in checks if each.get("problem"))

    def _json(self, path: str, also: int = 200) -> dict[str, Any]:
        try:
            answer = self._client.get(path, headers={"Accept": "application/json"})
            found = answer.json() if answer.status_code in (200, also) else {}
        except (httpx.HTTPError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _items(self, path: str) -> list[dict[str, Any]] | None:
        try:
            answer = self._client.get(path, params={"limit": 200})
            answer.raise_for_status()
            items = answer.json()["items"]
        except (httpx.HTTPError, ValueError, KeyError):
            return None
        return items if isinstance(items, list) else None


def _is_first(page: Mapping[str, Any], opened_ns: Mapping[int, int]) -> bool:
    """Whether a page answered the detection itself: no question, no later rung, no last resort."""
    number, due_ns = int(page["incident"]), int(page["due_ns"])
    return page.get("step") == 0 and due_ns <= opened_ns.get(number, due_ns)

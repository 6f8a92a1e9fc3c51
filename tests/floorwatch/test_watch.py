from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from floorwatch.watch import BackendWatch

NOW_NS = 1_700_000_000_000_000_000


class Api:
    """Answers as the backend's lists do, and keeps the headers that came."""

    def __init__(self) -> None:
        self.pages: list[dict[str, Any]] = []
        self.incidents: dict[int, dict[str, Any]] = {}
        self.problems: list[str | None] = []
        self.asked: list[str] = []
        self.tokens: list[str | None] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api.tokens.append(self.headers["Authorization"])
                api.asked.append(self.path.partition("?")[0])
                status, found = api.answer(api.asked[-1])
                body = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if path == "/readyz":
            checks = [{"name": "a", "holds": not p, "problem": p} for p in self.problems]
            return 503 if any(self.problems) else 200, {"checks": checks}
        if path == "/api/v1/pages":
            return 200, {"items": self.pages, "next": None}
        if path == "/api/v1/incidents":
            return 200, {"items": list(self.incidents.values()), "next": None}
        return 200, self.incidents[int(path.rpartition("/")[2])]


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def stats(tmp_path: Path) -> Path:
    return tmp_path / "stats.json"


def page(number: int, step: int, latency_s: float) -> dict[str, Any]:
    return {
        "id": number,
        "incident": 1,
        "status": "sent",
        "person_name": "Karin Ek",
        "channel": "smtp",
        "step": step,
        "sent_ns": NOW_NS,
        "due_ns": NOW_NS,
        "latency_s": latency_s,
    }


def looked(api: Api, stats: Path) -> BackendWatch:
    return BackendWatch(api.url, stats, lambda: NOW_NS)


def test_only_first_pages_count_for_the_latency(api: Api, stats: Path) -> None:
    api.pages = [page(1, 0, 0.1), page(2, 0, 0.3), page(3, 0, 0.2), page(4, 1, 0.01)]
    watch = looked(api, stats)
    figures, happened = watch.look()
    watch.close()
    assert (figures.latency_p50_s, figures.latency_max_s) == (0.2, 0.3)
    assert figures.pages == 4
    assert [each.text.partition(" for ")[0] for each in happened] == ["paged Karin Ek by smtp"]


def test_the_token_of_the_api_is_shown(
    api: Api, stats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOORWATCH_API_TOKEN", "open-sesame")
    watch = looked(api, stats)
    watch.look()
    watch.close()
    assert set(api.tokens) == {"Bearer open-sesame"}


def test_a_gateway_that_begins_anew_takes_no_detection_back(api: Api, stats: Path) -> None:
    watch = looked(api, stats)
    shown = []
    for detections in (0, 3, 0, 1):
        stats.write_text(json.dumps({"detections": detections}), "utf-8")
        shown.append(watch.look()[0].detections)
    watch.close()
    assert shown == [0, 3, 3, 4]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="no file yet"),
        pytest.param("", id="an empty file"),
        pytest.param("[1]", id="something else"),
    ],
)
def test_figures_that_cannot_be_read_are_no_error(api: Api, stats: Path, text: str | None) -> None:
    if text is not None:
        stats.write_text(text, "utf-8")
    watch = looked(api, stats)
    figures, _ = watch.look()
    watch.close()
    assert figures.detections == 0
    assert figures.backend_answers


def test_a_backend_that_is_away_is_said(stats: Path) -> None:
    watch = BackendWatch("http://127.0.0.1:1", stats, lambda: NOW_NS)
    figures, happened = watch.look()
    watch.close()
    assert (figures.backend_answers, happened) == (False, [])


def incident(number: int, status: str = "open", *told: str) -> dict[str, Any]:
    timeline = [
        {"seq": seq, "at_ns": NOW_NS, "what": "paging", "who": "system", "text": text}
        for seq, text in enumerate(told, start=1)
    ]
    return {
        "id": number,
        "severity": "SEV1",
        "status": status,
        "title": "Fall",
        "opened_ns": NOW_NS,
        "timeline": timeline,
    }


def test_a_question_and_a_last_resort_are_no_first_pages(api: Api, stats: Path) -> None:
    api.incidents = {1: incident(1)}
    api.pages = [page(1, 0, 0.4), {**page(2, 0, 0.01), "due_ns": NOW_NS + 1}]
    watch = looked(api, stats)
    figures, _ = watch.look()
    watch.close()
    assert (figures.latency_p50_s, figures.latency_max_s) == (0.4, 0.4)


def test_every_open_incident_is_read_in_turn_and_few_at_a_time(api: Api, stats: Path) -> None:
    api.incidents = {number: incident(number, "open", "rung") for number in range(1, 11)}
    now_ns = iter(range(NOW_NS, NOW_NS + 1000))
    watch = BackendWatch(api.url, stats, lambda: next(now_ns))
    told, reads = [], []
    for _ in range(5):
        api.asked.clear()
        told += watch.look()[1]
        reads.append(sum("/incidents/" in path for path in api.asked))
    watch.close()
    assert max(reads) == 4
    rungs = [each.text for each in told if each.text.endswith(": rung")]
    assert sorted(rungs) == sorted(f"incident {n}: rung" for n in range(1, 11))


def test_one_whose_tier_has_moved_is_read_first(api: Api, stats: Path) -> None:
    api.incidents = {number: incident(number) for number in range(1, 9)}
    watch = looked(api, stats)
    watch.look()
    watch.look()
    api.incidents[8]["severity"] = "SEV2"
    api.asked.clear()
    watch.look()
    watch.close()
    reads = [path for path in api.asked if "/incidents/" in path]
    assert reads[0] == "/api/v1/incidents/8"


def test_one_that_is_over_is_read_once_more_and_then_left(api: Api, stats: Path) -> None:
    api.incidents = {1: incident(1), 2: incident(2, "resolved", "long ago")}
    watch = looked(api, stats)
    watch.look()
    api.incidents[1] = incident(1, "resolved", "the end")
    _, happened = watch.look()
    watch.look()
    watch.close()
    assert [each.text for each in happened] == ["incident 1: the end"]
    assert [path for path in api.asked if "/incidents/" in path] == ["/api/v1/incidents/1"] * 2


def test_one_that_is_opened_again_is_read_again(api: Api, stats: Path) -> None:
    api.incidents = {1: incident(1, "resolved")}
    watch = looked(api, stats)
    watch.look()
    api.incidents[1] = incident(1, "open", "again")
    _, happened = watch.look()
    watch.close()
    assert [each.text for each in happened] == ["incident 1: again"]


@pytest.mark.parametrize(
    ("problems", "told"),
    [
        pytest.param([None, None], (), id="all holds"),
        pytest.param([None, "late"], ("late",), id="one does not, and is said"),
    ],
)
def test_what_paging_stands_on_is_looked_at(
    api: Api, stats: Path, problems: list[str | None], told: tuple[str, ...]
) -> None:
    api.problems = problems
    watch = looked(api, stats)
    figures, _ = watch.look()
    watch.close()
    assert figures.problems == told

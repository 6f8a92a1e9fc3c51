from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from floorwatch.watch import Watch

NOW_NS = 1_700_000_000_000_000_000


class Api:
    """Answers as the backend's lists do, and keeps the headers that came."""

    def __init__(self) -> None:
        self.pages: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api.tokens.append(self.headers["Authorization"])
                items = api.pages if "/pages" in self.path else []
                body = json.dumps({"items": items, "next": None}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()
    thread = threading.Thread(target=found.server.serve_forever)
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


def looked(api: Api, stats: Path) -> Watch:
    return Watch(api.url, stats, lambda: NOW_NS)


def test_only_first_pages_count_for_the_latency(api: Api, stats: Path) -> None:
    api.pages = [page(1, 0, 0.1), page(2, 0, 0.3), page(3, 0, 0.2), page(4, 1, 0.01)]
    watch = looked(api, stats)
    figures, happened = watch.look()
    watch.close()
    assert (figures.latency_p50_s, figures.latency_max_s) == (0.2, 0.3)
    assert (figures.pages, len(happened)) == (4, 4)


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
    watch = Watch("http://127.0.0.1:1", stats, lambda: NOW_NS)
    figures, happened = watch.look()
    watch.close()
    assert (figures.backend_answers, happened) == (False, [])

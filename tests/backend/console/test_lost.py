"""Whoever looks is shown a page and a way on; a program is told in JSON; HEAD is answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from backend.app import create_app
from backend.door.origin import OurNames
from backend.errors import DatabaseBusyError
from tests.support.console_session import OWN_PAGE
from tests.support.pages import Pager

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROGRAM = {"Accept": "*/*"}


@pytest.fixture
def pager(sqlite_url: str) -> Iterator[Pager]:
    pager = Pager(sqlite_url)
    yield pager
    pager.close()


@pytest.fixture
def client(pager: Pager) -> Iterator[TestClient]:
    app = create_app(pager.parts, OurNames.of("127.0.0.1", None))
    ours = "http://127.0.0.1:8000"
    with TestClient(app, base_url=ours, headers=OWN_PAGE, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        pytest.param("GET", "/incidents", 404, "There is no such page", id="an unknown address"),
        pytest.param("GET", "/i", 404, "There is no such page", id="half an address"),
        pytest.param("DELETE", "/", 405, "This page does not take that", id="an unknown method"),
    ],
)
def test_a_browser_is_shown_a_page_with_a_way_on(
    client: TestClient, method: str, path: str, status: int, title: str
) -> None:
    shown = client.request(method, path, headers=BROWSER)
    assert (shown.status_code, shown.headers["content-type"]) == (
        status,
        "text/html; charset=utf-8",
    )
    assert f"<h1>{title}</h1>" in shown.text
    assert '<a class="go" href="/">All incidents</a>' in shown.text
    assert "Content-Security-Policy" in shown.headers
    told = client.request(method, path, headers=PROGRAM)
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    assert shown.headers.get("allow") == told.headers.get("allow")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/incidents/9"])
def test_what_is_for_programs_stays_so_in_a_browser(client: TestClient, path: str) -> None:
    told = client.get(path, headers=BROWSER)
    assert told.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        pytest.param(DatabaseBusyError("somebody holds it"), 503, "Somebody holds it.", id="busy"),
        pytest.param(ZeroDivisionError(), 500, "its log says why", id="a fault of ours"),
    ],
)
def test_a_page_that_fails_says_so_as_a_page(
    pager: Pager, client: TestClient, monkeypatch: pytest.MonkeyPatch,
    error: Exception, status: int, words: str,
) -> None:  # fmt: skip
    def fails(*args: object, **given: object) -> None:
        raise error

    monkeypatch.setattr(type(pager.parts.reader), "incidents", fails)
    shown = client.get("/", headers=BROWSER)
    assert shown.status_code == status
    assert words in shown.text
    assert "Paging goes on" in shown.text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/i/1",
        "/i/9",
        "/muster",
        "/tags",
        "/nothing",
        "/healthz",
        "/api/v1/incidents",
        "/metrics",
    ],
)
def test_head_is_get_without_its_body(pager: Pager, client: TestClient, path: str) -> None:
    pager.detect("sos")
    pager.expect_pages("SEV1 karin-ek", "SEV1 ines-falk")
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


def test_a_stream_is_not_opened_by_head(client: TestClient) -> None:
    assert client.head("/events").status_code == 405

"""Printed links, sessions, and as whom they act; on each database."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from backend.app import create_app
from backend.database.tables import AccessRow, AcknowledgementRow, ConsoleSessionRow, TimelineRow
from backend.door.origin import OurNames
from backend.people.sessions import BROWSERS, SESSION_S, ConsoleSessions
from backend.people.sign_in import LINK_S
from contract.instants import ns
from tests.support.console_session import OWN_PAGE
from tests.support.pages import Pager

OURS = "http://127.0.0.1:8000"


@pytest.fixture
def app(pager: Pager) -> FastAPI:
    return create_app(pager.parts, OurNames.of("127.0.0.1", None))


@pytest.fixture
def browser(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=OURS, follow_redirects=False, headers=OWN_PAGE) as client:
        yield client


def link(pager: Pager) -> str:
    return urlsplit(pager.parts.sessions.new_link()).path


def fallen(pager: Pager) -> None:
    pager.detect("fall")
    pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")


def record(pager: Pager) -> list[tuple[str, str, object]]:
    with pager.parts.database.read() as session:
        rows = session.scalars(select(AccessRow).order_by(AccessRow.id))
        return [(row.who, row.what, row.details.get("person")) for row in rows]


def test_opening_a_link_lets_nobody_in_and_pressing_does(pager: Pager, browser: TestClient) -> None:
    fallen(pager)
    path = link(pager)
    shown = browser.get(path)
    assert (shown.status_code, dict(browser.cookies)) == (200, {})
    assert f'<form class="asks" method="post" action="{path}">' in shown.text
    assert "Keller" not in browser.get("/").text
    answer = browser.post(path)
    assert answer.headers["Location"] == "/session"
    cookie = answer.headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={SESSION_S}"):
        assert word in cookie
    assert "Secure" not in cookie
    assert "Mira Keller" in browser.get("/").text
    assert "Mira Keller" in browser.get("/i/1").text
    assert browser.get(path).headers["Location"] == "/"
    assert record(pager) == [("console session 1", "signed-in", None)]


def test_behind_https_the_cookie_stays_there(pager: Pager, app: FastAPI) -> None:
    public = "https://floorwatch.example"
    app = create_app(pager.parts, OurNames.of("127.0.0.1", public))
    with TestClient(app, base_url=OURS, follow_redirects=False) as client:
        answer = client.post(link(pager), headers={"Origin": public})
    assert "Secure" in answer.headers["Set-Cookie"]


def test_neither_link_nor_cookie_is_kept(pager: Pager, browser: TestClient) -> None:
    path = link(pager)
    browser.post(path)
    with pager.parts.database.read() as session:
        row = session.get_one(ConsoleSessionRow, 1)
        kept = f"{row.cookie} {row.link}"
    (cookie,) = browser.cookies.values()
    assert cookie not in kept
    assert path.rsplit("/", 1)[1] not in kept


def test_a_link_ends_by_time_and_by_number(pager: Pager, browser: TestClient) -> None:
    path = link(pager)
    for number in range(1, BROWSERS + 1):
        browser.cookies.clear()
        assert browser.post(path).status_code == 303, number
    browser.cookies.clear()
    for answer in (browser.post(path), browser.get(path)):
        assert answer.status_code == 410
        assert f"let in {BROWSERS} browsers" in answer.text
    late = link(pager)
    pager.now_ns += ns(LINK_S)
    answer = browser.post(late)
    assert (answer.status_code, "older than 12 hours" in answer.text) == (410, True)
    assert "floorwatch sign-in FOLDER" in answer.text
    assert browser.post("/sign-in/made-up").status_code == 403


def test_another_secret_s_link_is_not_ours(pager: Pager, browser: TestClient) -> None:
    parts = pager.parts
    other = ConsoleSessions(parts.database, "another secret", "hall-7", OURS, parts.clock)
    assert browser.post(urlsplit(other.new_link()).path).status_code == 403


def test_a_session_ends_by_time_and_by_leaving(pager: Pager, browser: TestClient) -> None:
    fallen(pager)
    browser.post(link(pager))
    (cookie,) = browser.cookies.values()
    session = pager.parts.sessions.find(cookie)
    assert session is not None
    assert pager.parts.sessions.holds(session)
    assert browser.post("/session/end").status_code == 303
    assert dict(browser.cookies) == {}
    browser.cookies.set(pager.parts.sessions.cookie_name, cookie)
    assert "Keller" not in browser.get("/").text
    assert not pager.parts.sessions.holds(session)
    browser.cookies.clear()
    browser.post(link(pager))
    assert "Keller" in browser.get("/").text
    pager.now_ns += ns(SESSION_S)
    assert "Keller" not in browser.get("/").text
    assert browser.post("/session", data={"person": "karin-ek"}).status_code == 403


def test_who_one_is_is_said_once_and_changed_on_record(pager: Pager, browser: TestClient) -> None:
    fallen(pager)
    browser.post(link(pager))
    assert "I am Omar Said" in browser.get("/i/1").text
    act = {"person": "omar-said", "key": "k" * 16}
    assert browser.post("/i/1/acknowledge", data={**act, "person": "nobody"}).status_code == 422
    assert browser.post("/i/1/acknowledge", data=act).status_code == 303
    shown = browser.get("/i/1").text
    assert "You are <b>Omar Said</b>" in shown
    assert "I am Omar Said" not in shown
    end = {"outcome": "real", "reason": "Broke a hip"}
    other = browser.post("/i/1/end", data={**end, "person": "karin-ek"})
    assert (other.status_code, "You are Omar Said in this session" in other.text) == (409, True)
    assert browser.post("/session", data={"person": "nobody"}).status_code == 404
    assert browser.post("/session", data={"person": "ines-falk"}).status_code == 303
    assert browser.post("/i/1/end", data=end).status_code == 303
    assert "resolved" in pager.timeline()
    with pager.parts.database.read() as session:
        (taken,) = session.scalars(select(AcknowledgementRow))
        assert (taken.person, taken.via) == ("omar-said", "console session 1")
        ended = session.scalars(select(TimelineRow).filter_by(what="resolved")).one()
        assert ended.details["through"] == "console session 1"
    said = [entry.text for entry in pager.view().timeline if entry.what == "acknowledged"]
    assert said == ["Omar Said has acknowledged by console session 1"]
    assert pager.view().timeline[-1].who == "ines-falk"
    assert record(pager) == [
        ("console session 1", "signed-in", None),
        ("console session 1", "acts-as", "omar-said"),
        ("console session 1", "acts-as", "ines-falk"),
    ]


def test_a_link_of_a_page_needs_no_session_and_acts_as_whom_it_was_sent_to(
    pager: Pager, browser: TestClient
) -> None:
    pager.detect("fall")
    first, _ = pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")
    path = urlsplit(first.acknowledge_url).path
    shown = browser.get(path).text
    assert "Mira Keller" in shown
    assert f'data-live="{path}/events"' in shown
    assert browser.post(path).status_code == 200
    ended = browser.post(f"{path}/end", data={"outcome": "real", "reason": "Broke a hip"})
    assert ended.status_code == 200
    assert pager.view().status == "resolved"
    assert pager.view().timeline[-1].who == "karin-ek"
    with pager.parts.database.read() as session:
        (taken,) = session.scalars(select(AcknowledgementRow))
        assert (taken.person, taken.via) == ("karin-ek", f"the link of page {first.id}")
    assert browser.get(f"{path}/films/link.secret").status_code == 404


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere(pager: Pager, browser: TestClient, back: str) -> None:
    browser.post(link(pager))
    answer = browser.post("/session", data={"person": "karin-ek", "back": back})
    assert answer.headers["Location"] == "/"

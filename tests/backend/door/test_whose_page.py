"""A page of a stranger can neither read nor act through a browser that can reach us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from sqlalchemy import inspect, text
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.app import create_app
from backend.database.tables import PageRow
from backend.door.lanes import RequestLane, lane_of
from backend.door.origin import COUNTS_ALONE, OurNames
from contract.instants import ns
from contract.report import Report, Whereabouts
from tests.support.pages import START_NS, Pager
from tests.support.place_site import place_site
from tests.support.routes import SAFE, Address, addresses

OURS = "http://127.0.0.1:8000"
PUBLIC = "https://floorwatch.hall7.example"
NAMES = OurNames.of("127.0.0.1", PUBLIC, ("board.hall7.example",))
PEOPLE = (
    "Keller", "Lund", "Sato", "Berg", "Karin", "Omar", "Ines", "Gustav", "m-keller", "o-lund",
    "k-sato", "t-berg", "karin-ek", "omar-said", "ines-falk", "gustav-dahl", "+46700001003",
    "belt-03", "badge-03", "e280aa03", "ff09",
)  # fmt: skip


@pytest.fixture
def pager(tmp_path: object) -> Iterator[Pager]:
    """A backend in which something has happened to everybody."""
    pager = Pager(f"sqlite:///{tmp_path}/backend.sqlite", site=place_site())
    pager.detect("fall", "belt-03")
    pager.detect("sos", "belt-10", zone="robot-cell")
    pager.expect_pages(
        "SEV2 karin-ek", "SEV2 ines-falk", "SEV1 karin-ek", "SEV1 ines-falk",
    )  # fmt: skip
    parts = pager.parts
    parts.places.evacuate("karin-ek", (), "Smoke at the press")
    parts.tags.assign("ff09", "o-lund", "karin-ek")
    here = Whereabouts(person="m-keller", zone="robot-cell", inside=True, heard_ns=START_NS - ns(3))
    parts.reports.receive(
        Report(gateway="gateway", boot=1, at_ns=START_NS, unknown_tags=(), whereabouts=(here,)),
        START_NS,
    )
    yield pager
    pager.close()


@pytest.fixture
def app(pager: Pager) -> FastAPI:
    return create_app(pager.parts, NAMES)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=OURS, follow_redirects=False) as client:
        yield client


@pytest.fixture
def values(pager: Pager) -> dict[str, str]:
    """A value for each parameter of an address, with which it would act."""
    links = pager.parts.links
    with pager.parts.database.read() as session:
        page = session.get_one(PageRow, 1)
        token = links.token(page)
    return {
        "incident": "1", "number": "1", "token": token, "zone": "press-line", "tag": "ff01",
        "detection": "0" * 32, "signed": "x", "piece": "clip.mp4", "name": "x", "wanted": "x",
    }  # fmt: skip


def everything(pager: Pager) -> dict[str, list[object]]:
    """Return every row of every table."""
    found: dict[str, list[object]] = {}
    with pager.parts.database.read() as session:
        for table in inspect(session.connection()).get_table_names():
            found[table] = list(session.execute(text(f"SELECT * FROM {table}")).all())
    return found


ELSEWHERE = [
    pytest.param({"Host": "evil.example"}, 421, id="a name that was made to point here"),
    pytest.param({"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}, 421,
                 id="and the page that came by it"),
    pytest.param({"Host": ""}, 421, id="no name"),
    pytest.param({"Host": "["}, 421, id="no name at all"),
    pytest.param({"Host": "10.9.8.7:8000"}, 421, id="another address"),
    pytest.param({"Host": "127.0.0.1.evil.example"}, 421, id="a name that looks like an address"),
    pytest.param({"Origin": "https://evil.example"}, 403, id="another site's page"),
    pytest.param({"Origin": "null"}, 403, id="a page without an origin"),
    pytest.param({"Origin": "http://127.0.0.1:9000"}, 403, id="another port's page"),
    pytest.param({"Origin": f"{OURS}.evil.example"}, 403, id="an origin that begins like ours"),
    pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="the browser says: cross-site"),
    pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="the browser says: same-site"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "status"), ELSEWHERE)
def test_no_address_acts_for_a_page_of_elsewhere(
    pager: Pager,
    app: FastAPI,
    client: TestClient,
    values: dict[str, str],
    headers: dict[str, str],
    status: int,
) -> None:
    """Every route that takes an unsafe method: a new one is asked as well."""
    before = everything(pager)
    acting = [address for address in addresses(app) if address.acts]
    assert len(acting) > 15
    for address in acting:
        answer = client.request(address.method, address.filled(values), headers=headers)
        assert (answer.status_code, address) == (status, address)
    assert everything(pager) == before


@pytest.mark.parametrize(("headers", "status"), ELSEWHERE)
def test_no_page_of_elsewhere_reads_the_api(
    app: FastAPI, client: TestClient, values: dict[str, str], headers: dict[str, str], status: int
) -> None:
    for address in addresses(app):
        if address.method == "GET" and address.path.startswith("/api/"):
            answer = client.get(address.filled(values), headers=headers)
            assert (answer.status_code, address) == (status, address)
            assert {"error", "detail", "hint"} <= set(answer.json())


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="a program"),
        pytest.param({"Host": "localhost:8000"}, id="by name"),
        pytest.param({"Host": "[::1]:8000"}, id="IPv6"),
        pytest.param({"Host": "Floorwatch.Hall7.example"}, id="the public name"),
        pytest.param({"Host": "board.hall7.example:81"}, id="a further name"),
        pytest.param({"Origin": OURS, "Sec-Fetch-Site": "same-origin"}, id="our own page"),
        pytest.param({"Origin": PUBLIC}, id="our own page, through a proxy that renames us"),
    ],
)
def test_our_own_names_and_pages_are_let_in(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).status_code == 200
    assert client.post("/i/1/acknowledge", headers=headers).json is not None
    assert client.put("/api/v1/zones/press-line/state", headers=headers).status_code == 415


def test_the_address_that_the_connection_came_in_at_is_ours() -> None:
    names = OurNames.of("0.0.0.0", None)
    for host in ("10.1.2.3:8000", "10.1.2.3"):
        assert names.why_not("GET", "/", {"host": host}, "10.1.2.3") is None
        assert names.why_not("GET", "/", {"host": host}, "::ffff:10.1.2.3") is None
    refused = names.why_not("GET", "/", {"host": "10.1.2.4"}, "10.1.2.3")
    assert refused is not None
    assert refused.status == 421


def test_who_knows_the_token_may_call_us_as_they_like(pager: Pager) -> None:
    app = create_app(replace(pager.parts, token="let-me-in"), NAMES)
    with TestClient(app, base_url=OURS) as client:
        for given, status in (("let-me-in", 200), ("guess", 421)):
            headers = {"Authorization": f"Bearer {given}", "Host": "backend:8000"}
            assert client.get("/api/v1/incidents", headers=headers).status_code == status


@pytest.mark.parametrize("path", sorted(COUNTS_ALONE))
def test_monitors_may_call_us_as_they_like(client: TestClient, path: str) -> None:
    assert client.get(path, headers={"Host": "backend"}).status_code in (200, 503)


def test_a_refused_link_leaves_a_way(client: TestClient, values: dict[str, str]) -> None:
    link = f"/a/{values['token']}"
    headers = {"Origin": "https://evil.example", "Accept": "text/html"}
    answer = client.post(link, headers=headers)
    assert answer.status_code == 403
    assert "Open your page&#39;s link itself" in answer.text
    short = client.post(link, headers={**headers, "Floorwatch-Fragment": "yes"})
    assert short.text.startswith("This came from another site's page, and nothing was done. Open")


def test_the_api_is_for_programs_where_it_asks_for_no_token(
    app: FastAPI, client: TestClient, values: dict[str, str]
) -> None:
    browser = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
    signed = {"/api/v1/clips/{signed}/{piece}"}
    for address in addresses(app):
        if address.path.startswith("/api/") and address.path not in signed:
            answer = client.request(address.method, address.filled(values), headers=browser)
            assert (answer.status_code, address) == (401, address)


def test_a_stranger_sees_nobody(app: FastAPI, client: TestClient, values: dict[str, str]) -> None:
    """Every page that is no API and no link: a new one is looked at as well."""
    looked_at = 0
    for address in addresses(app):
        if address.method != "GET" or address.path.startswith(("/api/", "/a/")):
            continue
        if address.path.endswith("/events") or address.path == "/openapi.json":
            continue  # streams do not end, see the next test; the description has examples
        answer = client.get(address.filled(values))
        assert [name for name in PEOPLE if name in answer.text] == [], address
        looked_at += 1
    assert looked_at > 9


def until_it_has_told(app: FastAPI) -> ASGIApp:
    """Return the same application, whose streams end once one has told what it follows."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            await send(message)
            if b"event: state" in message.get("body", b""):
                app.state.streams.close()

        await app(scope, receive, tell)

    return answer


@pytest.mark.parametrize("path", ["/events", "/i/1/events"])
def test_a_stranger_follows_nobody(app: FastAPI, path: str) -> None:
    told = TestClient(until_it_has_told(app), base_url=OURS).get(path).text
    assert "event: state" in told
    assert [name for name in PEOPLE if name in told] == []


def test_a_stranger_does_not_act(
    pager: Pager, app: FastAPI, client: TestClient, values: dict[str, str]
) -> None:
    """Whatever the form says, from our own page or from none, with a cookie that was made up."""
    before = everything(pager)
    form = {
        "person": "karin-ek", "key": "k" * 16, "outcome": "real", "reason": "?", "tag": "ff01",
        "wearer": "o-lund", "csrf": "x" * 32, "back": "/",
    }  # fmt: skip
    client.cookies.set("floorwatch-hall-7", "made-up")
    for address in addresses(app):
        if not address.acts or address.path.startswith(("/api/", "/a/", "/sign-in/")):
            continue
        for headers in ({}, {"Origin": OURS}, {"Sec-Fetch-Site": "same-origin"}):
            answer = client.request(
                address.method, address.filled(values), data=form, headers=headers
            )
            assert (answer.status_code, address) == (403, address)
    assert everything(pager) == before


def test_a_form_of_a_browser_that_says_nothing_must_be_the_session_s_own(
    pager: Pager, app: FastAPI, client: TestClient, values: dict[str, str]
) -> None:
    link = urlsplit(pager.parts.sessions.new_link()).path
    assert client.post(link).status_code == 303
    session = pager.parts.sessions.find(client.cookies["floorwatch-hall-7"])
    assert session is not None
    before = everything(pager)
    for address in addresses(app):
        if address.acts and not address.path.startswith(("/api/", "/a/", "/sign-in/")):
            for csrf in ("", "x" * 32):
                form = {"person": "karin-ek", "csrf": csrf}
                answer = client.request(address.method, address.filled(values), data=form)
                assert (answer.status_code, address) == (403, address)
    assert everything(pager) == before
    form = {"person": "karin-ek", "csrf": session.csrf}
    assert client.post("/session", data=form).status_code == 303


def test_every_lane_of_what_must_not_wait(app: FastAPI) -> None:
    waits = {
        Address("POST", "/api/v1/detections/{detection}/evidence"),
        Address("PUT", "/api/v1/clips/{signed}/{piece}"),
    }
    for address in addresses(app):
        lane = lane_of(address.method, address.path)
        if address.acts:
            assert (lane is RequestLane.READING) == (address in waits), address
        elif address.method in SAFE and address.path != "/a/{token}":
            assert lane in (RequestLane.READING, RequestLane.FREE), address

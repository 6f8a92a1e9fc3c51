"""A stranger's page in a real browser that is signed in here: it gets nothing, and does nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from backend.api.examples import DETECTION
from backend.runtime import BackendProcess
from tests.backend.console.test_browser import QUIET
from tests.support.needs import chromium
from tests.support.pages import Inbox, paging_site

pytestmark = pytest.mark.chromium

AT_NS = DETECTION["decided_ns"]
TRAP = """<!doctype html><title>trap</title>
<form id="trap" method="post" action="{action}" enctype="{how}">
<input name="person" value="karin-ek"><input name="key" value="kkkkkkkkkkkkkkkk">
<input name='{{"person": "karin-ek", "x": "' value='"}}'>
</form><button onclick="document.getElementById('trap').submit()">Win a prize</button>"""
READ = """async url => {
  try { return await (await fetch(url, {credentials: 'include'})).text(); }
  catch (problem) { return `nothing: ${problem}`; }
}"""

TAKE = """async () => (await fetch('/api/v1/incidents/1/acknowledge', {
  method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"person": "karin-ek"}'
})).status"""


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def backend(tmp_path: Path, inbox: Inbox) -> Iterator[BackendProcess]:
    with BackendProcess(
        paging_site(), state_dir=tmp_path, clock=lambda: AT_NS, engine="manual", channels=[inbox]
    ) as backend:
        httpx.post(f"{backend.url}/api/v1/detections", json=DETECTION).raise_for_status()
        backend.engine.cycle(AT_NS)
        yield backend


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One that believes, as after a rebinding, that evil.example is this machine."""
    rules = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=[*QUIET, rules])
        yield found
        found.close()


@pytest.fixture
def opened(browser: Browser, backend: BackendProcess) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(backend.sign_in_url())
    page.click("form button")
    page.select_option("#acting", "karin-ek")
    page.click("text=Go on")
    expect(page.locator(".me")).to_have_text("Acting as Karin Ek")
    yield page
    context.close()


class Trap(BaseHTTPRequestHandler):
    """The stranger's site."""

    def __init__(self, html: bytes, *rest: object) -> None:
        self._html = html
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self._html)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def trap() -> Iterator[object]:
    """Put a page with a form on another port of this machine, and return its port."""
    servers: list[ThreadingHTTPServer] = []

    def put(action: str, how: str = "application/x-www-form-urlencoded") -> int:
        html = TRAP.format(action=action, how=how).encode()
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Trap, html))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return int(server.server_address[1])

    yield put
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1"], ids=["elsewhere", "next door"])
@pytest.mark.parametrize("path", ["/i/1/acknowledge", "/a/", "/api/v1/incidents/1/acknowledge"])
@pytest.mark.parametrize("how", ["application/x-www-form-urlencoded", "text/plain"])
def test_a_form_of_a_stranger_s_page_does_nothing(
    opened: Page,
    backend: BackendProcess,
    inbox: Inbox,
    trap: object,
    host: str,
    path: str,
    how: str,
) -> None:
    link = urlsplit(inbox.empty()[0].acknowledge_url).path
    action = f"{backend.url}{link if path == '/a/' else path}"
    port = trap(action, how)  # type: ignore[operator]
    opened.goto(f"http://{host}:{port}/")
    with opened.expect_response(action) as answer:
        opened.click("text=Win a prize")
    assert answer.value.status == 403
    assert backend.parts.reader.incident(1).status == "open"


@pytest.mark.parametrize("path", ["/", "/i/1", "/api/v1/incidents"])
def test_a_name_that_was_made_to_point_here_shows_and_does_nothing(
    opened: Page, backend: BackendProcess, inbox: Inbox, path: str
) -> None:
    inbox.empty()
    shown = opened.goto(f"http://evil.example:{backend.port}{path}")
    assert shown is not None
    assert shown.status == 421
    assert "Keller" not in opened.content()
    told = opened.evaluate(READ, path)  # the same origin, as the browser has it
    assert "Keller" not in told
    assert opened.evaluate(TAKE) == 421
    assert backend.parts.reader.incident(1).status == "open"


@pytest.mark.parametrize("path", ["/", "/i/1", "/api/v1/incidents", "/events"])
def test_a_script_of_a_stranger_s_page_reads_nothing(
    opened: Page, backend: BackendProcess, inbox: Inbox, trap: object, path: str
) -> None:
    inbox.empty()
    port = trap(backend.url)  # type: ignore[operator]
    opened.goto(f"http://evil.example:{port}/")
    assert opened.evaluate(READ, f"{backend.url}{path}").startswith("nothing: ")


def test_the_browser_itself_may_act(opened: Page, backend: BackendProcess, inbox: Inbox) -> None:
    inbox.empty()
    opened.goto(f"{backend.url}/i/1")
    opened.click("#acknowledge")
    expect(opened.locator("#band")).to_contain_text("Acknowledged by Karin Ek")
    assert backend.parts.reader.incident(1).status == "acknowledged"

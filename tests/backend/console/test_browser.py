"""The console in a real browser: with and without scripts, with and without a connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from backend.incidents.view import IncidentView
from contract.instants import ns
from contract.severity import Severity
from tests.backend.console.memory_backend import MemoryBackend, Opened
from tests.backend.console.sample_incidents import NOW_NS, board, fall, page
from tests.backend.console.served_console import served, wait_until
from tests.support.needs import chromium

pytestmark = pytest.mark.chromium

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PHONE, NARROW, DESK = (390, 844), (320, 640), (1360, 900)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield found
        found.close()


@pytest.fixture
def backend() -> MemoryBackend:
    found = MemoryBackend.of(board())
    found.tokens["good"] = Opened(4127, "karin-ek")
    return found


@pytest.fixture
def address(backend: MemoryBackend) -> Iterator[str]:
    with served(backend) as found:
        yield found


@contextmanager
def tab(
    browser: Browser, address: str, size: tuple[int, int] = PHONE, *, scripts: bool = True
) -> Iterator[tuple[Page, list[str]]]:
    """Yield a tab and what its console complains of; lost connections are told apart by tests."""
    context: BrowserContext = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        base_url=address,
    )
    try:
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda problem: complaints.append(str(problem)))
        yield opened, complaints
    finally:
        context.close()


def choose_and_tap(opened: Page, person: str = "karin-ek") -> None:
    opened.select_option("#acting", person)
    opened.click("#acknowledge")


@pytest.mark.parametrize("path", ["/i/4127", "/a/good"])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_acknowledge(
    browser: Browser, backend: MemoryBackend, address: str, path: str, scripts: bool
) -> None:
    with tab(browser, address, scripts=scripts) as (opened, complaints):
        opened.goto(path)
        if path == "/i/4127":
            opened.select_option("#acting", "karin-ek")
        opened.click("#acknowledge")
        expect(opened.locator("#band")).to_contain_text("Acknowledged by Karin Ek 03:13:20")
        expect(opened.locator("#acknowledge")).to_have_count(0)
        expect(opened.locator("#timeline")).to_contain_text("karin-ek acknowledged")
        expect(opened.locator("#queue")).to_be_hidden()
        assert [(act.incident, act.person) for act in backend.acts] == [(4127, "karin-ek")]
        assert complaints == []


def test_without_a_name_nothing_is_sent(
    browser: Browser, backend: MemoryBackend, address: str
) -> None:
    with tab(browser, address) as (opened, _):
        opened.goto("/i/4127")
        opened.click("#acknowledge")
        expect(opened.locator("#acting:invalid")).to_be_focused()
        assert backend.acts == []


def test_queued_is_never_shown_as_acknowledged(
    browser: Browser, backend: MemoryBackend, address: str
) -> None:
    with tab(browser, address) as (opened, _):
        opened.goto("/i/4127")
        opened.context.set_offline(True)
        choose_and_tap(opened)
        queue = opened.locator("#queue")
        expect(queue).to_contain_text("Answer NOT sent yet (03:13:2")
        expect(queue).to_contain_text("Paging still escalates.")
        choose_and_tap(opened)  # an impatient thumb: one tap, one key
        expect(opened.locator("#band")).not_to_contain_text("Acknowledged")
        expect(opened.locator("#acknowledge")).to_be_visible()
        assert backend.acts == []

        opened.context.set_offline(False)
        expect(opened.locator("#band")).to_contain_text("Acknowledged by Karin Ek")
        expect(queue).to_be_hidden()
        assert len(backend.acts) == 1


def test_a_queued_tap_survives_a_closed_page_and_is_sent_once(
    browser: Browser, backend: MemoryBackend, address: str
) -> None:
    with tab(browser, address) as (opened, _):
        opened.goto("/i/4127")
        backend.away = True
        choose_and_tap(opened)
        expect(opened.locator("#queue")).to_contain_text("NOT sent yet")
        opened.goto("about:blank")
        backend.away = False
        opened.goto("/")
        wait_until(lambda: backend.views[4127].status == "acknowledged")
        expect(opened.locator("#queue")).to_be_hidden()
        assert len(backend.acts) == 1


def test_a_refusal_is_said_and_the_form_stays(
    browser: Browser, backend: MemoryBackend, address: str
) -> None:
    with tab(browser, address) as (opened, _):
        opened.goto("/i/4127")
        expect(opened.locator("#strip")).to_have_attribute("data-net", "live")
        opened.evaluate("document.querySelector('#acting').options[1].value = 'stranger'")
        choose_and_tap(opened, "stranger")
        expect(opened.locator(".refusal")).to_have_text(
            "Not taken. Choose who you are, then acknowledge."
        )
        expect(opened.locator("#acknowledge")).to_have_text("Acknowledge, I am going")
        expect(opened.locator("#queue")).to_be_hidden()
        assert backend.acts == []


def test_what_others_do_appears_by_itself_and_choices_stay(
    browser: Browser, backend: MemoryBackend, address: str
) -> None:
    with tab(browser, address) as (opened, complaints):
        opened.goto("/i/4127")
        expect(opened.locator("#net-state")).to_have_text("Live")
        opened.select_option("#acting", "ines-falk")
        opened.click("summary")
        more = (*fall().pages, page(9, "omar-said", "Omar Said", channel="voice"))
        half = fall().evidence
        assert half is not None
        half = half.model_copy(update={"complete": False})
        backend.put(fall(pages=more, severity=Severity.SEV2, evidence=half))
        expect(opened.locator("#pages")).to_contain_text("Omar Said by phone call")
        expect(opened.locator("#band")).to_contain_text("Serious")
        expect(opened.locator("#announce")).to_have_text("Serious, open: Person down, not moving")
        expect(opened.locator("#evidence")).to_contain_text("Still recording")
        expect(opened.locator("#acting option")).to_have_count(5)
        expect(opened.locator("#acting")).to_have_value("ines-falk")
        expect(opened.locator("#samples")).to_have_attribute("open", "")
        backend.acknowledge(4127, "omar-said", via="api", key="other-key")
        expect(opened.locator("#band")).to_contain_text("Acknowledged by Omar Said")
        expect(opened.locator("#acknowledge")).to_have_count(0)
        assert complaints == []


def test_the_board_follows(browser: Browser, backend: MemoryBackend, address: str) -> None:
    with tab(browser, address) as (opened, complaints):
        backend.views.clear()
        opened.goto("/")
        expect(opened.locator("#board")).to_contain_text("No incident is waiting.")
        backend.put(fall())
        opened.locator("#row-4127").click()
        expect(opened).to_have_url(re.compile("/i/4127$"))
        opened.locator(".back").click()
        backend.acknowledge(4127, "karin-ek", via="api", key="other-key")
        expect(opened.locator("#board")).to_contain_text("Everything that is open has been taken.")
        assert complaints == []


def test_stale_never_looks_live(browser: Browser, backend: MemoryBackend, address: str) -> None:
    with tab(browser, address) as (opened, _):
        opened.goto("/i/4127")
        strip = opened.locator("#strip")
        expect(strip).to_have_attribute("data-net", "live")
        expect(opened.locator("#net-age")).to_contain_text("checked")
        backend.away = True  # the server answers, but cannot read its store
        expect(strip).to_have_attribute("data-net", "off")
        expect(strip).to_contain_text(
            re.compile(r"No connection\. Showing\s+03:13:\d\d, 0:0\d old")
        )
        expect(opened.locator(".stale-only")).to_be_visible()
        backend.away = False
        expect(strip).to_have_attribute("data-net", "live")
        expect(opened.locator(".stale-only")).to_be_hidden()


def test_without_scripts_the_page_says_how_old_it_is(browser: Browser, address: str) -> None:
    with tab(browser, address, scripts=False) as (opened, _):
        opened.goto("/i/4127")
        expect(opened.locator("#strip")).to_contain_text("As of 03:13:20")
        expect(opened.locator(".reload")).to_be_visible()


def test_one_stream_a_tab_and_none_while_it_is_hidden(
    browser: Browser, backend: MemoryBackend, address: str
) -> None:
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    with tab(browser, address) as (opened, _):
        opened.goto("/i/4127")
        wait_until(lambda: backend.streams.following == 1)
        opened.evaluate(hide % "true" + tell)
        wait_until(lambda: backend.streams.following == 0)
        opened.evaluate(hide % "false" + tell)
        wait_until(lambda: backend.streams.following == 1)
        expect(opened.locator("#strip")).to_have_attribute("data-net", "live")
    wait_until(lambda: backend.streams.following == 0)


def test_the_countdown_runs_in_the_servers_time(
    browser: Browser, backend: MemoryBackend, address: str
) -> None:
    with tab(browser, address) as (opened, _):
        opened.goto("/i/4127")  # the browser's own clock is months away from NOW_NS
        expect(opened.locator(".count")).to_have_text(re.compile(r"0:4[456]"))
        backend.now_ns = NOW_NS + ns(30)
        expect(opened.locator(".count")).to_have_text(re.compile(r"0:1[456]"))
        expect(opened.locator("#band")).to_contain_text(re.compile(r"1:4[345] ago"))
        width = float(opened.locator(".bar rect").get_attribute("width") or "nan")
        assert 11 < width < 15
        backend.now_ns = NOW_NS + ns(90)
        expect(opened.locator(".count")).to_have_text("0:00")


LONG = fall(
    title="Not authorised in an immediately dangerous zone, energy on",
    zone_title="B4 Robotersicherheitszellenüberwachungsbereich",
    person_name="Maximiliane Featherstonehaugh-Wollstonecraft",
    next_people=("Karin Ek", "Maximiliane Featherstonehaugh", "Omar Said", "Gustav Dahl"),
    exercise=True,
    asking_until_ns=NOW_NS + ns(20),
)


@pytest.mark.parametrize("size", [NARROW, PHONE, DESK], ids=["320", "phone", "desk"])
@pytest.mark.parametrize(
    "path", ["/", "/i/4127", "/a/good", "/a/old", "stranger /", "stranger /i/4127"]
)
@pytest.mark.parametrize("incident", [fall(), LONG], ids=["plain", "long words"])
def test_it_fits_and_a_glove_can_hit_it(
    browser: Browser,
    backend: MemoryBackend,
    address: str,
    size: tuple[int, int],
    path: str,
    incident: IncidentView,
) -> None:
    backend.put(incident)
    if path.startswith("stranger "):
        backend.sessions.session = None
    with tab(browser, address, size) as (opened, complaints):
        opened.goto(path.removeprefix("stranger "))
        if opened.locator("#strip").count():
            expect(opened.locator("#strip")).to_have_attribute("data-net", "live")
        for details in opened.locator("summary").all():
            details.click()
        assert opened.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert opened.evaluate(SMALL_TARGETS) == []
        button = opened.locator("#acknowledge")
        if button.count():
            box = button.bounding_box()
            assert box
            assert box["height"] >= 68
            if size != DESK:  # the thumb bar stands at the bottom
                assert size[1] - 30 <= box["y"] + box["height"] <= size[1]
        assert [c for c in complaints if "410" not in c] == []  # the dead link's own status


SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, select, summary')]
  .filter(target => target.checkVisibility())
  .map(target => [target.getBoundingClientRect(), target.textContent.trim().slice(0, 40)])
  .filter(([box]) => Math.min(box.width, box.height) < 44)
  .map(([box, words]) => `${words}: ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/i/4127", "stranger /", "stranger /i/4127"])
def test_words_stand_out_from_what_is_behind_them(
    browser: Browser, backend: MemoryBackend, address: str, path: str, scheme: str
) -> None:
    """WCAG 1.4.3: at least 4.5 to 1, for every text whose background is one colour."""
    if path.startswith("stranger "):
        backend.sessions.session = None
    with tab(browser, address, DESK) as (opened, _):
        opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        opened.goto(path.removeprefix("stranger "))
        expect(opened.locator("#strip")).to_have_attribute("data-net", "live")
        faint = opened.evaluate(CONTRASTS)
        assert len(faint["seen"]) > (8 if path.startswith("stranger") else 20)
        assert faint["below"] == []


CONTRASTS = """() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const lum = c => c.slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const seen = [], below = [];
  for (const e of document.querySelectorAll('body *')) {
    const words = [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim());
    if (!words.length || !e.checkVisibility()) continue;
    if (e.closest('.unseen, option, title, desc')) continue;
    const style = getComputedStyle(e);
    const a = lum(parse(e.closest('svg') ? style.fill : style.color)), b = lum(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    seen.push(ratio);
    if (ratio < 4.5) below.push(`${e.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return { seen, below };
}"""

"""The pages about places in a real browser, on a real backend: muster, tags, and what it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from backend.database.tables import AccessRow, AssignmentRow
from backend.runtime import BackendProcess
from contract.instants import ns
from contract.report import Report, TagCount, Whereabouts
from tests.backend.console.test_browser import (
    CONTRASTS,
    DESK,
    NARROW,
    PHONE,
    SMALL_TARGETS,
    tab,
)
from tests.backend.console.test_browser import browser as browser
from tests.support.console_session import sign_in
from tests.support.pages import START_NS, Inbox
from tests.support.place_site import place_site

pytestmark = pytest.mark.chromium

PATIENCE_S = 60
"""A test is not about a machine that has much else to do."""


def there(person: str, zone: str | None, ago_s: float, *, inside: bool = True) -> Whereabouts:
    heard_ns = START_NS - ns(ago_s)
    return Whereabouts(person=person, zone=zone, inside=inside, heard_ns=heard_ns)


EVERYBODY = (
    there("m-keller", "robot-cell", 3),
    there("o-lund", "press-line", 215, inside=False),
    there("k-sato", "yard", 8),
)
TAGS = (
    TagCount(reader="reader-1", tag="ff01", count=41),
    TagCount(reader="reader-1", tag="(other)", count=1200),
)


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[BackendProcess]:
    with BackendProcess(
        place_site(),
        state_dir=tmp_path,
        clock=lambda: START_NS,
        engine="manual",
        channels=[Inbox()],
    ) as backend:
        yield backend


def report(backend: BackendProcess, *people: Whereabouts, at_ns: int = START_NS) -> None:
    told = Report(gateway="gateway", boot=1, at_ns=at_ns, unknown_tags=TAGS, whereabouts=people)
    body = told.model_dump(mode="json")
    answer = httpx.post(f"{backend.url}/api/v1/report", json=body, timeout=PATIENCE_S)
    answer.raise_for_status()


@contextmanager
def signed_in(
    browser: Browser,
    backend: BackendProcess,
    size: tuple[int, int] = PHONE,
    *,
    person: str | None = None,
    scripts: bool = True,
) -> Iterator[tuple[Page, list[str]]]:
    """Yield a tab that was let in by a printed link, as a person if one is given."""
    with tab(browser, backend.url, size, scripts=scripts) as (opened, complaints):
        opened.goto(backend.sign_in_url())
        opened.click("text=Sign this browser in >> nth=-1")
        if person is not None:
            opened.select_option("#acting", person)
            opened.click("text=Go on")
        yield opened, complaints


def evacuate(backend: BackendProcess) -> None:
    backend.parts.places.evacuate("karin-ek", (), "Smoke at the press")


def looks(backend: BackendProcess) -> list[tuple[str, str]]:
    with backend.database.read() as session:
        rows = select(AccessRow).filter_by(what="muster")
        return [(row.who, row.details["via"]) for row in session.scalars(rows)]


def test_who_is_inside_is_shown_live_to_somebody_who_says_who_they_are(
    browser: Browser, backend: BackendProcess
) -> None:
    evacuate(backend)
    report(backend, *EVERYBODY)
    with signed_in(browser, backend) as (opened, complaints):
        opened.goto("/")
        opened.click("text=Who is inside")
        expect(opened.locator(".total")).to_have_text("2 not out yet")
        assert "Keller" not in opened.content()
        assert looks(backend) == []
        opened.select_option("#acting", "ines-falk")
        opened.click("text=Show who")
        expect(opened.locator("#muster-title")).to_have_text("2 not out yet")
        expect(opened.locator("#head-m-keller")).to_contain_text("B4 Robot cell")
        expect(opened.locator("#head-o-lund")).to_contain_text("last seen 03:56:25, 3:35 ago")
        expect(opened.locator("#net-state")).to_have_text("Live")
        report(backend, there("m-keller", "yard", 0), *EVERYBODY[1:])
        expect(opened.locator("#muster-title")).to_have_text("1 not out yet")
        expect(opened.locator("#announce")).to_have_text("0 inside, 1 not heard, 2 safe")
        assert looks(backend) == [("ines-falk", "console"), ("ines-falk", "console-live")]
        assert complaints == []


def test_without_scripts_it_shows_all_the_same(browser: Browser, backend: BackendProcess) -> None:
    evacuate(backend)
    report(backend, *EVERYBODY)
    with signed_in(browser, backend, person="karin-ek", scripts=False) as (opened, _):
        opened.goto("/muster")
        expect(opened.locator("#head-m-keller")).to_contain_text("Mira Keller")


@pytest.mark.parametrize(
    ("path", "status"), [("/muster", 200), ("/muster?as=karin-ek", 200), ("/muster/events", 403)]
)
def test_a_stranger_sees_nobody(backend: BackendProcess, path: str, status: int) -> None:
    evacuate(backend)
    report(backend, *EVERYBODY)
    answer = httpx.get(f"{backend.url}{path}", timeout=PATIENCE_S)
    assert (answer.status_code, "Keller" in answer.text) == (status, False)
    assert looks(backend) == []


def test_a_silent_gateway_is_said(browser: Browser, backend: BackendProcess) -> None:
    evacuate(backend)
    report(backend, *EVERYBODY, at_ns=START_NS - ns(40))
    with signed_in(browser, backend, person="karin-ek") as (opened, _):
        opened.goto("/muster")
        expect(opened.locator(".late")).to_contain_text("The gateway does not report.")
        expect(opened.locator(".late")).to_contain_text("Positions are of 03:59:20")


def test_an_unknown_tag_is_offered_and_assigned(browser: Browser, backend: BackendProcess) -> None:
    report(backend)
    with signed_in(browser, backend) as (opened, complaints):
        opened.goto("/tags")
        first = opened.locator("#tag-1")
        expect(first.locator("summary")).to_contain_text(
            "ff01 seen 41 times at B4 Robot cell, Yard, assign?"
        )
        first.locator("summary").click()
        first.locator("[name=wearer]").select_option("o-lund")
        first.locator("[name=person]").select_option("karin-ek")
        first.locator("button").click()
        expect(opened.locator("#assigned-1 summary")).to_contain_text(
            "Olle Lund · not yet in force"
        )
        opened.locator("#assigned-1 summary").click()
        expect(opened.locator("pre")).to_contain_text('tag = "ff01"')
        assert complaints == []
    with backend.database.read() as session:
        (row,) = session.scalars(select(AssignmentRow))
    assert (row.tag, row.wearer, row.who) == ("ff01", "o-lund", "karin-ek")


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        pytest.param({"tag": "ff01"}, 422, "Choose who you are", id="nobody"),
        pytest.param({"tag": "FF 01", "wearer": "o-lund", "person": "karin-ek"}, 422,
                     "no tag that a reader hears", id="no tag"),
        pytest.param({"tag": "e280aa03", "wearer": "o-lund", "person": "karin-ek"}, 409,
                     "The site file gives tag", id="somebody's already"),
    ],
)  # fmt: skip
def test_what_is_not_assigned_says_why(
    backend: BackendProcess, form: dict[str, str], status: int, said: str
) -> None:
    with httpx.Client(timeout=PATIENCE_S) as client:
        answer = sign_in(client, backend).post(f"{backend.url}/tags/assign", data=form)
    assert (answer.status_code, said in answer.text) == (status, True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, PHONE, DESK], ids=["320", "phone", "desk"])
@pytest.mark.parametrize("person", [None, "karin-ek"], ids=["anybody", "somebody"])
@pytest.mark.parametrize("path", ["/muster", "/tags", "/session"])
def test_they_fit_a_phone_and_can_be_read(
    browser: Browser,
    backend: BackendProcess,
    path: str,
    size: tuple[int, int],
    scheme: str,
    person: str | None,
) -> None:
    evacuate(backend)
    report(backend, *EVERYBODY)
    backend.parts.tags.assign("ff09", "o-lund", "karin-ek")
    with signed_in(browser, backend, size, person=person) as (opened, complaints):
        opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        opened.goto(path)
        for details in opened.locator("summary").all():
            details.click()
        assert opened.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert opened.evaluate(SMALL_TARGETS) == []
        assert opened.evaluate(CONTRASTS)["below"] == []
        assert complaints == []

"""The pages as a browser gets them, without the browser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.console.assets import assets, version
from backend.incidents.outcome import Outcome
from contract.severity import Severity
from tests.backend.console.memory_backend import Act, MemoryBackend, Opened
from tests.backend.console.sample_incidents import NOW_NS, board, fall

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def backend() -> MemoryBackend:
    found = MemoryBackend.of(board())
    found.tokens["good"] = Opened(4127, "karin-ek")
    return found


@pytest.fixture
def client(backend: MemoryBackend) -> Iterator[TestClient]:
    headers = {"Sec-Fetch-Site": "same-origin"}
    with TestClient(backend.app(), follow_redirects=False, headers=headers) as found:
        yield found


def text_of(html: str) -> str:
    """Return what is read: no markup, single spaces."""
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" ,", ",")


def key_in(html: str) -> str:
    found = re.search(r'name="key" value="([^"]*)"', html)
    assert found
    return found[1]


def test_the_page_says_what_where_who_when_and_who_is_next(client: TestClient) -> None:
    told = text_of(client.get("/i/4127").text)
    for words in (
        "Critical · incident 4127",
        "Person down, not moving",
        "B3 Press line",
        "03:12:07 · 1:13 ago",
        "Omar Said and Gustav Dahl are paged next in",
        "0:46",
        "Mira Keller Press line · belt-03",
        "Karin Ek by SMS Handed over 03:12:08, 0.18 s after it fell due",
        "NOT delivered, tried again, 5 attempts Connection refused by the message service.",
        "Why SEV1 rule fall/still",
        "Fell and does not move.",
        "Impact I3 Serious injury",
        "Without moving 17 s",
        "Free fall of 0.36\N{NO-BREAK SPACE}s, impact of 6.8\N{NO-BREAK SPACE}g",
        "Tilted from upright 84°",
        "confidence 0.94",
        "03:12:22 Raised from SEV2 to SEV1: fell and does not move",
        "I am Ines Falk",
        "As of 03:13:20",
    ):
        assert words in told
    assert "EXERCISE" not in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"exercise": True}, "EXERCISE A replay or a drill", id="an exercise"),
        pytest.param(
            {"status": "acknowledged", "acknowledged_by": "karin-ek", "acknowledged_ns": NOW_NS},
            "Acknowledged by Karin Ek 03:13:20",
            id="taken: who and when",
        ),
        pytest.param({"status": "resolved"}, "Resolved", id="resolved"),
        pytest.param({"phone": None}, "No number on file", id="nobody to call"),
        pytest.param({"zone_title": None, "zone": None}, "Place not known", id="an unknown place"),
        pytest.param(
            {"person": None, "person_name": None}, "Wearer not known", id="an unknown wearer"
        ),
        pytest.param(
            {"evidence": None}, "The sensor window has not arrived yet", id="evidence to come"
        ),
        pytest.param(
            {"evidence": fall().evidence.model_copy(update={"complete": False})},  # type: ignore[union-attr]
            "Still recording: more follows.",
            id="evidence that grows",
        ),
        pytest.param(
            {"next_step_ns": None, "next_people": ()},
            "Nobody else is paged by itself: tell somebody.",
            id="the end of the chain",
        ),
        pytest.param(
            {"asking_until_ns": NOW_NS + 14 * 10**9},
            "Mira Keller is asked “are you all right?” 0:14",
            id="the wearer is asked",
        ),
        pytest.param(
            {"pages": (), "next_step_ns": None}, "Nobody has been paged.", id="nobody was paged"
        ),
        pytest.param(
            {"severity": Severity.SEV2}, "The rule alone gives SEV1", id="a tier that was changed"
        ),
    ],
)
def test_every_state_is_said_in_words(
    client: TestClient, backend: MemoryBackend, changes: dict[str, Any], words: str
) -> None:
    backend.put(fall(**changes))
    assert words in text_of(client.get("/i/4127").text)


ANSWERS = r'<button[^>]* name="answer" value="([^"]*)"'


@pytest.mark.parametrize(
    ("state", "answers"),
    [
        pytest.param({}, ["acknowledge", "on-scene", "cannot"], id="nobody has it"),
        pytest.param(
            {"status": "acknowledged"}, ["on-scene", "give-back", "cannot"], id="somebody has it"
        ),
        pytest.param(
            {"status": "acknowledged", "holder_asked": True},
            ["acknowledge", "on-scene", "give-back", "cannot"],
            id="and was asked",
        ),
        pytest.param(
            {"status": "on_scene", "on_scene_ns": NOW_NS},
            ["on-scene", "give-back", "cannot"],
            id="is there",
        ),
        pytest.param({"status": "resolved"}, [], id="over"),
    ],
)
def test_a_page_offers_the_answers_that_its_state_takes(
    client: TestClient, backend: MemoryBackend, state: dict[str, Any], answers: list[str]
) -> None:
    backend.put(fall(acknowledged_by="karin-ek" if state else None, **state))
    assert re.findall(ANSWERS, client.get("/i/4127").text) == answers


PAGES = ["/", "/i/4127", "/a/good", "/a/old", "/i/999"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_its_own_content_security_policy(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"\s(style|on\w+)=|<style|javascript:|https?://(?!www\.w3)", answer.text)
    for script in re.findall(r"<script[^>]*>", answer.text):
        assert 'src="/static/' in script


@pytest.mark.parametrize("path", PAGES)
def test_ids_are_unique_and_references_are_kept(client: TestClient, path: str) -> None:
    html = client.get(path).text
    ids = Counter(re.findall(r'\sid="([^"]*)"', html))
    assert [name for name, count in ids.items() if count > 1] == []
    for group in re.findall(r'(?:aria-labelledby|for)="([^"]*)"', html):
        assert set(group.split()) <= set(ids)
    for target in re.findall(r'href="#([^"]*)"', html):
        assert target in ids


def test_hostile_words_are_words(client: TestClient, backend: MemoryBackend) -> None:
    entries = tuple(e.model_copy(update={"text": HOSTILE}) for e in fall().timeline)
    backend.put(
        fall(title=HOSTILE, person_name=HOSTILE, zone_title=HOSTILE, reason=HOSTILE,
             timeline=entries, numbers={HOSTILE: float("nan")}, phone='"onclick="x')
    )  # fmt: skip
    for path in ("/", "/i/4127"):
        assert HOSTILE not in client.get(path).text
    assert '"onclick="' not in client.get("/i/4127").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/i/999", 404, id="an unknown number"),
        pytest.param("/i/abc", 404, id="not a number"),
        pytest.param("/i/-1", 404, id="below zero"),
        pytest.param(f"/i/{2**63}", 404, id="beyond every database"),
        pytest.param(f"/i/{'9' * 5000}", 404, id="beyond reason"),
        pytest.param("/i/٤", 404, id="a figure that is not ASCII"),
        pytest.param("/i/999/events", 404, id="a stream of nothing"),
        pytest.param("/a/old", 410, id="an expired link"),
        pytest.param("/a/forged", 403, id="a forged link"),
        pytest.param("/static/x/nothing.js", 404, id="an unknown file"),
        pytest.param("/static/x/..%2Froutes.py", 404, id="a file outside"),
    ],
)
def test_a_wrong_address_is_a_clear_page(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_dead_link_says_why_and_what_to_do(client: TestClient) -> None:
    for answer in (client.get("/a/old"), client.post("/a/old", data={"key": "k" * 16})):
        told = text_of(answer.text)
        assert "This link is from Monday and has expired." in told
        assert "acknowledge on a screen that is signed in" in told
        assert 'href="/"' in answer.text


def test_opening_a_link_never_acts(client: TestClient, backend: MemoryBackend) -> None:
    answer = client.get("/a/good")
    assert client.head("/a/good").status_code in (200, 405)
    assert "You are Karin Ek" in text_of(answer.text)
    assert backend.acts == []
    assert backend.views[4127].status == "open"


def test_a_link_acknowledges_and_shows_the_result(
    client: TestClient, backend: MemoryBackend
) -> None:
    key = key_in(client.get("/a/good").text)
    answers = [client.post("/a/good", data={"key": each}) for each in (key, key, "another-tap")]
    for answer in answers:
        assert answer.status_code == 200
        assert "Acknowledged by Karin Ek 03:13:20" in text_of(answer.text)
    assert backend.acts == [Act(4127, "karin-ek", "link", "link-1")]


def test_acknowledge_as_somebody_who_was_paged(client: TestClient, backend: MemoryBackend) -> None:
    key = key_in(client.get("/i/4127").text)
    answers = [
        client.post("/i/4127/acknowledge", data={"person": "ines-falk", "key": key})
        for _ in range(2)
    ]
    assert [(a.status_code, a.headers["Location"]) for a in answers] == [(303, "/i/4127")] * 2
    assert backend.acts == [Act(4127, "ines-falk", "console", key)]
    assert "Acknowledged by Ines Falk" in text_of(client.get("/i/4127").text)


@pytest.mark.parametrize(
    ("number", "form", "headers", "status", "words"),
    [
        pytest.param("4127", {}, {}, 422, "Choose who you are", id="nobody chosen"),
        pytest.param(
            "4127", {"person": "stranger"}, {}, 422, "Choose who you are", id="a stranger"
        ),
        pytest.param("999", {"person": "karin-ek"}, {}, 404, "no incident 999", id="no incident"),
    ],
)
def test_a_refusal_says_why_and_does_nothing(
    client: TestClient,
    backend: MemoryBackend,
    number: str,
    form: dict[str, str],
    headers: dict[str, str],
    status: int,
    words: str,
) -> None:
    page = client.post(f"/i/{number}/acknowledge", data=form, headers=headers)
    short = client.post(
        f"/i/{number}/acknowledge", data=form, headers={**headers, "Floorwatch-Fragment": "yes"}
    )
    assert (page.status_code, short.status_code) == (status, status)
    assert words in text_of(page.text)
    assert words in short.text
    assert "<" not in short.text
    assert backend.acts == []


def test_a_script_gets_the_changed_parts(client: TestClient) -> None:
    answer = client.post(
        "/i/4127/acknowledge", data={"person": "karin-ek"}, headers={"Floorwatch-Fragment": "yes"}
    )
    parts = re.findall(r'<(?:section|form|div) id="(\w+)"', answer.text)
    assert parts == [
        "band", "person", "pages", "films", "evidence", "end", "why", "timeline", "dock"
    ]  # fmt: skip
    assert 'data-status="acknowledged"' in answer.text


def test_the_board_is_sorted_by_what_it_asks_for(client: TestClient) -> None:
    html = client.get("/").text
    assert re.findall(r'id="row-(\d+)"', html) == ["4127", "4126", "4120", "4119", "4110", "4101"]
    told = text_of(html)
    assert told.index("Not taken 4 open") < told.index("Taken 1 in hand")
    assert "EXERCISE A3 Truck lane, Dana Moore Serious 6:40" in told


def test_an_empty_board_reads_well(client: TestClient, backend: MemoryBackend) -> None:
    backend.views.clear()
    told = text_of(client.get("/").text)
    assert "No incident is waiting. Nothing is open. A new one appears here by itself" in told


def test_files_cache_for_ever_under_their_version_only(client: TestClient) -> None:
    for name in assets():
        ours = client.get(f"/static/{version()}/{name}")
        assert "immutable" in ours.headers["Cache-Control"]
        assert client.get(f"/static/older/{name}").headers["Cache-Control"] == "no-cache"


def test_no_script_is_long_and_none_comes_from_elsewhere() -> None:
    scripts = {name: asset.body.decode() for name, asset in assets().items() if ".js" in name}
    assert {"page.js", "live.js", "outbox.js", "fragment.js", "clock.js"} <= set(scripts)
    for name, script in scripts.items():
        assert script.count("\n") < 150, name
        assert set(re.findall(r"from '([^']+)'", script)) <= {f"./{other}" for other in scripts}


@pytest.mark.parametrize(
    ("form", "status", "ended"),
    [
        pytest.param(
            {"person": "karin-ek", "outcome": "false-alarm", "reason": " A crate fell "},
            303,
            [(4127, "karin-ek", "A crate fell", Outcome.FALSE_ALARM)],
            id="a false alarm",
        ),
        pytest.param(
            {"person": "karin-ek", "outcome": "not-known", "reason": "Nobody saw it"},
            303,
            [(4127, "karin-ek", "Nobody saw it", None)],
            id="nobody can tell",
        ),
        pytest.param({"person": "karin-ek", "outcome": "real"}, 422, [], id="no reason"),
        pytest.param({"outcome": "real", "reason": "I was there"}, 422, [], id="nobody"),
        pytest.param({"person": "karin-ek", "outcome": "maybe", "reason": "?"}, 422, [],
                     id="no such outcome"),
    ],
)  # fmt: skip
def test_somebody_says_that_it_is_over_and_what_it_was(
    client: TestClient,
    backend: MemoryBackend,
    form: dict[str, str],
    status: int,
    ended: list[tuple[int, str, str, Outcome | None]],
) -> None:
    answer = client.post("/i/4127/end", data=form)
    assert answer.status_code == status
    assert backend.ends == ended
    if status == 303:
        assert "What was it?" in client.get("/i/4127").text
    else:
        assert 'role="alert"' in answer.text


def test_a_call_of_the_last_resort_shows_place_and_danger_and_nobody(
    client: TestClient, backend: MemoryBackend
) -> None:
    backend.put(fall(hazard="A"))
    backend.tokens["last"] = Opened(4127, "karin-ek", discreet=True)
    shown = client.get("/a/last")
    told = text_of(shown.text)
    assert "Danger: immediate danger there, do not go in uncleared." in told
    assert "B3 Press line" in told
    assert re.findall(ANSWERS, shown.text) == ["acknowledge", "on-scene", "cannot"]
    for secret in ("Mira", "belt-03", "Fall", "down", "6.8"):
        assert secret not in told
    assert client.get("/a/last/events").status_code == 409
    ended = client.post("/a/last/end", data={"outcome": "real", "reason": "she is fine"})
    assert ended.status_code == 409
    assert "Mira" not in ended.text

from __future__ import annotations

import ast
from typing import Any

import pytest

from backend.incidents.call_answers import WHAT
from backend.incidents.updating import SAYS
from floorwatch.happenings import TOLD, SeenBefore, TerminalLine, in_order, news
from tests.support.needs import ROOT

NOW_NS = 1_700_000_000_000_000_000


def incident(**changes: Any) -> dict[str, Any]:
    row = {
        "id": 1,
        "severity": "SEV2",
        "status": "open",
        "title": "Fall",
        "person_name": "Mira Keller",
        "zone_title": "B3 Press line",
        "opened_ns": NOW_NS,
        "acknowledged_by": None,
    }
    return {**row, **changes}


def page(**changes: Any) -> dict[str, Any]:
    row = {
        "id": 7,
        "incident": 1,
        "status": "sent",
        "person_name": "Karin Ek",
        "channel": "console",
        "sent_ns": NOW_NS,
        "latency_s": 0.12,
    }
    return {**row, **changes}


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        pytest.param(
            ([incident()], []),
            ([incident()], []),
            ["SEV2 incident 1: Fall · Mira Keller · B3 Press line"],
            id="an incident is told once",
        ),
        pytest.param(
            ([incident()], []),
            ([incident(severity="SEV1")], []),
            [
                "SEV2 incident 1: Fall · Mira Keller · B3 Press line",
                "SEV1 incident 1: Fall · Mira Keller · B3 Press line (raised from SEV2)",
            ],
            id="a raised tier is told with where it came from",
        ),
        pytest.param(
            ([incident()], []),
            ([incident(severity="SEV3")], []),
            [
                "SEV2 incident 1: Fall · Mira Keller · B3 Press line",
                "SEV3 incident 1: Fall · Mira Keller · B3 Press line (lowered from SEV2)",
            ],
            id="a lowered one too",
        ),
        pytest.param(
            ([], [page(status="sending")]),
            ([], [page()]),
            ["paged Karin Ek by console for incident 1, 0.12 s after the detection"],
            id="a page is told when it is sent, not before",
        ),
        pytest.param(
            ([], [page(), page(id=8, person_name="Ines Falk", latency_s=0.34)]),
            ([], []),
            ["paged Karin Ek, Ines Falk by console for incident 1, 0.34 s after the detection"],
            id="pages that fell due together are one line, with the slowest",
        ),
        pytest.param(
            ([], [page(), page(id=8, channel="smtp")]),
            ([], []),
            [
                "paged Karin Ek by console for incident 1, 0.12 s after the detection",
                "paged Karin Ek by smtp for incident 1, 0.12 s after the detection",
            ],
            id="another channel is another line",
        ),
        pytest.param(
            ([], [page(status="due", error="connection refused", sent_ns=None)]),
            ([], [page(status="sending", error="connection refused", sent_ns=None)]),
            ["page to Karin Ek by console NOT taken, and tried again: connection refused"],
            id="a page that a channel refuses is told once, and that it is tried again",
        ),
        pytest.param(
            ([], [page(status="due", error="connection refused", sent_ns=None)]),
            ([], [page()]),
            [
                "page to Karin Ek by console NOT taken, and tried again: connection refused",
                "paged Karin Ek by console for incident 1, 0.12 s after the detection",
            ],
            id="and is told again when it is taken",
        ),
        pytest.param(
            ([incident(person_name=None, device="belt-01", zone_title=None, zone=None)], []),
            ([], []),
            ["SEV2 incident 1: Fall · belt-01 · place unknown"],
            id="what is not known is said to be unknown",
        ),
    ],
)
def test_news(first: tuple[Any, Any], then: tuple[Any, Any], told: list[str]) -> None:
    seen = SeenBefore()
    lines = [happening.text for look in (first, then) for happening in news(seen, *look, NOW_NS)]
    assert lines == told


def entry(what: str, text: str, seq: int = 1, **changes: Any) -> dict[str, Any]:
    return {"seq": seq, "at_ns": NOW_NS, "what": what, "who": "system", "text": text, **changes}


@pytest.mark.parametrize(
    ("what", "text", "tone"),
    [
        pytest.param("asked-holder", "Karin Ek is asked: on scene?", "plain", id="a question"),
        pytest.param("passed-over", "Karin Ek does not say where", "warning", id="silence"),
        pytest.param("on-scene", "Karin Ek is on scene, by link", "good", id="on scene"),
        pytest.param("cannot", "Karin Ek cannot come, by link", "warning", id="cannot come"),
        pytest.param("unacknowledged", "Karin Ek gives it back", "warning", id="given back"),
        pytest.param("acknowledged", "Karin Ek has acknowledged by link", "good", id="taken"),
        pytest.param("paging", "SEV1 step 2: paging Omar Said", "plain", id="the next rung"),
        pytest.param("exhausted", "Nobody answered; the ladder has ended", "warning", id="its end"),
        pytest.param("outgrown", "Karin Ek took a milder tier", "warning", id="raised while taken"),
        pytest.param("told", "Told that it is worse: Karin Ek", "plain", id="told of the raise"),
        pytest.param("cancel-withdrawn", "What was measured after", "warning", id="word withdrawn"),
        pytest.param("answered", "Mira Keller cancelled the alarm", "good", id="the wearer's word"),
        pytest.param("unanswered", "No answer to the check-call", "warning", id="no word"),
        pytest.param("real", "Not an exercise any more", "warning", id="an exercise made real"),
        pytest.param("nobody", "SEV1 step 1 reaches nobody", "warning", id="an empty rung"),
    ],
)
def test_what_happens_to_an_incident_is_told_in_the_words_of_its_record(
    what: str, text: str, tone: str
) -> None:
    seen = SeenBefore()
    told = [*news(seen, [incident()], [], NOW_NS, {1: [entry(what, text)]})][1:]
    assert told == [TerminalLine(NOW_NS, f"incident 1: {text}", TOLD[what])]
    assert TOLD[what] == tone
    assert [*news(seen, [incident()], [], NOW_NS, {1: [entry(what, text)]})] == []


def test_a_person_s_reason_is_told_with_what_they_did() -> None:
    timelines = {
        1: [entry("resolved", "Karin Ek: stood up"), entry("reopened", "Karin Ek: no", seq=2)]
    }
    told = [*news(SeenBefore(), [incident()], [], NOW_NS, timelines)][1:]
    assert [each.text for each in told] == [
        "incident 1: resolved – Karin Ek: stood up",
        "incident 1: reopened – Karin Ek: no",
    ]


def test_detail_is_left_to_the_incident_s_page() -> None:
    quiet = [entry(what, "…", seq) for seq, what in enumerate(("updated", "evidence"), start=1)]
    assert len([*news(SeenBefore(), [incident()], [], NOW_NS, {1: quiet})]) == 1


def test_a_timeline_is_told_on_from_where_it_ended() -> None:
    seen = SeenBefore()
    first, second = entry("exhausted", "everybody is called"), entry("on-scene", "there", seq=2)
    lines = [
        each.text
        for timeline in ([first], [first], [], [first, second])
        for each in news(seen, [incident()], [], NOW_NS, {1: timeline})
    ]
    assert lines[1:] == ["incident 1: everybody is called", "incident 1: there"]


def test_what_was_on_record_before_the_start_is_not_told() -> None:
    old = entry("exhausted", "everybody is called", at_ns=NOW_NS - 1)
    new = entry("passed-over", "the ladder goes on", seq=2)
    told = [*news(SeenBefore(since_ns=NOW_NS), [incident()], [], NOW_NS, {1: [old, new]})][1:]
    assert [each.text for each in told] == ["incident 1: the ladder goes on"]


def test_a_raise_is_told_between_what_caused_it_and_whom_it_calls_at_its_own_instant() -> None:
    seen = SeenBefore()
    list(news(seen, [incident()], [], NOW_NS))
    record = [
        entry("unanswered", "No answer to the check-call in 60 s"),
        entry("raised", "Raised from SEV2 to SEV1", seq=2, at_ns=NOW_NS + 5),
        entry("paging", "SEV1 step 1: paging Karin Ek", seq=3, at_ns=NOW_NS + 5),
    ]
    told = [*news(seen, [incident(severity="SEV1")], [], NOW_NS + 900, {1: record})]
    assert [(each.at_ns - NOW_NS, each.text) for each in told] == [
        (0, "incident 1: No answer to the check-call in 60 s"),
        (5, "SEV1 incident 1: Fall · Mira Keller · B3 Press line (raised from SEV2)"),
        (5, "incident 1: SEV1 step 1: paging Karin Ek"),
    ]


def test_within_a_second_the_incident_comes_before_its_pages_and_their_receipts() -> None:
    receipt = TerminalLine(NOW_NS, "paged", "page")
    call = TerminalLine(NOW_NS + 1, "PAGE", "call")
    rung = TerminalLine(NOW_NS + 2, "paging", "plain")
    raised = TerminalLine(NOW_NS + 3, "raised", "SEV1")
    assert in_order([receipt, call, rung, raised]) == [rung, raised, call, receipt]


DETAIL = {
    "opened", "raised", "lowered", "assessed", "evidence", "outcome", "pages-withdrawn",
    "page-sent", "page-failed",
}  # fmt: skip
"""What a line of its own tells already, or what nobody at a terminal waits for."""


def noted() -> set[str]:
    """Return every `what` that the backend writes into a timeline as a plain word."""
    found = set()
    for file in (ROOT / "backend").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "note":
                what = call.args[3] if len(call.args) > 3 else None
                if isinstance(what, ast.Constant):
                    found.add(str(what.value))
    return found


def test_nothing_that_the_backend_puts_on_record_is_forgotten_here() -> None:
    known = noted() | set(WHAT.values()) | set(SAYS.values()) | {"paging", "asked-holder", "told"}
    assert len(known) > 30
    assert known - set(TOLD) - DETAIL - set(SAYS.values()) == set()

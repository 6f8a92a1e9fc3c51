"""`docs/incidents.md`: what becomes of an incident, and when by itself. Pure.

Every table and every number comes from the code that acts; a state or a move that nobody has
described here is a KeyError, and so a failing test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from backend.due.overdue import EXERCISE_S
from backend.due.uncalled import LATE_S
from backend.incidents.call_answers import Answer
from backend.incidents.check_call import CHECK_CALL
from backend.incidents.lifecycle import LIFE
from backend.incidents.matching import RELATED_S, SAME_EVENT_S
from backend.incidents.relapse import REOPENS_FOR_S
from backend.incidents.takeover import SPREAD_S
from backend.paging.escalation import ESCALATION, EscalationState
from backend.paging.ladder import AGAIN_S, CALLS_EVERYBODY, DIGEST_S
from backend.paging.page import Purpose
from backend.paging.page_life import PAGE_LIFE
from contract.detection_kinds import ASKED, MEANINGS, DetectionKind
from contract.lastresort import LastResort
from contract.policy import Severity, SeverityPolicy
from contract.response import LONGEST_S, Response
from floorwatch.incidents_words import (
    ACT,
    ANSWERED,
    CHAPTERS,
    CHECKED,
    LIVED,
    OPENING,
    PAGED,
    WANTED,
)

S = TypeVar("S", bound=StrEnum)
M = TypeVar("M", bound=StrEnum)


def incidents_page() -> str:
    """Return the page as Markdown."""
    numbers = _numbers()
    lines = [OPENING]
    for chapter in CHAPTERS:
        lines += [f"## {chapter.title}\n", chapter.text.strip().format_map(numbers), ""]
        if chapter.table:
            lines += [*TABLES[chapter.table](), ""]
        if chapter.after:
            lines += [chapter.after.strip().format_map(numbers), ""]
    return "\n".join(lines).rstrip() + "\n"


def span(length_s: float) -> str:
    """Return a length of time as it is said.

    >>> [span(each) for each in (20, 60, 90, 240, 3600, 5400, 86_400)]
    ['20 s', '1 min', '90 s', '4 min', '1 h', '90 min', '24 h']
    """
    for unit, unit_s in (("h", 3600), ("min", 60)):
        if length_s % unit_s == 0 and length_s >= unit_s:
            return f"{length_s / unit_s:g} {unit}"
    return f"{length_s:g} s"


def _numbers() -> dict[str, str]:
    severity, resort = SeverityPolicy(), LastResort()
    rounds = [span(resort.wait_after_s(number)) for number in range(1, 6)]
    return {
        "again": span(AGAIN_S),
        "ask": span(severity.ask_s),
        "asked_kinds": _listed(ASKED),
        "calls_everybody": " and ".join(sorted(CALLS_EVERYBODY)),
        "certain": f"{severity.certain_confidence:g}",
        "digest": span(DIGEST_S),
        "down": "; ".join(
            f"`{kind}`: {_listed(row.still_down)}"
            for kind, row in MEANINGS.items()
            if row.still_down
        ),
        "exercise": span(EXERCISE_S),
        "gap": span(resort.gap_s),
        "late": span(LATE_S),
        "no_answer": span(severity.no_answer_s),
        "related": span(RELATED_S),
        "reopens": span(REOPENS_FOR_S),
        "rounds": ", ".join(rounds),
        "same_event": span(SAME_EVENT_S),
        "slowest": span(resort.slowest_s),
        "spread": span(SPREAD_S),
    }


def _listed(names: frozenset[str] | frozenset[DetectionKind]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _rows(
    table: Mapping[S, Mapping[M, S]], meaning: Mapping[StrEnum, str], head: str
) -> Iterator[str]:
    yield f"| {head} | what it means | what may happen, and where that leads |"
    yield "|---|---|---|"
    for state, moves in table.items():
        yield f"| **{state}** | {meaning[state]} | {_ways(moves)} |"


def _ways(moves: Mapping[M, S]) -> str:
    led: dict[S, list[str]] = {}
    for move, to in moves.items():
        led.setdefault(to, []).append(str(move))
    ways = "; ".join(f"{', '.join(names)} → **{to}**" for to, names in led.items())
    return ways or "nothing"


def _life() -> Iterator[str]:
    return _rows(LIFE.table, LIVED, "an incident is")


def _acts() -> Iterator[str]:
    yield "| act | whose | when |"
    yield "|---|---|---|"
    for act in dict.fromkeys(act for moves in LIFE.table.values() for act in moves):
        yield f"| {act} | {ACT[act][0]} | {ACT[act][1]} |"


def _answers() -> Iterator[str]:
    yield "| `floorwatch answer INCIDENT …` | what it does |"
    yield "|---|---|"
    for answer in Answer:
        yield f"| `{answer}` | {ANSWERED[answer]} |"


def _times() -> Iterator[str]:
    yield "| tier | an acknowledgement holds | then silence | on scene holds | never longer than |"
    yield "|---|---|---|---|---|"
    for tier in Severity:
        times = Response().of(tier)
        told = (times.on_scene_s, times.acknowledge_s, times.ask_again_s, LONGEST_S[tier])
        yield f"| {tier} | {' | '.join(span(each) for each in told)} |"


def _waits() -> Iterator[str]:
    """Yield what each state waits for; the moves between them are in the code's table."""
    policy, resort = SeverityPolicy(), LastResort()
    waits = {
        EscalationState.HELD: (
            "the wearer's answer, before anybody is paged",
            f"`ask_s` of `[severity]`: {span(policy.ask_s)}",
            "the first rung is paged",
        ),
        EscalationState.CLIMBING: (
            "somebody on the rung that was paged",
            "`wait_s` of the rung in `[[escalation]]`",
            "the next rung is paged; after the last one and its `repeat`, the last resort",
        ),
        EscalationState.LAST_RESORT: (
            "anybody at all",
            f"`wait_s` of `[last_resort]`, {span(resort.wait_s)}, twice as long each round, at "
            f"most `slowest_s`, {span(resort.slowest_s)}",
            "everybody is called again",
        ),
        EscalationState.LEASED: (
            "whoever took it, or is there",
            "`on_scene_s` of `[response]`; on scene `ask_again_s`",
            "they are asked: on scene?",
        ),
        EscalationState.ASKED: (
            "the answer of whoever has it",
            "`acknowledge_s` of `[response]`",
            "they are passed over, and the next rung is paged; after the last one the first",
        ),
        EscalationState.DIGEST: (
            "somebody to read of it: the tier has no ladder",
            span(DIGEST_S),
            "it is looked at again, and calls nobody",
        ),
        EscalationState.OVER: ("nothing: it is resolved", "–", "–"),
    }
    yield "| an escalation is | it waits for | for so long | then by itself | may happen sooner |"
    yield "|---|---|---|---|---|"
    for state, moves in ESCALATION.table.items():
        yield f"| **{state}** | {' | '.join(waits[state])} | {_ways(moves)} |"


def _check_call() -> Iterator[str]:
    return _rows(CHECK_CALL.table, CHECKED, "the question is")


def _matching() -> Iterator[str]:
    yield "| what arrives | joins |"
    yield "|---|---|"
    yield "| the same claim (its id), in any phase | its own incident, in whatever state it is |"
    yield (
        "| the same kind about the same subject | the open incident with the nearest onset, "
        f"at most {span(SAME_EVENT_S)} away |"
    )
    for kind, row in MEANINGS.items():
        if row.follows is not None:
            yield (
                f"| `{kind}` | an open `{row.follows.of}` of the same subject that began at most "
                f"{span(row.follows.within_s)} before |"
            )
    yield "| anything else | none: it opens its own |"


def _pages() -> Iterator[str]:
    return _rows(PAGE_LIFE.table, PAGED, "a page is")


def _purposes() -> Iterator[str]:
    yield "| a page's purpose | what is wanted |"
    yield "|---|---|"
    for purpose in Purpose:
        yield f"| `{purpose}` | {WANTED[purpose]} |"


TABLES = {
    "life": _life,
    "acts": _acts,
    "answers": _answers,
    "times": _times,
    "waits": _waits,
    "check-call": _check_call,
    "matching": _matching,
    "pages": _pages,
    "purposes": _purposes,
}

"""A state is the enum that its machine is made of, never a word written again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum

import pytest

from backend.database import incident_tables, page_tables
from backend.incidents.check_call import CheckCall
from backend.incidents.lifecycle import Life
from backend.paging.escalation import EscalationState
from backend.paging.page_life import PageStatus
from tests.support.tree import kept_files, text_of

HOLDERS: dict[str, tuple[type[StrEnum], ...]] = {
    "status": (Life, PageStatus),
    "escalation": (EscalationState,),
    "check_call": (CheckCall,),
}
"""What a row, a view or an answer of the API calls its states."""


def states_in_words(text: str) -> Iterator[int]:
    """Yield the lines where a state is compared with, or given as, a word."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Compare(left, _, [right]):
                if (name := _holder(left)) and _words(right) & _values(name):
                    yield node.lineno
            case ast.keyword(arg=str(name), value=value) if name in HOLDERS:
                if _words(value) & _values(name):
                    yield value.lineno
            case _:
                pass


def _holder(node: ast.expr) -> str | None:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            pass
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            pass
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
            pass
        case _:
            return None
    return name if name in HOLDERS else None


def _words(node: ast.expr) -> set[str]:
    match node:
        case ast.Constant(value=str(word)):
            return {word}
        case ast.Tuple(elts=each) | ast.List(elts=each) | ast.Set(elts=each):
            return set().union(*map(_words, each))
        case _:
            return set()


def _values(name: str) -> set[str]:
    return {str(state) for states in HOLDERS[name] for state in states}


def test_nobody_writes_a_state_as_a_word() -> None:
    code = [
        path
        for path in kept_files()
        if path.endswith(".py")
        and path.startswith(("backend/", "floorwatch/", "simulators/"))
        # A migration says what a database was, whatever the code calls it now.
        and "/migrations/" not in path
    ]
    found = [f"{path}:{line}" for path in code for line in states_in_words(text_of(path) or "")]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('row.status == "open"', id="compared"),
        pytest.param('page["status"] in ("due", "sending")', id="one of several"),
        pytest.param('each.get("status") != "resolved"', id="of an answer"),
        pytest.param('query.filter_by(status="sent")', id="given by name"),
        pytest.param('incident.escalation == "leased"', id="of another machine"),
    ],
)
def test_the_search_finds_what_it_is_for(line: str) -> None:
    assert list(states_in_words(line)) == [1]


@pytest.mark.parametrize(
    ("law", "states"),
    [
        pytest.param(incident_tables.STATUS, Life, id="an incident's life"),
        pytest.param(incident_tables.ESCALATION, EscalationState, id="its escalation"),
        pytest.param(incident_tables.CHECK_CALL, CheckCall, id="its check-call"),
        pytest.param(page_tables.STATUS, PageStatus, id="a page's life"),
    ],
)
def test_the_schema_knows_the_states_of_each_machine(law: str, states: type[StrEnum]) -> None:
    assert set(re.findall(r"'(\w+)'", law)) == set(states)

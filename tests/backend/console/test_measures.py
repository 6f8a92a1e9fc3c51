"""Every number that a detector gives, and every fact that a rule looks at, has people's words."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from backend.console.measures import COUNTED, LABELS, PLUS_MINUS, measures
from contract.severity import RULES
from tests.support.tree import kept_files, text_of

HOLDERS = {"evidence", "numbers"}


def given_by_detectors() -> Iterator[str]:
    """Yield the name of every number that is written into a finding's evidence."""
    for path in kept_files():
        if not (path.startswith("detectors/") and path.endswith(".py")):
            continue
        for node in ast.walk(ast.parse(text_of(path) or "")):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys)) if (
                    name in HOLDERS
                ):
                    yield from _words(keys)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict(keys=keys)) if (
                    name in HOLDERS
                ):
                    yield from _words(keys)
                case ast.Assign(targets=[ast.Subscript(ast.Name(id=name), slice=key)]) if (
                    name in HOLDERS
                ):
                    yield from _words([key])
                case ast.keyword(arg="evidence", value=ast.Dict(keys=keys)):
                    yield from _words(keys)
                case _:
                    pass


def _words(keys: list[ast.expr | None] | list[ast.expr]) -> Iterator[str]:
    for key in keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value


def test_every_number_of_a_detector_has_words() -> None:
    given = {name for name in given_by_detectors() if not name.endswith(PLUS_MINUS)}
    assert len(given) > 20, "the search finds them"
    assert given - set(LABELS) == set()


@pytest.mark.parametrize("name", sorted({name for rule in RULES for name in rule.inputs}))
def test_every_fact_that_a_rule_looks_at_has_words(name: str) -> None:
    assert name in LABELS


def test_words_are_no_names() -> None:
    for name, said in LABELS.items():
        assert said[0].isupper(), name
        assert "_" not in said, name
    assert set(COUNTED) <= set(LABELS)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param(
            {"free_fall_m": 1.84, "free_fall_m_plus_minus": 0.4},
            [("Fell by", "1.84 ± 0.4 m")],
            id="a height and how sure it is are one line",
        ),
        pytest.param({"unanswered_s": "61.0619"}, [("No answer for", "61 s")], id="whole seconds"),
        pytest.param({"silent_s": 600.4}, [("Silent for", "10 min")], id="minutes"),
        pytest.param({"drop_heights": 0.5}, [("Sank by", "0.5 of their height")], id="a camera's"),
        pytest.param({"entries": 1.0}, [("Went in", "1 time")], id="once"),
        pytest.param({"kind": "no_motion"}, [("Kind", "no motion")], id="a word"),
        pytest.param({"still_s": float("nan")}, [("Without moving", "unknown")], id="no number"),
        pytest.param({"gas_pct": 3.0}, [("Gas", "3 %")], id="one that nobody has words for yet"),
    ],
)
def test_how_a_number_is_said(values: dict[str, float | str], said: list[tuple[str, str]]) -> None:
    assert list(measures(values)) == said

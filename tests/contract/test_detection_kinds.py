"""Every kind has a row, a title and a rule; every rule can be met by something that is told."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import backend
import contract
import detectors
import edge
import floorwatch
import gateway
from contract.detection import Detection
from contract.detection_kinds import (
    ANSWERS,
    ASKED_FACTS,
    DOWN,
    DOWN_FACTS,
    MEANINGS,
    OBSERVATIONS,
    RESCUED,
    SITE_FACTS,
    About,
    DetectionKind,
    Role,
    Teller,
    meaning,
)
from contract.severity import RULES, UNLISTED, Facts, Rule, SeverityPolicy, assess
from detectors.catalogue import catalogue
from tests.support.messages import EXAMPLES

POLICY = SeverityPolicy()
RULE_NAMES = {rule.name for rule in RULES}
EVENTS = [kind for kind, row in MEANINGS.items() if row.role is Role.EVENT]
VALUES: Mapping[str, tuple[Any, ...]] = {
    "hazard": ("none", "A", "B", "C"),
    "live": (False, True),
    "idlh": (False, True),
    "lone": (False, True),
    "authorised": ("no", "expired"),
    "cancelled": (False,),
    "people_down": (0, POLICY.people_down),
    "people": (0, 3),
}
"""What each fact may be; what is not here is a time, and may be just what a rule waits for."""
TIMES_S = sorted(
    {0.0, *(value for name, value in POLICY.model_dump().items() if name.endswith("_s"))}
)


def tellers(kind: DetectionKind) -> set[str]:
    """Return the detectors that say that they tell of a kind."""
    return {name for name, detector in catalogue().items() if kind in detector.tells}


def could_be(kind: DetectionKind, names: tuple[str, ...]) -> Iterator[Facts]:
    """Yield what may come to be known of such an event, of these facts."""
    known = sorted(meaning(kind).known.intersection(names) - {"kind"})
    for values in product(*(VALUES.get(name, TIMES_S) for name in known)):
        yield Facts(kind=kind, **dict(zip(known, values, strict=True)))


def meets(kind: DetectionKind, rule: Rule) -> bool:
    """Whether such an event can meet a rule, and whether that rule can then decide."""
    looked_at = tuple(dict.fromkeys((*rule.inputs, *SITE_FACTS)))
    return any(
        rule.applies(facts, POLICY) and assess(facts, POLICY).rule == rule.name
        for facts in could_be(kind, looked_at)
    )


@pytest.mark.parametrize("kind", DetectionKind, ids=str)
def test_every_kind_has_a_row_with_a_title(kind: DetectionKind) -> None:
    row = MEANINGS[kind]
    assert row.title
    assert row.title.count("{}") <= 1
    assert set(row.titles) <= RULE_NAMES
    assert row.still_down <= RULE_NAMES
    assert row.known <= set(Facts.model_fields)
    if row.about is About.ZONE:
        assert "{}" in row.title


@pytest.mark.parametrize("kind", EVENTS, ids=str)
def test_every_event_has_a_rule_of_its_own(kind: DetectionKind) -> None:
    assert any(kind in rule.kinds for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_can_be_met_and_can_decide(rule: Rule) -> None:
    kinds = rule.kinds or tuple(DetectionKind)
    assert any(meets(kind, rule) for kind in kinds if MEANINGS[kind].role is Role.EVENT)


@pytest.mark.parametrize("kind", DetectionKind, ids=str)
def test_somebody_tells_of_every_kind(kind: DetectionKind) -> None:
    teller = MEANINGS[kind].teller
    assert bool(tellers(kind)) == (teller is Teller.DETECTOR)
    if teller is not Teller.DETECTOR:
        folder = {Teller.GATEWAY: gateway, Teller.BACKEND: backend}[teller]
        assert kind.name in names_used(folder.__path__[0])


@pytest.mark.parametrize(
    "fact", sorted({fact for row in MEANINGS.values() for fact in row.known} - {"kind"})
)
def test_every_fact_is_stated_by_somebody(fact: str) -> None:
    """`people_down` was a fact of two rules for months, and nothing ever counted."""
    assert any(fact in names_used(each.__path__[0]) for each in (detectors, gateway, backend))


def names_used(folder: str) -> set[str]:
    """Return the attributes and the keys that the code of a folder writes down."""
    found: set[str] = set()
    for path in Path(folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(attr=name):
                    found.add(name)
                case ast.Dict(keys=keys):
                    found |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
                case ast.keyword(arg="clock", value=ast.Constant(value=name)):
                    found.add(str(name))  # a zone rule's clock is a fact by its name
    return found


def test_what_is_asked_is_about_people_who_may_be_down() -> None:
    for kind, row in MEANINGS.items():
        assert row.down <= row.may_lie <= row.rescued, kind
        assert row.asked <= row.may_lie, kind
        assert bool(row.still_down) == row.asked, kind
        if row.asked or row.rescued or row.warned:
            assert row.about is About.PERSON
            assert row.role is Role.EVENT
    assert set(ASKED_FACTS) | set(DOWN_FACTS) <= MEANINGS[DetectionKind.FALL].known


def test_an_answer_and_an_observation_open_no_incident() -> None:
    assert {
        kind: assess(Facts(kind=kind)).rule for kind in ANSWERS | OBSERVATIONS
    } == dict.fromkeys(ANSWERS | OBSERVATIONS, UNLISTED.name)


def test_whoever_a_camera_sees_lie_and_whoever_does_not_check_in_may_be_gone_in_after() -> None:
    assert {"person_down", "missed_check_in", "sos", "fall", "no_motion"} == RESCUED
    assert {"person_down", "fall", "no_motion"} == DOWN


def test_a_kind_that_nobody_has_heard_of_is_an_event_with_a_title() -> None:
    row = meaning("gas_leak")
    assert (row.title, row.role, row.asked) == ("Gas leak", Role.EVENT, False)
    told = Detection.model_validate({**EXAMPLES["detection"], "kind": "gas_leak"})
    assert assess(told.facts.model_copy(update={"kind": told.kind})).severity == "SEV3"


SPARED = ("contract/detection_kinds.py", "detectors/button/press.py")
"""The table, and where the names of events, some of them the same, become kinds."""


def kinds_gathered(text: str) -> list[int]:
    """Return the lines where kinds stand together in a set, a list, a tuple or a mapping's keys.

    But for what a detector `tells` of, and types.
    """
    tree = ast.parse(text)
    types = [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    told = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "tells" and node.value
    ]
    spared = {id(part) for root in (*types, *told) for part in ast.walk(root)}
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Set(elts=each) | ast.List(elts=each) | ast.Tuple(elts=each):
                pass
            case ast.Dict(keys=keys):
                each = [key for key in keys if key is not None]
            case _:
                continue
        if id(node) not in spared and sum(map(_is_kind, each)) > 1:
            found.append(node.lineno)
    return found


def _is_kind(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="DetectionKind")):
            return True
        case ast.Constant(value=str(word)):
            return word in set(DetectionKind)
    return False


@pytest.mark.parametrize("package", [backend, contract, detectors, edge, floorwatch, gateway])
def test_what_several_kinds_have_in_common_is_a_column_of_the_table(package: ModuleType) -> None:
    """Eleven sets of kinds once stood where they were needed, and two of them were wrong."""
    gathered = [
        f"{path}:{line}"
        for folder in package.__path__
        for path in sorted(Path(folder).rglob("*.py"))
        if not any(map(path.match, SPARED))
        for line in kinds_gathered(path.read_text(encoding="utf-8"))
    ]
    assert gathered == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param('DOWN = frozenset({"fall", "no_motion"})', [1], id="words"),
        pytest.param("DOWN = (DetectionKind.FALL, DetectionKind.SOS)", [1], id="members"),
        pytest.param('TITLES = {"fall": "Fall", "sos": "Help"}', [1], id="a mapping by kind"),
        pytest.param('Choice = Literal["sos", "cancel"]', [], id="a type"),
        pytest.param('LABELS = {"fall", "false-alarm"}', [], id="one, among other words"),
        pytest.param("tells: ClassVar = frozenset({DetectionKind.FALL, DetectionKind.SOS})", [],
                     id="what a detector tells of"),
    ],
)  # fmt: skip
def test_kinds_that_stand_together_are_noticed(text: str, lines: list[int]) -> None:
    assert kinds_gathered(text) == lines

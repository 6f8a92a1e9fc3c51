"""What breaks those who speak an older schema, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from floorwatch.compatibility import incompatibilities

NUMBER = {"type": "number", "minimum": 0, "maximum": 10}
MODE = {"type": "string", "enum": ["on", "off"]}
NULLABLE = {"anyOf": [{"type": "integer", "maximum": 9}, {"type": "null"}]}


def fields(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def part(**inner: Any) -> dict[str, Any]:
    return {
        **fields("one", one={"$ref": "#/$defs/Part"}),
        "$defs": {"Part": fields("x", **{"x": NUMBER, **inner})},
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(fields("a", a=NUMBER), fields("a", a=NUMBER), id="the-same"),
        pytest.param(fields(a=NUMBER), fields(a=NUMBER, b=NUMBER), id="optional-field-added"),
        pytest.param(fields("a", a=NUMBER), fields(a=NUMBER), id="no-longer-required"),
        pytest.param(NUMBER, {**NUMBER, "minimum": -5, "maximum": 20}, id="bounds-widened"),
        pytest.param(NUMBER, {"type": "number"}, id="bounds-dropped"),
        pytest.param(MODE, {**MODE, "enum": ["on", "off", "auto"]}, id="value-added"),
        pytest.param(MODE, {"type": "string"}, id="any-value"),
        pytest.param({"type": "integer"}, {"type": "number"}, id="whole-numbers-to-all"),
        pytest.param({"type": "integer", "maximum": 9}, NULLABLE, id="null-allowed-too"),
        pytest.param({**NUMBER, "description": "x"}, NUMBER, id="text-only"),
        pytest.param(part(), part(y=NUMBER), id="optional-field-added-inside"),
        pytest.param({"const": "imu/1"}, {"enum": ["imu/1", "imu/2"]}, id="version-added"),
        pytest.param(
            {"type": "array", "items": NUMBER, "maxItems": 4},
            {"type": "array", "items": NUMBER, "maxItems": 8},
            id="longer-list",
        ),
        pytest.param(
            {"oneOf": [{"$ref": "#/$defs/A"}], "$defs": {"A": fields("a", a={"const": 1})}},
            {
                "oneOf": [{"$ref": "#/$defs/B"}, {"$ref": "#/$defs/A"}],
                "$defs": {"A": fields("a", a={"const": 1}), "B": fields("a", a={"const": 2})},
            },
            id="choice-added",
        ),
    ],
)
def test_these_changes_break_nobody(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert incompatibilities(old, new) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            fields(a=NUMBER, b=NUMBER), fields(a=NUMBER), "b: the field is gone", id="field-removed"
        ),
        pytest.param(
            fields(a=NUMBER), fields("a", a=NUMBER),
            "a: the field is required now, and was not", id="field-made-required",
        ),
        pytest.param(
            fields(a=NUMBER), fields("b", a=NUMBER, b=NUMBER),
            "b: the field is required now, and was not", id="new-required-field",
        ),
        pytest.param(
            NUMBER, {**NUMBER, "maximum": 5}, "(message): maximum went from 10 to 5",
            id="upper-bound",
        ),
        pytest.param(
            NUMBER, {**NUMBER, "minimum": 1}, "(message): minimum went from 0 to 1",
            id="lower-bound",
        ),
        pytest.param(
            {"type": "string"}, {"type": "string", "maxLength": 9},
            "(message): maxLength went from none to 9", id="new-limit",
        ),
        pytest.param(
            {"type": "string"}, {"type": "string", "pattern": "^a$"},
            "(message): pattern went from none to ^a$", id="new-pattern",
        ),
        pytest.param(
            MODE, {**MODE, "enum": ["on"]}, "(message): off is no longer a value",
            id="value-removed",
        ),
        pytest.param(
            {"type": "string"}, MODE,
            "(message): any value was good, and only ['on', 'off'] are now", id="value-restricted",
        ),
        pytest.param(
            {"const": "imu/1"}, {"const": "imu/2"},
            "(message): const went from imu/1 to imu/2", id="const-changed",
        ),
        pytest.param(
            {"type": "number"}, {"type": "integer"},
            "(message): type went from number to integer", id="type-narrowed",
        ),
        pytest.param(
            {"type": "string"}, {"type": "number"},
            "(message): type went from string to number", id="type-changed",
        ),
        pytest.param(
            NULLABLE, {"type": "integer", "maximum": 9},
            "(message): type went from null to integer", id="null-no-longer",
        ),
        pytest.param(
            NULLABLE, {"anyOf": [{"type": "integer", "maximum": 5}, {"type": "null"}]},
            "(message): maximum went from 9 to 5", id="bound-inside-a-choice",
        ),
        pytest.param(
            part(), part(x={**NUMBER, "maximum": 5}),
            "one.x: maximum went from 10 to 5", id="bound-inside-a-part",
        ),
        pytest.param(
            {"type": "array", "items": NUMBER}, {"type": "array", "items": MODE},
            "[]: type went from number to string", id="entries-of-a-list",
        ),
        pytest.param(
            {"type": "array", "prefixItems": [NUMBER, NUMBER]},
            {"type": "array", "prefixItems": [NUMBER]},
            ": went from 2 places to 1", id="shorter-tuple",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": True},
            {"type": "object", "additionalProperties": False},
            "(message): other fields were free, and are not now", id="closed-to-newer-senders",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": NUMBER},
            {"type": "object", "additionalProperties": {**NUMBER, "maximum": 5}},
            ".*: maximum went from 10 to 5", id="values-of-a-table",
        ),
    ],
)  # fmt: skip
def test_these_changes_break_somebody(old: dict[str, Any], new: dict[str, Any], said: str) -> None:
    assert incompatibilities(old, new) == (said,)


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree = {
        "$ref": "#/$defs/Tree",
        "$defs": {
            "Tree": fields(leaves={"type": "array", "items": {"$ref": "#/$defs/Tree"}}, n=NUMBER)
        },
    }
    assert incompatibilities(tree, tree) == ()

"""The JSON Schemas say what the code does, are up to date, and break nobody who speaks the old."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from floorwatch.compatibility import incompatibilities
from floorwatch.generated import stale
from floorwatch.schemas import MESSAGES, schema_of, schema_pages
from tests.support.messages import EXAMPLES, IMU
from tests.support.needs import ROOT

CONTRACT = ROOT / "docs" / "contract"
RELEASED = CONTRACT / "released"


def test_everything_generated_is_up_to_date() -> None:
    assert stale(ROOT) == (), "run `make schemas`, and look at the difference before committing"


@pytest.mark.parametrize("name", MESSAGES)
def test_the_example_fits_its_schema(name: str) -> None:
    jsonschema_rs.validate(schema_of(MESSAGES[name]), EXAMPLES[name])


@pytest.mark.parametrize("name", MESSAGES)
def test_what_the_code_writes_fits_its_schema(name: str) -> None:
    written = MESSAGES[name].model_validate_json(json.dumps(EXAMPLES[name])).model_dump_json()
    jsonschema_rs.validate(schema_of(MESSAGES[name]), json.loads(written))


@pytest.mark.parametrize("name", MESSAGES)
def test_a_schema_refuses_a_message_without_its_version(name: str) -> None:
    anonymous = {key: value for key, value in EXAMPLES[name].items() if key != "message"}
    assert not jsonschema_rs.is_valid(schema_of(MESSAGES[name]), anonymous)


@pytest.mark.parametrize(
    ("change", "good"),
    [
        pytest.param({"accel_i16": "AAAAAAAA"}, True, id="one-sample"),
        pytest.param({"accel_i16": "AAAAAAA"}, False, id="less-than-a-sample"),
        pytest.param({"odr_hz": 2000}, False, id="too-fast"),
        pytest.param({"device": "Belt 01"}, False, id="misnamed"),
        pytest.param({"humidity": 0.4}, True, id="a-newer-field"),
        pytest.param({"seq": 2**53}, False, id="counter-too-high"),
    ],
)
def test_a_schema_judges_as_the_code_does(change: dict[str, Any], good: bool) -> None:
    assert jsonschema_rs.is_valid(schema_of(MESSAGES["imu"]), {**IMU, **change}) is good


def test_base64_is_limited_in_characters_not_bytes() -> None:
    field = schema_of(MESSAGES["waveform"])["properties"]["accel_i16"]
    assert (field["minLength"], field["maxLength"]) == (8, 4 * 80_000)


@pytest.mark.parametrize("name", sorted(path.name for path in RELEASED.glob("*.schema.json")))
def test_nobody_who_speaks_the_released_schema_is_broken(name: str) -> None:
    old = json.loads((RELEASED / name).read_text(encoding="utf-8"))
    new = json.loads(schema_pages().get(name, '{"type": "null"}'))
    problems = "\n  ".join(incompatibilities(old, new))
    assert not problems, (
        f"{name} breaks agents, gateways or tools that are out there:\n  {problems}\n"
        "Make the change compatible: add a field as optional with a default, widen a bound, keep "
        "the old field beside the new. Where that cannot be, give the message a new version "
        "(imu/2), read both, and keep the old one until nobody sends it."
    )


def test_every_message_has_a_released_schema_and_a_line_in_the_index() -> None:
    index = (CONTRACT / "README.md").read_text(encoding="utf-8")
    for name in schema_pages():
        assert f"({name})" in index
        assert (RELEASED / name).is_file(), f"copy docs/contract/{name} to docs/contract/released/"

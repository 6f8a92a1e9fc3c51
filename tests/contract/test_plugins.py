"""`kind = "…"` tables become objects; what does not fit is refused by name."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

import contract
from contract import plugins
from contract.errors import SiteFileError
from contract.message import Block, Message


class Bell(BaseModel):
    """A kind with settings of each sort."""

    model_config = ConfigDict(extra="forbid")
    kind: ClassVar[str] = "bell"
    loudness_db: float = Field(70, le=120)
    tune: str = "plain"

    @field_validator("tune")
    @classmethod
    def _known(cls, tune: str) -> str:
        if tune == "wagner":
            raise ValueError("nobody would wake gently")
        return tune


KINDS = {"bell": Bell, "buzzer": Bell}


def test_an_entry_becomes_an_object_with_its_settings() -> None:
    (bell,) = plugins.build("channel", KINDS, [{"kind": "bell", "loudness_db": 90}])
    assert bell == Bell(loudness_db=90)


def test_a_table_is_not_changed_by_reading_it() -> None:
    entry = {"kind": "bell"}
    plugins.build("channel", KINDS, [entry])
    assert entry == {"kind": "bell"}


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        pytest.param({}, '[[channel]] number 1: "kind" is missing', id="without-kind"),
        pytest.param({"kind": 7}, '[[channel]] number 1: "kind" is missing', id="kind-a-number"),
        pytest.param(
            {"kind": "bel"},
            '[[channel]]: there is no kind "bel"; did you mean "bell"?',
            id="kind-misspelt",
        ),
        pytest.param(
            {"kind": "siren"},
            '[[channel]]: there is no kind "siren"; there are: bell, buzzer',
            id="kind-unknown",
        ),
        pytest.param(
            {"kind": "bell", "loudnes_db": 90},
            '[[channel]] "bell" has no key "loudnes_db"; did you mean "loudness_db"?',
            id="key-misspelt",
        ),
        pytest.param(
            {"kind": "bell", "loudness_db": 130},
            '[[channel]] "bell": loudness_db: Input should be less than or equal to 120',
            id="value-out-of-range",
        ),
        pytest.param(
            {"kind": "bell", "tune": "wagner"},
            '[[channel]] "bell": tune: nobody would wake gently',
            id="value-that-the-kind-refuses",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(entry: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SiteFileError) as refusal:
        plugins.build("channel", KINDS, [entry])
    assert refusal.value.problems == (sentence,)


def test_all_entries_are_checked_before_anything_is_said() -> None:
    with pytest.raises(SiteFileError) as refusal:
        plugins.build("channel", KINDS, [{"kind": "bel"}, {"kind": "bell"}, {}])
    assert len(refusal.value.problems) == 2


def test_only_classes_with_a_kind_of_their_own_in_the_folder_are_found() -> None:
    class Elsewhere(Block):
        kind: ClassVar[str] = "elsewhere"

    assert plugins.find(contract, Message) == {}
    assert Elsewhere.kind == "elsewhere"

"""`--what-if name=value`: a setting other than it ships, for one run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from contract.suggestion import did_you_mean
from floorwatch.errors import UsageError

Settings = TypeVar("Settings", bound=BaseModel)
WhatIf = Annotated[
    list[str] | None,
    typer.Option(help="A detector setting, as NAME=VALUE; repeatable."),
]


def settings_of(texts: Iterable[str]) -> dict[str, Any]:
    """Return settings from `name=value` texts; a value is read as JSON where it is some.

    >>> settings_of(["trigger_g=2.5", "still_steps_s=[5, 15]"])
    {'trigger_g': 2.5, 'still_steps_s': [5, 15]}

    Raises
    ------
    UsageError
        For a text without a name or a value.
    """
    settings: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError(f'--what-if "{text}": write a setting as name=value, as threshold=0.7')
        try:
            settings[name.strip()] = json.loads(value)
        except ValueError:
            settings[name.strip()] = value
    return settings


def changed(kind: type[Settings], texts: Iterable[str], filled_in: Iterable[str] = ()) -> Settings:
    """Return settings as they ship, but for those that the texts change.

    Parameters
    ----------
    filled_in
        Fields that are no setting: the program fills them in.

    Raises
    ------
    UsageError
        When there is no such setting, or it takes no such value.
    """
    given = settings_of(texts)
    known = set(kind.model_fields) - set(filled_in)
    for name in given:
        if name not in known:
            suggestion = did_you_mean(name, known)
            raise UsageError(f'--what-if: there is no setting "{name}"{suggestion}')
    try:
        return kind(**given)
    except ValidationError as error:
        told = error.errors(include_url=False)[0]
        name = str(told["loc"][0]) if told["loc"] else ", ".join(given)
        raise UsageError(f"--what-if {name}={told['input']}: {told['msg']}") from None

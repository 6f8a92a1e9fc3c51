"""Reads strictly where it matters, and forgivingly where it does not.

An emergency is never lost for a field beside it: a field that may be left out, and cannot be read,
is left out, and said. Of a list of messages, such as reads, one that cannot be read costs itself.
What a message cannot do without, and what would mislead if it were left out (`VITAL`), costs the
message. One place for whatever devices send; nothing of it is done to a message that is right.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

M = TypeVar("M", bound=BaseModel)

MOST_ROUNDS = 8
"""What is wrong may hide what else is: a message is looked at so often."""


@dataclass(frozen=True)
class Vital:
    """Marks a field that may be left out, and may not be left out because it is unreadable."""


VITAL: Final = Vital()
_GONE: Final = object()


def read(
    model: type[M],
    raw: Mapping[str, Any],
    validate: Callable[[Mapping[str, Any]], M] | None = None,
) -> tuple[M, Sequence[str]]:
    """Return a message, and a sentence for each thing that was left out of it.

    Parameters
    ----------
    validate
        How `raw` becomes a message, if not by `model.model_validate`.

    Raises
    ------
    ValidationError
        About what the message cannot do without.
    """
    validate = validate or model.model_validate
    try:
        return validate(raw), ()
    except ValidationError as error:
        first = error
    left: Any = copy.deepcopy(dict(raw))
    said: list[str] = []
    wrong = first
    for _round in range(MOST_ROUNDS):
        new = [
            told for each in wrong.errors(include_url=False) for told in _mend(model, left, each)
        ]
        if not new:
            raise first
        said += new
        left = _swept(left)
        try:
            return validate(left), tuple(dict.fromkeys(said))
        except ValidationError as again:
            wrong = again
    raise first


def _mend(model: type[BaseModel], raw: Any, error: Any) -> Iterator[str]:
    """Leave out, or cut, the smallest thing around an error that can be spared; say so."""
    spare: tuple[Any, Any] | None = None
    at: Any = raw
    kind: Any = model
    where: list[str] = []
    told: list[str] = []
    for step in error["loc"]:
        if isinstance(at, dict) and isinstance(kind, type) and issubclass(kind, BaseModel):
            field = _field(kind, str(step))
            if field is None or step not in at:
                break
            where.append(str(step))
            if not field.is_required() and not any(isinstance(m, Vital) for m in field.metadata):
                spare, told = (at, step), [*where]
            kind, at = field.annotation, at[step]
        elif isinstance(at, list) and isinstance(step, int) and step < len(at):
            kind = _item(kind)
            where.append(str(step))
            if kind is not None:
                spare, told = (at, step), [*where]
            at = at[step]
        else:
            break
        kind = _message_in(kind)
    if error["type"] == "string_too_long" and isinstance(at, str) and where:
        yield from _cut(raw, error, where)
        return
    if spare is None:
        return
    holder, key = spare
    if holder[key] is _GONE:
        return
    holder[key] = _GONE
    yield f"{'.'.join(told[-3:])} is left out: {error['msg']}"[:300]


def _cut(raw: Any, error: Any, where: Sequence[str]) -> Iterator[str]:
    *before, last = error["loc"][: len(where)]
    holder = raw
    for step in before:
        holder = holder[step]
    most = error["ctx"]["max_length"]
    holder[last] = holder[last][:most]
    yield f"{'.'.join(where[-3:])} is cut to {most} characters"


def _swept(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _swept(each) for key, each in value.items() if each is not _GONE}
    if isinstance(value, list):
        return [_swept(each) for each in value if each is not _GONE]
    return value


def _field(model: type[BaseModel], name: str) -> FieldInfo | None:
    """Return a field by its name, or by any name that its sender may give it."""
    for own, field in model.model_fields.items():
        alias = field.validation_alias
        names = {own, field.alias, *(getattr(alias, "choices", ()) or (alias,))}
        if name in names:
            return field
    return None


def _item(kind: Any) -> Any:
    """Return what messages a list holds; None where its parts are no messages of their own."""
    for part in get_args(kind):
        found = _message_in(part)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return None


def _message_in(kind: Any) -> Any:
    """Return the message that an optional or annotated type is about."""
    if get_origin(kind) is Annotated:
        return _message_in(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return next((p for p in get_args(kind) if p is not types.NoneType), None)
    return kind

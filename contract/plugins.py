"""Turns a `kind = "…"` table of the site file into an object: the plug-ins. Nothing lists them.

A kind is a class with a `kind` of its own in a file of the right folder: a detector, a sensor
driver, a paging channel. To add one, add the file. `elsewhere` of a class says of keys that it
does not have in which table they belong.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from contract.errors import SiteFileError
from contract.suggestion import did_you_mean

T = TypeVar("T", bound=BaseModel)


def find(folder: ModuleType, base: type[T]) -> dict[str, type[T]]:
    """Return every kind of `base` under `folder`. A module that does not import is an error."""
    for module in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    prefix = f"{folder.__name__}."
    return {
        vars(cls)["kind"]: cls
        for cls in _below(base)
        if isinstance(vars(cls).get("kind"), str) and f"{cls.__module__}.".startswith(prefix)
    }


def build(
    table: str, kinds: Mapping[str, type[T]], entries: Iterable[Mapping[str, Any]]
) -> tuple[T, ...]:
    """Return one object for each entry of a site file's `[[table]]`.

    Raises
    ------
    SiteFileError
        With one sentence for each entry or key that is wrong, and a suggestion.
    """
    built: list[T] = []
    problems: list[str] = []
    for number, entry in enumerate(entries, start=1):
        settings = {name: value for name, value in entry.items() if name != "kind"}
        kind = entry.get("kind")
        if not isinstance(kind, str):
            problems.append(f'[[{table}]] number {number}: "kind" is missing')
        elif kind not in kinds:
            problems.append(f'[[{table}]]: there is no kind "{kind}"{did_you_mean(kind, kinds)}')
        else:
            try:
                built.append(kinds[kind].model_validate(settings))
            except ValidationError as error:
                problems += _sentences(table, kind, kinds[kind], error)
    if problems:
        raise SiteFileError(tuple(problems))
    return tuple(built)


def _sentences(table: str, kind: str, cls: type[T], error: ValidationError) -> Iterator[str]:
    for e in error.errors(include_url=False):
        key = ".".join(str(part) for part in e["loc"])
        if e["type"] == "extra_forbidden" and key in getattr(cls, "elsewhere", {}):
            where = cls.elsewhere[key]  # type: ignore[attr-defined]
            yield f'[[{table}]] "{kind}" has no key "{key}": it is a key of {where}'
        elif e["type"] == "extra_forbidden":
            yield f'[[{table}]] "{kind}" has no key "{key}"{did_you_mean(key, cls.model_fields)}'
        else:
            said = str(e["msg"]).removeprefix("Value error, ")
            yield f'[[{table}]] "{kind}": {key}: {said}'


def _below(cls: type[Any]) -> Iterator[type[Any]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _below(sub)

"""Finds the rules of zones. Nothing lists them: a rule is a class in a file of this folder."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module

from detectors.zone import rules
from detectors.zone.rules.rule import Rule


def _found(base: type[Rule]) -> Iterator[type[Rule]]:
    for rule in base.__subclasses__():
        if not inspect.isabstract(rule) and rule.__module__.startswith(f"{rules.__name__}."):
            yield rule
        yield from _found(rule)


for _module in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
    import_module(_module.name)

RULES: tuple[type[Rule], ...] = tuple(
    sorted(_found(Rule), key=lambda rule: (rule.__module__, rule.__name__))  # type: ignore[type-abstract]
)
"""Every rule that there is, by file and name: an order that no import changes."""

"""Every address of an application, so that a test about all of them forgets none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from fastapi import FastAPI

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Address(NamedTuple):
    """A method, and a path with its parameters' names in it."""

    method: str
    path: str

    @property
    def acts(self) -> bool:
        return self.method not in SAFE

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the path with a value for each parameter."""
        path = self.path
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"a test has no value for a parameter of {self.path}"
        return path


def addresses(app: FastAPI) -> list[Address]:
    """Return every address of an application, by path and method."""
    found = sorted(_walk(app.routes, ""))
    assert len(found) > 40, "the walk has lost its way"
    return found


def _walk(routes: Iterable[Any], prefix: str) -> Iterator[Address]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _walk(included.routes, prefix + route.include_context.prefix)
        else:
            for method in route.methods:
                yield Address(method, prefix + route.path)

"""What the distribution is made of, as pyproject.toml says it."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from tests.support.needs import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: tuple[str, ...] = tuple(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def normal(name: str) -> str:
    """Return a distribution's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements_of(extra: str) -> tuple[str, ...]:
    """Return what `floorwatch[extra]` asks for by itself; no extra for the empty text."""
    project = PROJECT["project"]
    wanted: list[str] = project["optional-dependencies"][extra] if extra else []
    found: list[str] = list(project["dependencies"])
    for text in wanted:
        requirement = Requirement(text)
        if normal(requirement.name) == "floorwatch":
            for inner in sorted(requirement.extras):
                found += requirements_of(inner)
        else:
            found.append(text)
    return tuple(dict.fromkeys(found))


def closure_of(extra: str) -> dict[str, Distribution]:
    """Return all that an installation of `floorwatch[extra]` brings, by normal name."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(text) for text in requirements_of(extra)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        name, extras = normal(wanted.name), frozenset(wanted.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        for text in found[name].requires or ():
            inner = Requirement(text)
            if inner.marker is None or any(
                inner.marker.evaluate({"extra": extra}) for extra in (*extras, "")
            ):
                waiting.append(inner)
    return found


def modules_of(distributions: dict[str, Distribution]) -> set[str]:
    """Return the names that these distributions can be imported by."""
    found: set[str] = set()
    for dist in distributions.values():
        for path in dist.files or ():
            top = path.parts[0]
            if top.endswith((".dist-info", ".data")) or top in ("..", "__pycache__"):
                continue
            found.add(top.split(".")[0])
    return found

"""The lock pins what pyproject.toml asks for, each package by hash, and names no index."""

from __future__ import annotations

import re

import pytest
from packaging.requirements import Requirement

from tests.support.needs import ROOT
from tests.support.packages import PROJECT, normal, requirements_of

GROUPS = PROJECT["dependency-groups"]
WANTED = {
    "run.txt": (*requirements_of("all"), *GROUPS["setup"]),
    "dev.txt": (*requirements_of("all"), *GROUPS["setup"], *GROUPS["dev"]),
    "bench.txt": (*requirements_of("all"), *GROUPS["setup"], *GROUPS["dev"], *GROUPS["bench"]),
}
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def _text(name: str) -> str:
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


def _pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pin in PIN.finditer(_text(name)):
        found.setdefault(normal(pin["name"]), set()).add(pin["version"])
    return found


@pytest.mark.parametrize("name", WANTED)
def test_the_lock_has_a_version_that_serves_each_dependency(name: str) -> None:
    pins = _pins(name)
    unmet = [
        text
        for text in WANTED[name]
        for wanted in [Requirement(text)]
        if not pins.get(normal(wanted.name))
        or not all(
            wanted.specifier.contains(version, prereleases=True)
            for version in pins[normal(wanted.name)]
        )
    ]
    assert unmet == [], "run `make lock`"


@pytest.mark.parametrize("name", WANTED)
def test_every_pin_has_its_hashes_and_no_index_is_named(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", _text(name).strip())
    assert len(entries) > 30
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in _text(name)


def test_the_demo_runs_what_the_tests_tested() -> None:
    tested = _pins("dev.txt")
    assert {name for name, pins in _pins("run.txt").items() if not pins <= tested[name]} == set()

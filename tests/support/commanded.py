"""The command as a person runs it: what it printed, where, and with which exit status."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from floorwatch.__main__ import main


@dataclass(frozen=True)
class Ran:
    """What came of it."""

    status: int
    out: str
    err: str


class Command:
    """Runs `floorwatch` in this process, its errors and all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *told: str | Path) -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["floorwatch", *map(str, told)])
        self._capsys.readouterr()
        try:
            main()
            status = 0
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else int(left.code is not None)
        said = self._capsys.readouterr()
        return Ran(status, said.out, said.err)


@pytest.fixture
def floorwatch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Return the command. How it configured logging is undone."""
    yield Command(monkeypatch, capsys)
    structlog.reset_defaults()

"""A process outlives its log: a full disk under it costs lines, and no thread."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
import structlog

from host.logs import configure


@pytest.fixture
def full_stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    full = open("/dev/full", "w", buffering=1)  # noqa: SIM115 (its close fails, as its writes do)
    monkeypatch.setattr(sys, "stderr", full)
    with pytest.raises(OSError, match="No space left"):
        print("this much is so", file=full)
    yield
    structlog.reset_defaults()
    with suppress(OSError):
        full.close()


@pytest.mark.usefixtures("full_stderr")
def test_a_line_that_finds_no_room_is_dropped() -> None:
    configure()
    log = structlog.get_logger("chaos")
    log.error("the disk is full")
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        log.exception("in the middle of dealing with it")

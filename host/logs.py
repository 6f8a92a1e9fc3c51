"""How the process logs: for a person at a terminal, or one JSON object a line for a collector."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class UnfailingStderr:
    """Standard error, for a log that must not stop what it tells of.

    With a full disk under the log a write raises, in the middle of dealing with that very disk: it
    would end whichever thread had something to say. A line that finds no room is dropped.
    """

    def write(self, text: str) -> None:
        """Write what can be written."""
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Pass on what can be passed on."""
        with suppress(OSError):
            sys.stderr.flush()


def configure() -> None:
    """Send structlog's events to standard error; standard output is left to pages."""
    to_person = sys.stderr.isatty()
    form: structlog.typing.Processor
    form = structlog.dev.ConsoleRenderer() if to_person else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if to_person else [structlog.processors.format_exc_info]),
            form,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, UnfailingStderr())),
    )

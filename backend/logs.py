"""How the process logs: for a person at a terminal, or one JSON object a line for a collector."""

from __future__ import annotations

import logging
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
    """Log lines for people on a terminal, JSON lines otherwise; pages own standard output."""
    terminal = sys.stderr.isatty()
    render = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if terminal else [structlog.processors.format_exc_info]),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, UnfailingStderr())),
    )

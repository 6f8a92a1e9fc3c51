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
    """Log lines for people on a terminal, JSON lines otherwise."""
    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if on_terminal else [structlog.processors.format_exc_info]),
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, UnfailingStderr())),
    )

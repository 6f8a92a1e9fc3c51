"""How the process logs: for a person at a terminal, or one JSON object a line for a collector."""

from __future__ import annotations

import sys

import structlog


def configure() -> None:
    """Send structlog's events to stderr."""
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

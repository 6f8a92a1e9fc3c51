"""`python -m backend SITE.toml`: the backend as a process."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from threading import Event
from typing import Annotated

import structlog
import typer

from backend.errors import BackendError
from backend.runtime import Backend
from contract.errors import SiteFileError
from contract.sitefile import parse


def run(
    site_file: Annotated[Path, typer.Argument(metavar="SITE.toml", help="The site file")],
    database: Annotated[
        str | None, typer.Option(help="sqlite:///PATH or postgresql://…; default: in --state")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Default: the site file's")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes a free one; default: the site's")
    ] = None,
    state: Annotated[Path, typer.Option(help="Where this backend keeps its files")] = Path(
        "state/backend"
    ),
) -> None:
    """Keep incidents and page people until SIGTERM or Ctrl-C."""
    log_to_stderr()
    try:
        site = parse(site_file.read_text(encoding="utf-8"))
        backend = Backend(
            site,
            state_dir=state,
            database_url=database,
            host=site.backend.host if host is None else host,
            port=site.backend.port if port is None else port,
        )
        stopping = Event()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, lambda *_: stopping.set())
        with backend:
            stopping.wait()
    except (SiteFileError, BackendError, OSError, UnicodeDecodeError) as error:
        problems = error.problems if isinstance(error, SiteFileError) else (str(error),)
        for problem in problems:
            print(f"{site_file}: {problem}", file=sys.stderr)
        raise typer.Exit(2) from None


def log_to_stderr() -> None:
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    typer.run(run)

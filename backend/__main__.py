"""`python -m backend SITE.toml`: the backend as a process."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from threading import Event, Thread
from typing import Annotated

import structlog
import typer

from backend.errors import BackendError
from backend.runtime import BackendProcess
from contract.errors import SiteFileError
from contract.sitefile import parse
from host import logs
from host.private import FOR_OWNER_ONLY

log = structlog.get_logger(__name__)

LOOK_S = 1.0
DATABASE_URL = "FLOORWATCH_DATABASE_URL"
"""In the environment, for it may hold a password. An empty one is none."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)
END_S = 7.0
"""From a signal to the end, whatever hangs. `floorwatch up` waits 8 s, Docker 10."""


def run(
    site_file: Annotated[Path, typer.Argument(metavar="SITE.toml", help="The site file")],
    database: Annotated[
        str | None,
        typer.Option(
            envvar=DATABASE_URL, help="sqlite:///PATH or postgresql://…; default: in --state"
        ),
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
    logs.configure()
    os.umask(FOR_OWNER_ONLY)
    stopping = stop_on_signals()
    try:
        site = parse(site_file.read_text(encoding="utf-8"))
        backend = BackendProcess(
            site,
            state_dir=state,
            database_url=database or None,
            host=site.backend.host if host is None else host,
            port=site.backend.port if port is None else port,
        )
        with backend:
            while backend.alive and not stopping.wait(LOOK_S):
                pass
    except (SiteFileError, BackendError, OSError, UnicodeDecodeError) as error:
        problems = error.problems if isinstance(error, SiteFileError) else (str(error),)
        for problem in problems:
            print(f"{site_file}: {problem}", file=sys.stderr)
        raise typer.Exit(2) from None
    if not stopping.is_set():
        log.critical("a thread died; whoever supervises this process may start it again")
        raise typer.Exit(1)


def stop_on_signals() -> Event:
    """Return what is set by the first signal. A second one, or seven seconds, end the process.

    A thread waits for them: whatever the main thread is doing, were it a lock in the database at
    the start, holds up neither.
    """
    stopping = Event()
    # Blocked before any thread begins: each inherits it, and none but the waiting one is asked.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def wait() -> None:
        signal.sigwait(SIGNALS)
        stopping.set()
        again = signal.sigtimedwait(SIGNALS, END_S)
        why = "a second signal" if again is not None else f"it did not end in {END_S:g} s"
        log.critical("ended at once; what was under way is done again after the start", why=why)
        os._exit(1)

    Thread(target=wait, name="signals", daemon=True).start()
    return stopping


if __name__ == "__main__":
    typer.run(run)

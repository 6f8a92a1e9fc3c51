"""Run an edge agent: `python -m edge SITE.toml --agent ID --state DIR`."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Annotated

import structlog
import typer

from contract.errors import SiteFileError
from contract.site import Site
from contract.sitefile import parse
from edge.agent import Agent
from edge.errors import EdgeError
from edge.runtime import build_agent
from edge.spool import MAX_AGE_S, MAX_BYTES
from host import logs
from host.private import FOR_OWNER_ONLY

log = structlog.get_logger(__name__)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run(
    site_file: Annotated[Path, typer.Argument(metavar="SITE.toml", help="The site file.")],
    agent: Annotated[str, typer.Option(help="Which of the site file's agents this is.")],
    state: Annotated[Path, typer.Option(help="Folder of the spool.")] = Path("var"),
    broker_host: Annotated[str | None, typer.Option(help="Instead of the site file's.")] = None,
    broker_port: Annotated[int | None, typer.Option(help="Instead of the site file's.")] = None,
    spool_mb: Annotated[int, typer.Option(min=1, help="Samples kept at most.")] = MAX_BYTES
    // 1_000_000,
    spool_days: Annotated[float, typer.Option(min=0.01, help="For how long.")] = MAX_AGE_S / 86_400,
) -> None:
    """Read the sensors, spool what they say, and publish it until the gateway acknowledges it."""
    logs.configure()
    os.umask(FOR_OWNER_ONLY)
    try:
        running = build_agent(
            _read(site_file),
            agent,
            state_dir=state,
            broker_host=broker_host,
            broker_port=broker_port,
            spool_bytes=spool_mb * 1_000_000,
            spool_age_s=spool_days * 86_400,
            folder=site_file.parent,
        )
    except (SiteFileError, EdgeError) as error:
        for sentence in str(error).splitlines():
            typer.echo(f"{site_file}: {sentence}", err=True)
        raise typer.Exit(2) from None
    raise typer.Exit(_serve(running))


def _read(path: Path) -> Site:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise EdgeError(f"the site file cannot be read: {error}") from None


def _serve(agent: Agent) -> int:
    """Run until a signal asks to stop; 1 if the agent's thread died, so that it is restarted."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    agent.start()
    log.info("agent started", agent=agent.id)
    while not stopping.wait(1.0):
        if not agent.is_alive:
            log.critical("the agent's thread died")
            return 1
    agent.stop()
    log.info("agent stopped", agent=agent.id)
    return 0


if __name__ == "__main__":
    app()

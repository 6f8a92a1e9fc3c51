"""Run the gateway: `python -m gateway SITE.toml --backend-url http://127.0.0.1:8000`."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Annotated

import structlog
import typer

from contract import sitefile
from contract.errors import SiteFileError
from gateway.errors import GatewayError
from gateway.runtime import Gateway
from host import logs
from host.private import FOR_OWNER_ONLY

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

LOOK_S = 1.0

app = typer.Typer(add_completion=False)


@app.command()
def main(
    site_file: Annotated[Path, typer.Argument(metavar="SITE.toml", help="The site file.")],
    backend_url: Annotated[str, typer.Option(help="Where detections go.")],
    state: Annotated[Path, typer.Option(help="Folder for the database.")] = Path("state/gateway"),
    broker_host: Annotated[str | None, typer.Option(help="Instead of the site file's.")] = None,
    broker_port: Annotated[int | None, typer.Option(help="Instead of the site file's.")] = None,
    wire_ticks: Annotated[
        bool, typer.Option(help="Take the time from `tick/1` only, for a replay.")
    ] = False,
    exercise: Annotated[bool, typer.Option(help="Mark all detections: nobody is hurt.")] = False,
) -> None:
    """Record, detect, acknowledge and forward what the site's agents publish."""
    logs.configure()
    os.umask(FOR_OWNER_ONLY)
    try:
        site = sitefile.parse(site_file.read_text(encoding="utf-8"))
        gateway = Gateway(
            site,
            state_dir=state,
            broker_host=broker_host or (site.broker.host if site.broker else "127.0.0.1"),
            broker_port=broker_port or (site.broker.port if site.broker else 1883),
            backend_url=backend_url,
            ticks="wire" if wire_ticks else "own",
            exercise=exercise,
            folder=site_file.parent,
        )
    except (OSError, UnicodeDecodeError, SiteFileError, GatewayError) as error:
        typer.echo(f"{site_file}: {error}", err=True)
        raise typer.Exit(2) from None
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    try:
        gateway.start()
        while gateway.alive and not stopped.wait(LOOK_S):
            pass
    finally:
        gateway.stop()
    if not stopped.is_set():
        log.critical("a thread died; whoever supervises this process may start it again")
        raise typer.Exit(1)


if __name__ == "__main__":
    app()

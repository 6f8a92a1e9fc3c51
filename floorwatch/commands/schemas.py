"""`floorwatch schemas`: the message schemas and the pages that are made from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from floorwatch.generated import generated, stale


def schemas(
    write: Annotated[
        bool, typer.Option("--write", help="Write what is stale; without this, only name it.")
    ] = False,
) -> None:
    """Check, or write, docs/contract/ and docs/configuration.md. For a checkout's root folder."""
    checkout = Path.cwd()
    if not (checkout / "contract" / "message.py").is_file():
        typer.echo("floorwatch schemas is for the root folder of a Floorwatch checkout.", err=True)
        raise typer.Exit(2)
    outdated = stale(checkout)
    for path in outdated:
        if write:
            (checkout / path).parent.mkdir(parents=True, exist_ok=True)
            (checkout / path).write_text(generated()[path], encoding="utf-8")
        typer.echo(f"{'wrote' if write else 'stale'}: {path}")
    if not outdated:
        typer.echo("Everything generated is up to date.")
    elif not write:
        raise typer.Exit(1)

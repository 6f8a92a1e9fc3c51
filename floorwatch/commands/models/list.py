"""`floorwatch models list`: which weights are on this machine."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from edge.vision.weights import KNOWN, folder, state


def list(
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Say which weights are known, where they come from, and whether they are here and whole."""
    found = [
        {
            "name": each.name,
            "title": each.title,
            "state": state(each),
            "file": str(folder() / each.file),
            "sha256": each.sha256,
            "licence": each.licence,
            "from": f"{each.package}=={each.version}",
        }
        for each in KNOWN.values()
    ]
    if as_json:
        typer.echo(json.dumps({"folder": str(folder()), "models": found}, indent=2))
    else:
        table = Table(box=None, pad_edge=False)
        columns = ("name", "state", "title", "licence", "from")
        for head in columns:
            table.add_column(head)
        for row in found:
            table.add_row(*(row[head] for head in columns))
        Console(highlight=False).print(table)
        typer.echo(f"They are kept in {folder()}.")
    if any(row["state"] != "here" for row in found):
        if not as_json:
            typer.echo("Run `floorwatch models install` for what is missing or damaged.")
        raise typer.Exit(1)

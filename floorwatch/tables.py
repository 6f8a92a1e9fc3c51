"""What a command measured: as a table for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from floorwatch.errors import CommandError, UsageError

STDOUT = Path("-")
WIDE = 220
"""A file or a pipe is as wide as the table."""

JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write the figures for a program; - is stdout.")
]


def console_beside(json_file: Path | None) -> Console:
    """Return where tables go: stdout, or stderr when the JSON is there.

    Raises
    ------
    UsageError
        When the JSON is to go where there is no folder: better before an hour's work than after.
    """
    if json_file is not None and not json_file.parent.is_dir():
        raise UsageError(f"--json {json_file}: there is no folder {json_file.parent}")
    return Console(stderr=json_file == STDOUT, highlight=False)


def show(
    console: Console, title: str, heads: Sequence[str], body: Sequence[Sequence[str]], numbers: int
) -> None:
    """Print a table; the columns from number `numbers` on are figures."""
    # As text: a name in a file may hold brackets, which rich would take for its markup.
    table = Table(title=Text(title), title_justify="left")
    for number, head in enumerate(heads):
        # Folded, not cut: half an address is none.
        justify: JustifyMethod = "right" if number >= numbers else "left"
        table.add_column(head, justify=justify, overflow="fold")
    for row in body:
        table.add_row(*map(Text, row))
    if console.is_terminal:
        console.print(table)
    else:
        Console(file=console.file, width=WIDE, highlight=False).print(table)


def write_json(path: Path | None, answer: Mapping[str, Any]) -> None:
    """Write what a program reads; - is stdout, None is nowhere.

    Raises
    ------
    CommandError
        When the file cannot be written.
    """
    if path is None:
        return
    text = json.dumps(answer, indent=2) + "\n"
    if path == STDOUT:
        print(text, end="")
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"--json {path}: {error.strerror}") from None

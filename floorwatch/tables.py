"""What a command measured: as a table for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from floorwatch.errors import CommandError

STDOUT = Path("-")
WIDE = 200
"""A file or a pipe is as wide as the table."""


def show(
    console: Console, title: str, heads: Sequence[str], body: Sequence[Sequence[str]], numbers: int
) -> None:
    """Print a table; the columns from number `numbers` on are figures."""
    # As text: a name in a file may hold brackets, which rich would take for its markup.
    table = Table(title=Text(title), title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number >= numbers else "left")
    for row in body:
        table.add_row(*map(Text, row))
    if console.is_terminal:
        console.print(table)
    else:
        Console(file=console.file, width=WIDE, highlight=False).print(table)


def write_json(path: Path | None, answer: Mapping[str, Any]) -> None:
    """Write what a program reads; - is stdout, None is nowhere."""
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

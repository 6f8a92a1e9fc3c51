"""What `floorwatch bench zones` and `floorwatch bench camera-falls` have in common."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from detectors.vision.detector import CameraDetector
from edge.errors import EdgeError
from edge.vision.model import Model, load
from floorwatch.errors import CommandError, UsageError
from simulators.cameras import bench
from simulators.cameras.watching import Cost, Eye

STDOUT = Path("-")


def eye_of(
    input_px: int, tiles: int, most_fps: float, drop: float, memory: Path | None, *, gated: bool
) -> Eye:
    """Return how films are watched, with the model loaded.

    Raises
    ------
    UsageError
        When the model has no such input.
    CommandError
        When its weights are not here: it says how to get them.
    """
    try:
        model = load(Model(input_px=input_px, tiles=tiles))
    except ValidationError as error:
        raise UsageError(f"--input: {error.errors()[0]['msg']}") from None
    except EdgeError as error:
        raise CommandError(str(error)) from None
    return Eye(model, memory, most_fps, drop, gated)


def detector_of(what_if: Sequence[str]) -> CameraDetector:
    """Return the detector that ships, with some of its settings changed.

    Raises
    ------
    UsageError
        When there is no such setting, or it takes no such value.
    """
    given: dict[str, Any] = {}
    for each in what_if:
        name, equals, value = each.partition("=")
        if not equals or name not in CameraDetector.model_fields or name == "site":
            known = ", ".join(n for n in CameraDetector.model_fields if n != "site")
            raise UsageError(f"--what-if {each}: write NAME=VALUE; a camera has {known}")
        given[name] = value
    try:
        return CameraDetector(**given)
    except ValidationError as error:
        told = error.errors(include_url=False)[0]
        raise UsageError(f"--what-if {told['loc'][0]}: {told['msg']}") from None


@contextmanager
def progress(what: str) -> Iterator[bench.Progress]:
    """Give something to tell the progress to; it is shown on a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show(console: Console, title: str, heads: Sequence[str], body: Sequence[Sequence[str]]) -> None:
    """Print a table whose first column is text."""
    table = Table(title=Text(title), title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number == 0 else "right")
    for row in body:
        table.add_row(*map(Text, row))
    if console.is_terminal:
        console.print(table)
    else:  # a file or a pipe is as wide as the table
        Console(file=console.file, width=160, highlight=False).print(table)


def speed(eye: Eye, cost: Cost) -> str:
    """Return in words how fast it was."""
    gate = "asked when something moves" if eye.gated else "asked of every picture"
    return (
        f"{eye.model.name}, {gate}: {figure(cost.fps, 1)} pictures a second of one core's own time "
        "(decode, model, track)"
    )


def figure(value: float | None, places: int = 2) -> str:
    """Return a number as a table has it."""
    return "–" if value is None else f"{value:.{places}f}"


def write(json_file: Path | None, answer: Mapping[str, Any]) -> None:
    """Write what a program reads; - is stdout."""
    if json_file is None:
        return
    text = json.dumps(answer, indent=2) + "\n"
    if json_file == STDOUT:
        print(text, end="")
        return
    try:
        json_file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"--json {json_file}: {error.strerror}") from None

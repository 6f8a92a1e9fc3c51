"""`floorwatch bench falls`: falls found and false alarms, on recordings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from floorwatch.errors import CommandError, UsageError
from simulators.accuracy import scoring
from simulators.accuracy.chart import chart
from simulators.accuracy.curve import Curve, curves
from simulators.accuracy.page import page
from simulators.accuracy.report import (
    CURVE_HEADS,
    HEADS,
    WHAT_IF_HEADS,
    curve_rows,
    for_programs,
    rows,
    what_if_rows,
)
from simulators.accuracy.scoring import Scores, score_folder
from simulators.accuracy.system import System, published, settings_of, shipped
from simulators.errors import SimulatorError

PAGE, CHART = Path("docs/accuracy/falls.md"), Path("docs/accuracy/falls.svg")
STDOUT = Path("-")
NUMBERS_FROM = 3
"""The columns from this one on are figures."""


def falls(
    data: Annotated[Path, typer.Option(help="The folder that holds the sets of recordings.")],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the scores for a program; - is stdout.")
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(help="A detector setting, as impact_g=2.5; repeatable. Shown beside today's."),
    ] = None,
    baselines: Annotated[
        bool, typer.Option(help="Score published rules as well; not with --what-if.")
    ] = True,
    curve: Annotated[
        bool, typer.Option("--curve", help="Move each threshold as well. Takes minutes.")
    ] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many at a time; all processors if unset.")
    ] = None,
    write_docs: Annotated[
        bool,
        typer.Option("--write-docs", help="Write docs/accuracy/ anew, with curves."),
    ] = False,
) -> None:
    """Count falls found and false alarms on whole recordings, event by event, set by set.

    Every recording goes through the real pipeline. Nothing is paged and nothing is stored.
    """
    console = Console(stderr=json_file == STDOUT, highlight=False)
    if (write_docs or curve) and what_if:
        raise UsageError("--curve and --write-docs are of what is shipped; leave out --what-if")
    if write_docs and not Path("contract/message.py").is_file():
        raise UsageError("--write-docs is for the root folder of a Floorwatch checkout")
    if json_file is not None and not json_file.parent.is_dir():
        raise UsageError(f"--json {json_file}: there is no folder {json_file.parent}")
    try:
        changed = settings_of(what_if or ())
        ours = shipped()
        then = shipped(changed) if changed else None
    except SimulatorError as error:
        raise UsageError(f"--what-if: {error}") from None
    drawn: tuple[Curve, ...] = ()
    others = published() if baselines and then is None else ()
    try:
        if then is None:
            scores = _scored(data, (ours, *others), processes)
            _show(console, scores, ours, others)
        else:
            then = then.named("what-if")
            scores = _scored(data, (ours, then), processes)
            _compare(console, scores, ours, then, what_if or ())
        if curve or write_docs:
            with _progress("curves") as progress:
                drawn = curves(
                    data, (ours, *others), _with_falls(scores, ours), processes, progress
                )
            _print(console, "Found at a rate", CURVE_HEADS, curve_rows(drawn), 2)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    if write_docs:
        CHART.parent.mkdir(parents=True, exist_ok=True)
        if drawn:
            CHART.write_text(chart(drawn), encoding="utf-8")
        PAGE.write_text(page(scores, ours, others, drawn, CHART.name), encoding="utf-8")
        console.print(f"wrote {PAGE} and {CHART}")
    if json_file is not None:
        answer = for_programs(scores, ours, others, (then, changed) if then else None, drawn)
        _write(json_file, json.dumps(answer, indent=2) + "\n")


def _scored(data: Path, systems: Sequence[System], processes: int | None) -> Scores:
    with _progress("recordings") as progress:
        scores = score_folder(data, systems, processes, progress)
    for reason in scores.passed_over:
        print(f"floorwatch: passed over: {reason}", file=sys.stderr)
    return scores


def _with_falls(scores: Scores, system: System) -> frozenset[str]:
    return frozenset(
        name for (name, _), tally in scores.tallies[system.name].items() if tally.falls
    )


@contextmanager
def _progress(what: str) -> Iterator[scoring.Progress]:
    """Give something to tell the progress to; it is shown on a terminal only."""
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _show(console: Console, scores: Scores, ours: System, others: Sequence[System]) -> None:
    for system in (ours, *others):
        title = f"{system.title} (from memory)" if system.from_memory else system.title
        body = rows(scores.sets(system.name), system.chosen_on)
        _print(console, title, HEADS, body, NUMBERS_FROM)


def _compare(
    console: Console, scores: Scores, ours: System, then: System, settings: Sequence[str]
) -> None:
    body = what_if_rows(scores.sets(ours.name), scores.sets(then.name))
    _print(console, f"Today, and with {', '.join(settings)}", WHAT_IF_HEADS, body, 1)


def _print(
    console: Console, title: str, heads: Sequence[str], body: Sequence[Sequence[str]], numbers: int
) -> None:
    # As text: a name in a file may hold brackets, which rich would take for its markup.
    table = Table(title=Text(title), title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number >= numbers else "left")
    for row in body:
        table.add_row(*map(Text, row))
    if console.is_terminal:
        console.print(table)
    else:  # a file or a pipe is as wide as the table
        Console(file=console.file, width=200, highlight=False).print(table)


def _write(path: Path, text: str) -> None:
    if path == STDOUT:
        print(text, end="")
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"--json {path}: {error.strerror}") from None

"""`floorwatch export alarms`: labelled sensor windows, for `bench` and `train`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from backend.evidence.archive import Archive, LabelledWindow, LabelledWindows
from floorwatch.alarm_set import check_target, write_set
from floorwatch.databases import DatabaseName, opened
from floorwatch.errors import CommandError
from floorwatch.private import for_owner_only
from floorwatch.timespan import timespan


class AlarmChoice(StrEnum):
    """The windows that an export is to hold."""

    ALL = "all"
    FALL = "fall"
    FALSE_ALARM = "false-alarm"


LABELS = {
    AlarmChoice.ALL: frozenset({"fall", "false-alarm", "cancelled"}),
    AlarmChoice.FALL: frozenset({"fall"}),
    AlarmChoice.FALSE_ALARM: frozenset({"false-alarm", "cancelled"}),
}


@for_owner_only()
def alarms(
    to: Annotated[Path, typer.Option(help="The folder to make.")],
    by: Annotated[str, typer.Option(help="Who takes them: a person's id. It is put on record.")],
    database: DatabaseName = None,
    label: Annotated[AlarmChoice, typer.Option(help="Only these.")] = AlarmChoice.ALL,
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="Not those that only the wearer cancelled.")
    ] = False,
    exercises: Annotated[
        bool, typer.Option("--exercises", help="Also those of replays and drills.")
    ] = False,
    since: Annotated[str | None, typer.Option(help="From, ISO 8601.")] = None,
    until: Annotated[str | None, typer.Option(help="To, ISO 8601.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say it for a program.")] = False,
) -> None:
    """Write the sensor windows of labelled alarms as a set for `bench falls` and `train falls`.

    It holds no names, no times and no places: a person is a word that was made up for this export.
    """
    from_ns, to_ns = timespan(since, until, 2**63 - 1)
    check_target(to, force=force)
    labels = LABELS[label] - ({"cancelled"} if confirmed else set())
    with opened(database) as found_database:
        archive = Archive(found_database)
        archive.allowed(by)
        found = archive.find(labels, from_ns, to_ns, exercises=exercises)
        if not found.keys:
            raise CommandError(f"no window to export{_left_out(found)}; nothing was written")
        # On record first: what was taken away unseen could not be taken back.
        archive.note_export(by, found.keys, time.time_ns(), labels=sorted(labels), folder=to.name)
        summary = write_set(to, _shown(archive, found.keys))
    summary = {"folder": str(to), **summary, "left_out": dict(found.left_out)}
    if as_json:
        print(json.dumps(summary, indent=2))
    else:
        _print(summary, found)


def _shown(archive: Archive, keys: Sequence[tuple[str, str]]) -> Iterator[LabelledWindow]:
    console = Console(stderr=True)
    yield from track(
        archive.windows(keys),
        "windows",
        total=len(keys),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _print(summary: dict[str, object], found: LabelledWindows) -> None:
    table = Table("label", "windows", title=f"{summary['folder']}", title_justify="left")
    labels = summary["labels"]
    assert isinstance(labels, dict)
    for name, count in sorted(labels.items()):
        table.add_row(str(name), str(count))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100).print(table)
    print(f"{summary['windows']} windows of {summary['subjects']} people{_left_out(found)}")


def _left_out(found: LabelledWindows) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(found.left_out.items()))
    return f" (left out: {reasons})" if reasons else ""

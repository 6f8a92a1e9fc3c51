"""`floorwatch digest`: what a shift saw, counted: near misses and all that paged nobody, too."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer

from backend.incidents.digest import DigestLine
from backend.incidents.digest import digest as counted
from contract.instants import as_datetime, ns
from floorwatch.databases import DatabaseName, opened
from floorwatch.tables import JsonFile, console_beside, show, write_json
from floorwatch.timespan import timespan

HEADS = ("tier", "what", "where", "told", "incidents", "unresolved", "before")
USUAL_NS = ns(8 * 3600)
"""Of a shift, where nobody says from when."""


def digest(
    database: DatabaseName = None,
    since: Annotated[
        str | None, typer.Option(help="From, ISO 8601; eight hours before --until if unset.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="To, ISO 8601; now if unset.")] = None,
    exercises: Annotated[
        bool, typer.Option("--exercises", help="Also those of replays and drills.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Count what was told, by tier, kind and zone, beside as long a while just before.

    SEV4 pages nobody and is for this: where many people stumble somebody will fall. It names
    nobody, counts nobody apart and changes nothing. To have it mailed at a shift's end, let cron
    run it.
    """
    console = console_beside(json_file)
    from_ns, to_ns = timespan(since, until, time.time_ns())
    if since is None:
        from_ns = to_ns - USUAL_NS
    with opened(database) as found:
        lines = counted(found, from_ns, to_ns, exercises=exercises)
    span = f"{_said(from_ns)} to {_said(to_ns)}"
    if lines:
        show(console, span, HEADS, [_row(line) for line in lines], 3)
    else:
        console.print(f"{span}: nothing was told, then or in as long a while before.")
    write_json(
        json_file,
        {
            "since": as_datetime(from_ns).isoformat(),
            "until": as_datetime(to_ns).isoformat(),
            "exercises": exercises,
            "lines": [asdict(line) for line in lines],
        },
    )


def _row(line: DigestLine) -> tuple[str, ...]:
    counts = line.claims, line.incidents, line.unresolved, line.before
    return (line.severity, line.kind.replace("_", " "), line.zone or "–", *map(str, counts))


def _said(at_ns: int) -> str:
    return f"{as_datetime(at_ns):%Y-%m-%d %H:%M} UTC"

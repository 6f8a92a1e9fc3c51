"""`floorwatch calibrate badges`: from a few minutes of labelled walking to `[[hearing]]` tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console

from contract.hearing import Hearing
from contract.site import Site
from contract.suggestion import did_you_mean
from floorwatch.errors import CommandError, UsageError
from floorwatch.sites import read_site
from floorwatch.tables import STDOUT, show, write_json
from simulators.badges.calibration import Labelled, hearings
from simulators.badges.quadrants import labelled as labelled_quadrants
from simulators.badges.recording import quadrants
from simulators.badges.separability import Separability, separability
from simulators.badges.walked import walked
from simulators.errors import SimulatorError

HEADS = ("zone", "walked", "reads", "a second", "looks right", "most mistaken for")
FEW_S = 30.0
ALIKE = 2.0
"""Two zones sound alike when one is told right less than so many times as often as it is taken for
the other. By chance it would be once, however many zones there are."""


def badges(
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A folder with truth.json and its recordings; repeatable."),
    ] = None,
    walk: Annotated[
        list[str] | None,
        typer.Option(help="ZONE=FILE: the badge was in ZONE while FILE was recorded; repeatable."),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(help="The badge that was carried; the one read most if unset; repeatable."),
    ] = None,
    site_file: Annotated[
        Path | None, typer.Option("--site", help="Check zones and readers against this site.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the tables to this file, and not to stdout.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the summary for a program; - is stdout.")
    ] = None,
) -> None:
    """Print the site file's tables of what antennas hear, and say how well zones are told apart.

    Walk about in one zone for a minute or two, everywhere, facing all ways, while
    `floorwatch record walk-a.jsonl.gz` runs; then in the next with another file. Then
    `floorwatch calibrate badges --walk zone-a=walk-a.jsonl.gz --walk zone-b=walk-b.jsonl.gz`.
    """
    _say_trouble_on_stderr()
    _look_at_options(walk or (), tag or (), output, json_file)
    site = read_site(site_file) if site_file is not None else None
    found = _labelled(data or (), walk or (), tag or ())
    tables = hearings(found)
    if site is not None:
        _check(site, tables)
    zones = separability(found, site)
    _summarise(zones)
    text = "\n".join(_toml(table) for table in tables)
    if output is None:
        print(text, end="")
    else:
        output.write_text(text, encoding="utf-8")
        what = "put them in the place of those of" if site and site.hearing else "add them to"
        typer.echo(f"{len(tables)} tables written to {output}: {what} the site file", err=True)
    write_json(json_file, {"zones": [_for_programs(zone) for zone in zones]})


def _say_trouble_on_stderr() -> None:
    """Keep stdout for the tables: what is printed there is pasted into a site file."""
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def _look_at_options(
    walks: Sequence[str], tags: Sequence[str], output: Path | None, json_file: Path | None
) -> None:
    for path in (output, json_file):
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}")
    if output is not None and output.exists():
        raise UsageError(f"{output} exists already; name another file")
    if json_file == STDOUT and output is None:
        raise UsageError("--json -: stdout has the tables; name a file for them with --output")
    if tags and not walks:
        raise UsageError("--tag goes with --walk: of --data the badge that was read most is taken")


def _labelled(data: Sequence[Path], walks: Sequence[str], tags: Sequence[str]) -> list[Labelled]:
    if not data and not walks:
        raise UsageError("say what was walked: --walk ZONE=FILE, or --data DIR with a truth.json")
    found: list[Labelled] = []
    try:
        for folder in data:
            inner = folder / "quadrants"
            found += labelled_quadrants(quadrants(inner if inner.is_dir() else folder).recordings)
        for each in walks:
            zone, equals, file = each.partition("=")
            if not equals or not zone or not file:
                raise UsageError(f'--walk "{each}": write ZONE=FILE, as dock-3=walk.jsonl.gz')
            found += walked(Path(file), zone, tags)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    return found


def _check(site: Site, tables: tuple[Hearing, ...]) -> None:
    readers = {device.id: device for device in site.device if device.kind == "reader"}
    unknown = sorted({table.zone for table in tables} - set(site.zones))
    problems = [f'there is no zone "{zone}"{did_you_mean(zone, site.zones)}' for zone in unknown]
    strange = sorted({table.reader for table in tables} - set(readers))
    problems += [f'there is no reader "{name}"{did_you_mean(name, readers)}' for name in strange]
    for name, point in sorted({(table.reader, table.point) for table in tables}):
        known = readers[name].points if name in readers else {}
        if known and point not in known:
            problems.append(f'reader "{name}" has no point "{point}"{did_you_mean(point, known)}')
    if problems:
        raise UsageError(
            "the site file does not know what was walked:\n  - " + "\n  - ".join(problems)
        )


def _summarise(zones: tuple[Separability, ...]) -> None:
    body = [
        (
            zone.zone,
            f"{zone.seconds:.0f} s",
            str(zone.reads),
            f"{zone.reads / zone.seconds:.1f}",
            "–" if zone.share_right is None else f"{zone.share_right:.0%} of {zone.looks}",
            f"{zone.mistaken} ({zone.mistaken_looks})" if zone.mistaken else "–",
        )
        for zone in zones
    ]
    console = Console(file=sys.stderr, highlight=False)
    show(console, "Each look by itself, learned from the other half", HEADS, body, 1)
    if len(zones) == 1:
        typer.echo(
            "There is one zone only, and so nothing to take it for: walk in others", err=True
        )
    alike: set[frozenset[str]] = set()
    for zone in zones:
        if zone.seconds < FEW_S:
            typer.echo(
                f"{zone.zone}: {zone.seconds:.0f} s is little; walk a minute or two", err=True
            )
        if zone.mistaken is None or zone.right >= ALIKE * zone.mistaken_looks:
            continue
        pair = frozenset((zone.zone, zone.mistaken))
        if pair not in alike:
            alike.add(pair)
            typer.echo(
                f"{zone.zone} and {zone.mistaken} sound alike: expect crossings between them to be "
                "noticed late. Move an antenna, turn its power down, or add one",
                err=True,
            )


def _for_programs(zone: Separability) -> dict[str, str | float | int | None]:
    share = zone.share_right
    return {
        "zone": zone.zone,
        "seconds": zone.seconds,
        "reads": zone.reads,
        "looks": zone.looks,
        "share_right": None if share is None else round(share, 4),
        "mistaken_for": zone.mistaken,
        "mistaken_looks": zone.mistaken_looks,
    }


def _toml(table: Hearing) -> str:
    counts = ", ".join(map(str, table.counts))
    return (
        "[[hearing]]\n"
        f'reader = "{table.reader}"\npoint = {_quoted(table.point)}\nzone = "{table.zone}"\n'
        f"seconds = {table.seconds}\nreads = {table.reads}\n"
        f"from_dbm = {table.from_dbm}\nstep_db = {table.step_db}\ncounts = [{counts}]\n"
    )


def _quoted(text: str) -> str:
    """Return a TOML string: JSON's, but for the one character that TOML wants escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

"""`floorwatch bench badges`: who is where, on recordings and on a simulated plant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from contract.suggestion import did_you_mean
from detectors.zone.settings import PresenceSettings
from floorwatch.errors import CommandError, UsageError
from floorwatch.tables import STDOUT, show, write_json
from simulators.accuracy.system import settings_of
from simulators.badges import bench
from simulators.errors import SimulatorError
from simulators.plant import table as plant_table
from simulators.plant.score import score_plant


def badges(
    data: Annotated[
        Path, typer.Option(help="The folder that holds quadrants/, walks/ and ble-entry/.")
    ],
    calibrate_with: Annotated[
        Path | None,
        typer.Option(
            help="Calibrate on this folder's quadrants, instead of on the first half of each "
            "recording that is scored."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the scores for a program; - is stdout.")
    ] = None,
    plant: Annotated[
        bool, typer.Option(help="Then simulate a plant of 40 zones and 2,000 badges. Minutes.")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Of the plant: another one gives others.")] = 0,
    what_if: Annotated[
        list[str] | None,
        typer.Option(help="Change a setting of presence, as cross_share=0.9; repeatable."),
    ] = None,
) -> None:
    """Measure how well presence follows real badges, beside the strongest antenna.

    A part that the folder does not have is said and left out. Nothing is paged or stored.
    """
    console = Console(stderr=json_file == STDOUT, highlight=False)
    if json_file is not None and not json_file.parent.is_dir():
        raise UsageError(f"--json {json_file}: there is no folder {json_file.parent}")
    settings = _settings(what_if or ())
    try:
        found = bench.measure(data, calibrate_with, settings)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    for sentence in found.absent:
        typer.echo(f"floorwatch: left out: {sentence}", err=True)
    answer: dict[str, Any] = bench.for_programs(found)
    changed = settings.model_dump(exclude_unset=True)
    if changed:
        answer["what_if"] = changed
        told = ", ".join(f"{name} = {value:g}" for name, value in changed.items())
        console.print(f"Not as shipped: {told}")
    _show(console, found)
    if plant:
        answer["plant"] = _plant(console, seed, settings)
    write_json(json_file, answer)


def _settings(what_if: Sequence[str]) -> PresenceSettings:
    try:
        given = settings_of(what_if)
        return PresenceSettings(**given)
    except SimulatorError as error:
        raise UsageError(f"--what-if {error}") from None
    except ValidationError as error:
        told = error.errors(include_url=False)[0]
        name, known = str(told["loc"][0]), PresenceSettings.model_fields
        if name not in known:
            suggestion = did_you_mean(name, known)
            raise UsageError(f'--what-if: there is no setting "{name}"{suggestion}') from None
        raise UsageError(f"--what-if {name}={told['input']}: {told['msg']}") from None


def _show(console: Console, found: bench.Bench) -> None:
    if found.quadrants is not None:
        body = bench.quadrant_rows(found.quadrants)
        title = bench.quadrant_title(found.quadrants)
        show(console, title, bench.QUADRANT_HEADS, body, 1)
    if found.walks is not None:
        body = bench.walk_rows(found.walks)
        show(console, "From one quadrant into another", bench.WALK_HEADS, body, 2)
    if found.entry is not None:
        body = bench.entry_rows(found.entry)
        show(console, "Bluetooth, inside or outside", bench.ENTRY_HEADS, body, 1)


def _plant(console: Console, seed: int, settings: PresenceSettings) -> dict[str, Any]:
    columns = (TextColumn("plant: {task.description}"), BarColumn(), TaskProgressColumn())
    told = Console(stderr=True)
    with Progress(*columns, console=told, disable=not told.is_terminal, transient=True) as bar:
        task = bar.add_task("people go to work", total=None)

        def progress(what: str, done: float, total: float) -> None:
            bar.update(task, description=what, completed=done, total=total)

        scores = score_plant(
            seed,
            progress=progress,
            what_if=settings.model_dump(exclude_unset=True),
        )
    heads, numbers = plant_table.HEADS, plant_table.NUMBERS_FROM
    show(console, plant_table.title(scores), heads, plant_table.rows(scores), numbers)
    return plant_table.for_programs(scores)

"""`floorwatch bench badges`: who is where, on recordings and on a simulated plant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from detectors.zone.settings import PresenceSettings
from floorwatch.errors import CommandError
from floorwatch.progress import progress
from floorwatch.tables import JsonFile, console_beside, show, write_json
from floorwatch.what_if import WhatIf, changed
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
    json_file: JsonFile = None,
    plant: Annotated[
        bool, typer.Option(help="Then simulate a plant of 40 zones and 2,000 badges. Minutes.")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Of the plant: another one gives others.")] = 0,
    what_if: WhatIf = None,
) -> None:
    """Measure how well presence follows real badges, beside the strongest antenna.

    A part that the folder does not have is said and left out. Nothing is paged or stored.
    """
    console = console_beside(json_file)
    settings = changed(PresenceSettings, what_if or ())
    try:
        found = bench.measure(data, calibrate_with, settings)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    for sentence in found.absent:
        typer.echo(f"floorwatch: left out: {sentence}", err=True)
    answer: dict[str, Any] = bench.for_programs(found)
    other = settings.model_dump(exclude_unset=True)
    if other:
        answer["what_if"] = other
        told = ", ".join(f"{name} = {value:g}" for name, value in other.items())
        console.print(f"Not as shipped: {told}")
    _show(console, found)
    if plant:
        answer["plant"] = _plant(console, seed, settings)
    write_json(json_file, answer)


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
    with progress("plant: people go to work") as bar:
        scores = score_plant(
            seed,
            progress=lambda what, done, total: bar.of(f"plant: {what}", done, total),
            what_if=settings.model_dump(exclude_unset=True),
        )
    heads, numbers = plant_table.HEADS, plant_table.NUMBERS_FROM
    show(console, plant_table.title(scores), heads, plant_table.rows(scores), numbers)
    return plant_table.for_programs(scores)

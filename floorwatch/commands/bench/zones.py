"""`floorwatch bench zones`: who a camera sees in which zone, on films with the truth known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from floorwatch.camera_bench import (
    Drop,
    EveryPicture,
    InputPx,
    Memory,
    MostFps,
    Skip,
    Tiles,
    detector_of,
    eye_of,
    figure,
    speed,
)
from floorwatch.errors import CommandError
from floorwatch.progress import progress
from floorwatch.tables import JsonFile, console_beside, show, write_json
from floorwatch.what_if import WhatIf
from simulators.cameras.bench import bench_zones
from simulators.cameras.programs import zones_for_programs
from simulators.cameras.scoring import ZoneScore
from simulators.errors import SimulatorError

HEADS = ("scene, zone", "visits", "hit", "false", "splits", "of visit time", "told after, s")


def zones(
    data: Annotated[Path, typer.Option(help="The folder that holds zones/*/scene.json.")],
    json_file: JsonFile = None,
    drop: Drop = 0.0,
    most_fps: MostFps = 15.0,
    skip: Skip = 0,
    input_px: InputPx = 384,
    tiles: Tiles = 1,
    every_picture: EveryPicture = False,
    memory: Memory = None,
    what_if: WhatIf = None,
) -> None:
    """Count visits of zones that were found, false ones, and split ones, film by film.

    Decoder, model, tracker and detectors are those of an agent and a gateway. Nothing is paged.
    """
    console = console_beside(json_file)
    detector = detector_of(what_if or ())
    eye = eye_of(input_px, tiles, most_fps, drop, memory, gated=not every_picture, skip=skip)
    try:
        with progress("scenes") as bar:
            bench = bench_zones(data, eye, detector, bar)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    rows = [_row(f"{scene}, {zone}", score) for (scene, zone), score in bench.zones.items()]
    show(console, "Visits of zones", HEADS, [*rows, _row("all", bench.total)], 1)
    console.print(speed(eye, bench.cost))
    write_json(json_file, zones_for_programs(bench))


def _row(name: str, score: ZoneScore) -> tuple[str, ...]:
    counts = (score.visits, score.hits, score.false, score.splits)
    share = score.share_of_visit_time
    return (
        name,
        *map(str, counts),
        "–" if share is None else f"{share:.1%}",
        figure(score.latency_p50_s),
    )

"""`floorwatch bench camera-falls`: falls that a camera sees, on films with the truth known."""

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
from simulators.cameras.bench import FallBench, bench_falls
from simulators.cameras.programs import falls_for_programs
from simulators.cameras.scoring import FallScore
from simulators.errors import SimulatorError

HEADS = ("film", "falls", "found", "early", "without", "false", "told after, s")


def camera_falls(
    data: Annotated[Path, typer.Option(help="The folder that holds falls/falls.json.")],
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
    """Count falls found and false alarms, film by film, by camera and with a wearable together.

    A clip's last picture is held for 3 s, and so is the last sample of a wearable: some end a
    tenth of a second after the fall. A fall told more than 1 s before somebody was down is false.
    """
    console = console_beside(json_file)
    detector = detector_of(what_if or ())
    eye = eye_of(input_px, tiles, most_fps, drop, memory, gated=not every_picture, skip=skip)
    try:
        with progress("films") as bar:
            bench = bench_falls(data, eye, detector, bar)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    rows = [_row(name, score) for name, score in bench.clips.items()]
    show(console, "Falls by camera", HEADS, [*rows, _row("all", bench.total)], 1)
    if bench.together.clips:
        show(console, "Falls that both recorded", HEADS, _together(bench), 1)
        console.print(f"told as {bench.events} events; {bench.together.clips} would be one a fall")
    console.print(speed(eye, bench.cost))
    write_json(json_file, falls_for_programs(bench))


def _together(bench: FallBench) -> list[tuple[str, ...]]:
    return [
        _row("camera alone", bench.seen_only),
        _row("wearable alone", bench.worn_only),
        _row("both", bench.together),
    ]


def _row(name: str, score: FallScore) -> tuple[str, ...]:
    counts = (score.clips, score.hits, score.early, score.activities, score.false)
    return (name, *(str(int(count)) for count in counts), figure(score.latency_p50_s))

"""`floorwatch bench camera-falls`: falls that a camera sees, on films with the truth known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from floorwatch import camera_bench
from floorwatch.camera_bench import figure
from floorwatch.errors import CommandError
from simulators.cameras.bench import FallBench, bench_falls
from simulators.cameras.programs import falls_for_programs
from simulators.cameras.scoring import FallScore
from simulators.errors import SimulatorError

HEADS = ("film", "falls", "found", "early", "without", "false", "told after, s")


def camera_falls(
    data: Annotated[Path, typer.Option(help="The folder that holds falls/falls.json.")],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the scores for a program; - is stdout.")
    ] = None,
    drop: Annotated[
        float, typer.Option(min=0, max=0.95, help="This share of the pictures is lost.")
    ] = 0.0,
    most_fps: Annotated[
        float, typer.Option("--fps", min=1, max=120, help="At most so many pictures a second.")
    ] = 15.0,
    input_px: Annotated[
        int, typer.Option("--input", help="The longer side of what the model sees, in pixels.")
    ] = 384,
    tiles: Annotated[int, typer.Option(min=1, max=4, help="Cut each picture into so many.")] = 1,
    every_picture: Annotated[
        bool, typer.Option("--every-picture", help="Ask the model also when nothing moves.")
    ] = False,
    memory: Annotated[
        Path | None,
        typer.Option(help="A folder where what the model says is kept, for the next run."),
    ] = None,
    what_if: Annotated[
        list[str] | None, typer.Option(help="A detector setting, as confirm_s=2; repeatable.")
    ] = None,
) -> None:
    """Count falls found and false alarms, film by film, by camera and with a wearable together.

    A clip's last picture is held for 3 s, and so is the last sample of a wearable: some end a
    tenth of a second after the fall. A fall told more than 1 s before somebody was down is false.
    """
    console = Console(stderr=json_file == camera_bench.STDOUT, highlight=False)
    detector = camera_bench.detector_of(what_if or ())
    eye = camera_bench.eye_of(input_px, tiles, most_fps, drop, memory, gated=not every_picture)
    try:
        with camera_bench.progress("films") as progress:
            bench = bench_falls(data, eye, detector, progress)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    rows = [_row(name, score) for name, score in bench.clips.items()]
    camera_bench.show(console, "Falls by camera", HEADS, [*rows, _row("all", bench.total)])
    if bench.together.clips:
        camera_bench.show(console, "Falls that both recorded", HEADS, _together(bench))
        console.print(f"told as {bench.events} events; {bench.together.clips} would be one a fall")
    console.print(camera_bench.speed(eye, bench.cost))
    camera_bench.write(json_file, falls_for_programs(bench))


def _together(bench: FallBench) -> list[tuple[str, ...]]:
    return [
        _row("camera alone", bench.seen_only),
        _row("wearable alone", bench.worn_only),
        _row("both", bench.together),
    ]


def _row(name: str, score: FallScore) -> tuple[str, ...]:
    counts = (score.clips, score.hits, score.early, score.activities, score.false)
    return (name, *(str(int(count)) for count in counts), figure(score.latency_p50_s))

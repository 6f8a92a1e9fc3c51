"""`floorwatch bench zones`: who a camera sees in which zone, on films with the truth known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from floorwatch import camera_bench
from floorwatch.camera_bench import figure
from floorwatch.errors import CommandError
from simulators.cameras.bench import bench_zones
from simulators.cameras.programs import zones_for_programs
from simulators.cameras.scoring import ZoneScore
from simulators.errors import SimulatorError

HEADS = ("scene, zone", "visits", "hit", "false", "splits", "of visit time", "told after, s")


def zones(
    data: Annotated[Path, typer.Option(help="The folder that holds zones/*/scene.json.")],
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
        list[str] | None, typer.Option(help="A detector setting, as looks=5; repeatable.")
    ] = None,
) -> None:
    """Count visits of zones that were found, false ones, and split ones, film by film.

    Decoder, model, tracker and detectors are those of an agent and a gateway. Nothing is paged.
    """
    console = Console(stderr=json_file == camera_bench.STDOUT, highlight=False)
    detector = camera_bench.detector_of(what_if or ())
    eye = camera_bench.eye_of(input_px, tiles, most_fps, drop, memory, gated=not every_picture)
    try:
        with camera_bench.progress("scenes") as progress:
            bench = bench_zones(data, eye, detector, progress)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    rows = [_row(f"{scene}, {zone}", score) for (scene, zone), score in bench.zones.items()]
    camera_bench.show(console, "Visits of zones", HEADS, [*rows, _row("all", bench.total)])
    console.print(camera_bench.speed(eye, bench.cost))
    camera_bench.write(json_file, zones_for_programs(bench))


def _row(name: str, score: ZoneScore) -> tuple[str, ...]:
    counts = (score.visits, score.hits, score.false, score.splits)
    share = score.share_of_visit_time
    return (
        name,
        *map(str, counts),
        "–" if share is None else f"{share:.1%}",
        figure(score.latency_p50_s),
    )

"""`floorwatch bench camera-speed`: what watching cameras costs on this machine."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from edge.errors import EdgeError
from edge.vision.extra import needed
from floorwatch.errors import CommandError


class BenchError(CommandError):
    """The speed of a camera cannot be measured here."""


def camera_speed(
    video: Annotated[Path, typer.Argument(help="A video with people in it.")],
    cameras: Annotated[int, typer.Option(min=1, max=64, help="How many at once.")] = 4,
    fps: Annotated[float, typer.Option(min=0.5, max=30, help="Of each of them.")] = 5.0,
    seconds: Annotated[float, typer.Option(min=2, help="For how long.")] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Measure decode, model and tracker on one core, then several 720p cameras at once.

    Costs are processor time, which other programs disturb little; latency is by the clock, from
    the arrival of a picture to the block about it, so measure it on a machine that is idle.
    """
    try:
        needed("cv2", "av", "ai_edge_litert")
        from floorwatch.camera_cost import apart, in_hd

        one = apart("alone", str(video))
        several = {}
        with tempfile.TemporaryDirectory(prefix="floorwatch-bench-") as scratch:
            for what, still in (("with people", False), ("nobody moves", True)):
                file = in_hd(video, Path(scratch) / "hd.mp4", still=still)
                several[what] = apart("together", str(file), str(cameras), str(fps), str(seconds))
    except EdgeError as error:
        raise BenchError(str(error)) from None
    if as_json:
        typer.echo(json.dumps({"one_core": one, **several}, indent=2))
        return
    width, height = one["size_px"]
    typer.echo(
        f"One core, {one['pictures']} pictures of {width} x {height}: {one['fps']:.0f} fps "
        f"(decode {one['decode_ms']:.1f} ms, model {one['model_ms']:.1f} ms, tracker "
        f"{one['tracker_ms']:.2f} ms), {one['rss_mb']:.0f} MB resident"
    )
    for what, cost in several.items():
        typer.echo(
            f"{cameras} cameras of 1280 x 720, {fps:g} fps each, {what}: {cost['cores']:.2f} "
            f"cores, {cost['looked_share']:.0%} of pictures shown to the model, latency p50 "
            f"{cost['p50_ms']:.0f}, p95 {cost['p95_ms']:.0f}, max {cost['max_ms']:.0f} ms, "
            f"{cost['rss_mb']:.0f} MB resident"
        )

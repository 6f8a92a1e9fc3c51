"""What `floorwatch bench zones` and `floorwatch bench camera-falls` have in common."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from contract.suggestion import did_you_mean
from detectors.vision import watching
from detectors.vision.detector import CameraDetector
from edge.errors import EdgeError
from edge.vision.loader import load
from edge.vision.model import Model
from floorwatch.errors import CommandError, UsageError
from floorwatch.what_if import changed, settings_of
from simulators.cameras.watching import Cost, Eye

Drop = Annotated[float, typer.Option(min=0, max=0.95, help="This share of the pictures is lost.")]
MostFps = Annotated[
    float, typer.Option("--fps", min=1, max=120, help="At most so many pictures a second.")
]
Skip = Annotated[
    int, typer.Option(min=0, help="Leave so many pictures out first: others are looked at then.")
]
InputPx = Annotated[
    int, typer.Option("--input", help="The longer side of what the model sees, in pixels.")
]
Tiles = Annotated[int, typer.Option(min=1, max=4, help="Cut each picture into so many.")]
EveryPicture = Annotated[
    bool, typer.Option("--every-picture", help="Ask the model also when nothing moves.")
]
Memory = Annotated[
    Path | None, typer.Option(help="A folder where what the model says is kept, for the next run.")
]


def eye_of(
    input_px: int,
    tiles: int,
    most_fps: float,
    drop: float,
    memory: Path | None,
    *,
    gated: bool,
    skip: int,
) -> Eye:
    """Return how films are watched, with the model loaded.

    Raises
    ------
    UsageError
        When the model has no such input.
    CommandError
        When its weights are not here: it says how to get them.
    """
    try:
        model = load(Model(input_px=input_px, tiles=tiles))
    except ValidationError as error:
        raise UsageError(f"--input: {error.errors()[0]['msg']}") from None
    except EdgeError as error:
        raise CommandError(str(error)) from None
    return Eye(model, memory, most_fps, drop, gated, skip)


def detector_of(what_if: Iterable[str]) -> CameraDetector:
    """Return the detector that ships, with some of its settings changed.

    A setting of what looks at the tracks is written with its kind, as `falls.fast_s=1.0`.

    Raises
    ------
    UsageError
        When there is no such setting, or it takes no such value.
    """
    own: list[str] = []
    of: dict[str, list[str]] = {}
    for text in what_if:
        name, equals, value = text.partition("=")
        kind, dot, key = name.strip().rpartition(".")
        if dot:
            of.setdefault(kind, []).append(f"{key}{equals}{value}")
        else:
            own.append(text)
    known = watching.catalogue()
    for kind in of:
        if kind not in known:
            raise UsageError(f'--what-if: there is no kind "{kind}"{did_you_mean(kind, known)}')
    for name in settings_of(own):
        for kind, cls in known.items():
            if name in cls.model_fields:
                raise UsageError(f'--what-if: there is no setting "{name}"; write {kind}.{name}')
    watch = tuple(
        {"kind": kind, **changed(known[kind], texts).model_dump(exclude_unset=True)}
        for kind, texts in of.items()
    )
    detector = changed(CameraDetector, own, filled_in=("watch",))
    return detector.model_copy(update={"watch": watch})


def speed(eye: Eye, cost: Cost) -> str:
    """Return in words how fast it was."""
    gate = "asked when something moves" if eye.gated else "asked of every picture"
    return (
        f"{eye.model.name}, {gate}: {figure(cost.fps, 1)} pictures a second of one core's own time "
        "(decode, model, track)"
    )


def figure(value: float | None, places: int = 2) -> str:
    """Return a number as a table has it."""
    return "–" if value is None else f"{value:.{places}f}"

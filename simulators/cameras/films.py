"""The recordings: zone scenes (`zones/*/scene.json`) and clips of falls (`falls/falls.json`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulators.errors import RecordingError

Seconds = Annotated[float, Field(ge=0)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Visit(_Row):
    """Somebody's feet in a zone, in truth."""

    first_s: Seconds
    last_s: Seconds
    score: bool = True
    """False: a graze that counts neither way."""


class DrawnZone(_Row):
    """A zone of a scene."""

    id: str
    polygon: tuple[tuple[float, float], ...]
    visits: tuple[Visit, ...]


class Scene(_Row):
    """One film and its zones."""

    name: str = ""
    video: str
    fps: float = Field(gt=0, le=1000)
    size: tuple[int, int]
    zones: tuple[DrawnZone, ...]
    folder: Path = Path()

    @property
    def path(self) -> Path:
        """The film."""
        return self.folder / self.video


class Clip(_Row):
    """One film of a fall, or of none."""

    video: str
    kind: Literal["fall", "adl", "no_fall"]
    fps: float = Field(gt=0, le=1000)
    onset_s: float | None = None
    down_s: float | None = None
    performer: str = ""
    imu: str | None = None
    folder: Path = Path()

    @property
    def path(self) -> Path:
        """The film."""
        return self.folder / self.video

    @property
    def counts_from_s(self) -> float | None:
        """From when on a fall is not too early; None if nobody falls."""
        if self.kind != "fall":
            return None
        at_s = self.down_s if self.down_s is not None else self.onset_s
        return None if at_s is None else at_s - 1.0


def scenes(folder: Path) -> Sequence[Scene]:
    """Return the zone scenes of a folder, by name.

    Raises
    ------
    RecordingError
        When there are none, or one cannot be read.
    """
    paths = sorted(folder.glob("zones/*/scene.json"))
    if not paths:
        raise RecordingError(f"{folder}: no zones/*/scene.json in it")
    found = []
    for path in paths:
        try:
            scene = Scene.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise RecordingError(f"{path}: {_first(error)}") from None
        scene = scene.model_copy(update={"name": path.parent.name, "folder": path.parent})
        found.append(_there(scene))
    return found


def clips(folder: Path) -> Sequence[Clip]:
    """Return the clips of falls of a folder, in the order of their list.

    Raises
    ------
    RecordingError
        When there is no list, or a row of it cannot be read.
    """
    path = folder / "falls" / "falls.json"
    if not path.is_file():
        raise RecordingError(f"{folder}: no falls/falls.json in it")
    try:
        rows = json.loads(path.read_bytes())
    except ValueError as error:
        raise RecordingError(f"{path}: not JSON: {error}") from None
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            clip = Clip.model_validate(row)
        except ValidationError as error:
            raise RecordingError(f"{path}, number {number}: {_first(error)}") from None
        if clip.kind == "fall" and clip.counts_from_s is None:
            raise RecordingError(f"{path}, number {number}: a fall without onset_s and down_s")
        found.append(_there(clip.model_copy(update={"folder": path.parent})))
    return found


F = TypeVar("F", Scene, Clip)


def _there(film: F) -> F:
    if not film.path.is_file():
        raise RecordingError(f"{film.path}: there is no such film")
    return film


def _first(error: ValidationError) -> str:
    told = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in told['loc'])}: {told['msg']}"

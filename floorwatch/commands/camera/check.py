"""`floorwatch camera check`: what a camera sees, and what would come of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from contract.errors import SiteFileError
from contract.site import About, Device, Site
from contract.sitefile import parse
from edge.errors import EdgeError
from edge.vision.extra import needed
from edge.vision.model import Model
from floorwatch.errors import CommandError, UsageError


class CameraError(CommandError):
    """The camera cannot be looked at."""


def check(
    url: Annotated[str, typer.Argument(help="rtsp://…, http://…, /dev/video0, or a file.")],
    site_file: Annotated[
        Path | None, typer.Option("--site", help="The site file that declares it.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Which of its devices this is, by its id.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the picture goes.")] = Path("check.jpg"),
    seconds: Annotated[float, typer.Option(min=0.1, help="Look for so long.")] = 5.0,
    at: Annotated[float, typer.Option(min=0, help="Begin at this second of a file.")] = 0.0,
    motion: Annotated[bool, typer.Option(help="Without the people model.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Look through a camera for some seconds: its picture with zones and people, and in words.

    Nothing is sent anywhere. Masks are blackened before anything is looked at or drawn.
    """
    site, device = _declared(site_file, camera)
    try:
        needed("cv2", "av", "numpy")
        from floorwatch.camera_look import look

        report = look(
            url,
            site,
            device,
            Model(kind="motion" if motion else "movenet"),
            from_s=at,
            for_s=seconds,
            out=out,
        )
    except EdgeError as error:
        raise CameraError(str(error)) from None
    typer.echo(json.dumps(report.as_dict(), indent=2) if as_json else "\n".join(report.lines()))


def _declared(site_file: Path | None, camera: str | None) -> tuple[Site, Device]:
    if site_file is None:
        if camera is not None:
            raise UsageError("--camera says which device of a site file: give --site as well")
        device = Device(id="camera", kind="camera")
        return Site(site=About(id="check"), device=(device,)), device
    # Not the whole check of the file: an edge box has no backend to check the paging with.
    try:
        site = parse(site_file.read_text("utf-8"))
    except (SiteFileError, UnicodeDecodeError) as error:
        raise UsageError(f"{site_file} cannot be used:\n{error}") from None
    cameras = [device for device in site.device if device.kind == "camera"]
    chosen = [device for device in cameras if camera in (None, device.id)]
    if len(chosen) == 1:
        return site, chosen[0]
    names = ", ".join(device.id for device in cameras) or "none"
    if camera is None:
        raise UsageError(f"which camera? Give --camera; {site_file} has {names}")
    raise UsageError(f'{site_file} has no camera "{camera}"; it has {names}')

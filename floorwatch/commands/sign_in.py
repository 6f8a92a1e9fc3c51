"""`floorwatch sign-in`: a new address that lets browsers in to the console."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from backend.paging.links import link_secret
from backend.people.sessions import BROWSERS
from backend.people.sign_in import LINK_S, base_url_of, sign_in_url
from floorwatch.errors import CommandError


def sign_in(
    folder: Annotated[
        Path, typer.Argument(help="The backend's folder: var/SITE/backend of floorwatch up.")
    ],
) -> None:
    """Print an address that signs browsers in to the console. Whoever can read the folder may."""
    try:
        base_url = base_url_of(folder)
    except OSError as error:
        raise CommandError(
            f"no backend that you may read has started in {folder} ({error.strerror})"
        ) from None
    typer.echo(sign_in_url(link_secret(folder), base_url, time.time_ns()))
    typer.echo(f"It lets {BROWSERS} browsers in, for {LINK_S // 3600} hours.", err=True)

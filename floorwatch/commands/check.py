"""`floorwatch check`: whether a site file holds together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from floorwatch.errors import CommandError
from floorwatch.sites import check_keys, read_site


def check(
    site_file: Annotated[Path, typer.Argument(help="The site's TOML file.")],
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Say what is wrong in a site file, with a suggestion for each problem; or that all is well."""
    try:
        site = read_site(site_file)
        check_keys(site_file, site)
    except CommandError as error:
        if not as_json:
            raise
        lines = str(error).splitlines()
        problems = [line.removeprefix("  - ") for line in lines[1:]] or lines
        typer.echo(json.dumps({"ok": False, "problems": problems}))
        raise typer.Exit(error.exit_code) from None
    counts = {
        "zones": len(site.zone),
        "devices": len(site.device),
        "wearers": len(site.wearer),
        "people": len(site.person),
        "detectors": len(site.detector),
        "channels": len(site.channel),
    }
    if as_json:
        typer.echo(json.dumps({"ok": True, "site": site.id, **counts}))
    else:
        listed = ", ".join(f"{count} {what}" for what, count in counts.items())
        typer.echo(f"{site_file} holds together: {listed}.")

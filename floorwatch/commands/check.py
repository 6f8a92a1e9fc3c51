"""`floorwatch check`: whether a site file holds together, and what it gets wrong in silence."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from backend.paging.catalogue import configured, named
from backend.people.roster import Roster, roster_of_database
from backend.policy.warnings import warnings
from floorwatch.databases import opened
from floorwatch.errors import CommandError
from floorwatch.sites import check_keys, read_site
from floorwatch.warnings import print_warnings, secrets_of


def check(
    site_file: Annotated[Path, typer.Argument(help="The site's TOML file.")],
    database: Annotated[
        str | None,
        typer.Option(help="Compare people too: a URL, a SQLite file, or the state folder."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with status 1 when there are warnings.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Say what is wrong in a site file, with a suggestion for each problem; or that all is well.

    A problem keeps the site from starting. A warning does not, and may cost a call.
    """
    try:
        site = read_site(site_file)
        check_keys(site_file, site)
        in_database = _roster(database) if database else None
    except CommandError as error:
        if not as_json:
            raise
        lines = str(error).splitlines()
        problems = [line.removeprefix("  - ") for line in lines[1:]] or lines
        typer.echo(json.dumps({"ok": False, "problems": problems}))
        raise typer.Exit(error.exit_code) from None
    found = warnings(site, named(configured(site)), in_database, secrets=secrets_of(os.environ))
    counts = {
        "zones": len(site.zone),
        "devices": len(site.device),
        "wearers": len(site.wearer),
        "people": len(site.person),
        "detectors": len(site.detector),
        "channels": len(site.channel),
    }
    if as_json:
        told = [warning.model_dump(mode="json") for warning in found]
        typer.echo(json.dumps({"ok": True, "site": site.id, **counts, "warnings": told}))
    else:
        listed = ", ".join(f"{count} {what}" for what, count in counts.items())
        typer.echo(f"{site_file} holds together: {listed}.")
        print_warnings(Console(highlight=False, soft_wrap=not sys.stdout.isatty()), found)
    if strict and found:
        raise typer.Exit(1)


def _roster(database: str) -> Roster:
    with opened(database) as found, found.read() as session:
        return roster_of_database(session)

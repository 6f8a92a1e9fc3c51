"""`floorwatch keys make`: a key for each agent of a site that has none."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Annotated

import typer

from contract.signing import KEY_BYTES
from contract.site import KEY_FOLDER
from floorwatch.sites import parse_site
from host import private_file


def make(
    site_file: Annotated[Path, typer.Argument(help="The site's TOML file.")],
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Make the keys that are missing, each in a file that only you can read.

    The gateway needs all of them. An agent needs its own: bring it there by a way that you trust.
    A key that is there is left alone; an empty file, as a crash leaves it, is no key. To change
    one, delete its file on both sides first.
    """
    site = parse_site(site_file)
    made: dict[str, str] = {}
    kept: dict[str, str] = {}
    for agent in site.agent:
        path = site_file.parent / (agent.key_file or f"{KEY_FOLDER}/{agent.id}.key")
        if private_file.is_made(path):
            kept[agent.id] = str(path)
            continue
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_file.write(path, secrets.token_hex(KEY_BYTES))
        made[agent.id] = str(path)
    if as_json:
        typer.echo(json.dumps({"made": made, "kept": kept}))
        return
    for agent_id, where in made.items():
        typer.echo(f"Made {where}. Bring it to agent {agent_id}, and all of them to the gateway.")
    for where in kept.values():
        typer.echo(f"{where} is there already and was left alone.")
    if not site.agent:
        typer.echo(f"{site_file} has no [[agent]], so nobody needs a key.")

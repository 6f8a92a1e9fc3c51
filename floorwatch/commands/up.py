"""`floorwatch up`: one site on one machine."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from floorwatch.installation import install
from floorwatch.private import for_owner_only
from floorwatch.run import Notices, run
from floorwatch.sites import check_keys, read_site


@for_owner_only()
def up(
    site_file: Annotated[Path, typer.Argument(help="The site's TOML file.")],
    state: Annotated[
        Path | None, typer.Option(help="Where the parts keep their files. Default: var/<site>.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the console and API.")
    ] = None,
) -> None:
    """Run agent, gateway and backend of a site on this machine, watched over, until Ctrl-C."""
    site = read_site(site_file)
    check_keys(site_file, site)
    notices = Notices(time.time_ns)
    folder = state or Path("var") / site.id
    installation = install(site_file, site, folder, notices.page, port=port)
    run(site, installation, notices, Console(highlight=False, soft_wrap=not sys.stdout.isatty()))

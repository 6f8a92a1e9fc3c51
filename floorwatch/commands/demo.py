"""`floorwatch demo`: the worked example, with simulated people."""

from __future__ import annotations

import fcntl
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from contract.site import Site
from floorwatch.errors import CommandError, UsageError
from floorwatch.installation import install
from floorwatch.private import for_owner_only
from floorwatch.run import Notices, run
from floorwatch.sites import read_site
from floorwatch.supervisor import Part


@for_owner_only()
def demo(
    site_file: Annotated[
        Path | None, typer.Argument(help="A site file. Default: the worked example.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another day.")] = 1,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the console and API.")
    ] = None,
) -> None:
    """Run a simulated hall: within 15 s a worker falls, and another enters a restricted zone."""
    file = site_file or worked_example()
    site = read_site(file)
    refuse_a_real_site(file, site)
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(
        f"Floorwatch demo: {site.site.title or site.id}, {len(site.wearer)} simulated wearers. "
        "Nobody here exists, and nobody real is paged."
    )
    with fresh_folder(Path("var")) as state:
        notices = Notices(time.time_ns)

        def devices(host: str, mqtt_port: int) -> list[Part]:
            command = (
                sys.executable, "-P", "-m", "simulators", str(file), "--broker-host", host,
                "--broker-port", str(mqtt_port), "--seed", str(seed), "--scenario", "demo",
            )  # fmt: skip
            return [Part("simulators", command)]

        installation = install(file, site, state, notices.page, devices, port, scratch=True)
        run(site, installation, notices, console)


def refuse_a_real_site(file: Path, site: Site) -> None:
    """Refuse a site whose broker is shared or whose channels reach people: its falls are made up.

    Raises
    ------
    UsageError
        With what to leave out of the file.
    """
    found = [f'[[channel]] "{c["kind"]}"' for c in site.channel if c["kind"] != "console"]
    if site.broker is not None:
        found.insert(0, "[broker]")
    if found:
        raise UsageError(
            f"{file} has {', '.join(found)}: simulated falls would reach a real site's broker or "
            "people. Leave that out of a copy, and name the copy."
        )


def worked_example() -> Path:
    """Return the worked example's site file: the checkout's, or the one in the wheel."""
    in_checkout = Path(__file__).parents[2] / "site.toml"
    if in_checkout.is_file():
        return in_checkout
    packed = Path(str(resources.files("floorwatch") / "site.toml"))
    if packed.is_file():
        return packed
    raise CommandError("the worked example site.toml is not here; name a site file")


@contextmanager
def fresh_folder(parent: Path) -> Iterator[Path]:
    """Give an empty folder that no other demo uses; the last one's leftovers are removed."""
    parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, 100):
        folder = parent / ("demo" if number == 1 else f"demo-{number}")
        lock_path = parent / f"{folder.name}.lock"
        with lock_path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            yield folder
            return
    raise CommandError(f"a hundred demos run in {parent} already")

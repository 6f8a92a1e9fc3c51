"""The `floorwatch` command. Each sub-command is a file of `floorwatch.commands`."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from floorwatch import commands
from floorwatch.errors import CommandError


def application() -> typer.Typer:
    """Return the command with every sub-command that this installation can run.

    A sub-command whose packages are not installed (an edge device has no backend) is left out.
    """
    app = typer.Typer(
        name="floorwatch",
        help="Watches a workplace, decides that somebody has fallen, and pages the people whose "
        "job it is.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda each: each.name):
        name = module.name
        try:
            found = importlib.import_module(f"{commands.__name__}.{name}")
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] in _OURS:
                raise
            continue
        app.command(name=name.replace("_", "-"))(getattr(found, name))
    return app


_OURS = {"contract", "detectors", "edge", "gateway", "backend", "simulators", "floorwatch"}


def main() -> None:
    """Run the command; end with one clear sentence when it cannot go on."""
    try:
        application()()
    except CommandError as error:
        print(f"floorwatch: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()

"""The `floorwatch` command. Each sub-command is a file of `floorwatch.commands`.

A folder there is a group of sub-commands: `bench/falls.py` is `floorwatch bench falls`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from types import ModuleType

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
    mount(app, commands)
    return app


def mount(app: typer.Typer, folder: ModuleType) -> None:
    """Add every command of a folder; a folder in it becomes a group, with its docstring as help."""
    for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda each: each.name):
        name = module.name.replace("_", "-")
        try:
            found = importlib.import_module(f"{folder.__name__}.{module.name}")
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] in _OURS:
                raise
            continue
        if not module.ispkg:
            app.command(name=name)(getattr(found, module.name))
            continue
        group = typer.Typer(no_args_is_help=True, help=found.__doc__)
        group.callback()(_only_a_group)
        mount(group, found)
        if group.registered_commands or group.registered_groups:
            app.add_typer(group, name=name)


def _only_a_group() -> None:
    """Keep the name of a group's only command: typer would else run it under the group's."""


_OURS = {"contract", "host", "detectors", "edge", "gateway", "backend", "simulators", "floorwatch"}


def main() -> None:
    """Run the command; end with one clear sentence when it cannot go on."""
    try:
        application()()
    except CommandError as error:
        print(f"floorwatch: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        # A folder that is not ours, a full disk. Without a file's name it is a fault of our own.
        if error.filename is None:
            raise
        print(f"floorwatch: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(CommandError.exit_code)


if __name__ == "__main__":
    main()

"""Which commands there are: a file is a command, a folder a group, nothing lists them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from floorwatch.__main__ import application, mount

FILES = {
    "made_commands/__init__.py": '"""Commands."""\n',
    "made_commands/greet_all.py": "def greet_all() -> None: print('hello')\n",
    "made_commands/tools/__init__.py": '"""Do things to things."""\n',
    "made_commands/tools/hammer.py": "def hammer() -> None: print('bang')\n",
    "made_commands/tools/laser.py": "import no_such_package\n",
    "made_commands/bare/__init__.py": '"""Nothing here can run."""\n',
    "made_commands/bare/laser.py": "import no_such_package\n",
}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """Return a command made of `FILES`."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    app = typer.Typer()
    mount(app, importlib.import_module("made_commands"))
    return app


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        pytest.param(["greet-all"], "hello", id="a file is a command"),
        pytest.param(["tools", "hammer"], "bang", id="a folder is a group, even of one"),
        pytest.param(["--help"], "Do things to things.", id="its docstring is its help"),
    ],
)
def test_files_and_folders_become_commands(
    made: typer.Typer, capsys: pytest.CaptureFixture[str], arguments: list[str], printed: str
) -> None:
    with pytest.raises(SystemExit) as left:
        made(arguments)
    assert not left.value.code
    assert printed in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["tools", "laser"], id="a command whose packages are not installed"),
        pytest.param(["bare"], id="a group without a command that can run"),
    ],
)
def test_what_cannot_run_is_left_out(
    made: typer.Typer, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        made(arguments)
    assert left.value.code == 2
    assert "No such command" in capsys.readouterr().err


def test_every_command_says_what_it_does() -> None:
    commands = vars(get_command(application()))["commands"]
    assert {"bench", "check", "demo", "record", "replay", "schemas", "up"} <= set(commands)
    assert all(command.help for command in commands.values())
    assert set(vars(commands["bench"])["commands"]) >= {"falls"}


def test_no_help_has_lost_its_words() -> None:
    """Markup in brackets, as the name of a table of the site file, would leave `[]` behind."""

    def told(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from told(command, (*path, name))
            else:
                shown = CliRunner().invoke(application(), [*path, name, "--help"])
                yield " ".join((*path, name)), shown.output

    helps = dict(told(get_command(application())))
    assert len(helps) >= 10
    assert [name for name, text in helps.items() if "[]" in text] == []

"""A process whose thread has died ends, so that its supervisor starts it again.

It would otherwise stand there, deaf, and look well from outside.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.shift import site_toml
from tests.support.brokers import free_port

DIES = "import {module}\n{module}.{name} = lambda *_: 1 / 0\nfrom {package}.__main__ import {run}\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "options"),
    [
        pytest.param(
            DIES.format(
                module="gateway.link", name="Link._run", package="gateway", run="app as run"
            )
            + "run()",
            ("--backend-url", "http://127.0.0.1:9"),
            id="gateway",
        ),
        pytest.param(
            DIES.format(
                module="backend.due.engine",
                name="Engine._run_sending",
                package="backend",
                run="run",
            )
            + "import typer; typer.run(run)",
            ("--port", "0"),
            id="backend",
        ),
        pytest.param(
            DIES.format(module="edge.agent", name="Agent._work", package="edge", run="app as run")
            + "run()",
            ("--agent", "edge-1", "--broker-host", "127.0.0.1", "--broker-port", "9"),
            id="agent",
        ),
    ],
)
def test_it_ends_with_1(program: str, options: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    text = site_toml(free_port(), "http://127.0.0.1:9")
    file.write_text(text.replace('trust = "keys"', 'trust = "broker"'), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", program, str(file), "--state", str(tmp_path / "state"), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "thread died" in done.stderr

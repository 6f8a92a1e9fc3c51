"""Programs run as a user would run them, in a Python of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def run_python(
    program: str, *arguments: str, python: str = sys.executable, folder: Path | None = None
) -> str:
    """Run a program in isolated mode, and return what it printed; its errors on failure.

    Isolated: neither the current folder nor PYTHONPATH can lend it a module.
    """
    return run([python, "-I", "-c", program, *arguments], folder=folder)


def run(command: Sequence[str], folder: Path | None = None) -> str:
    """Run a command, and return what it printed; raise with its errors when it failed."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environ)
    if done.returncode:
        said = f"{done.stdout}\n{done.stderr}"[-4000:]
        raise AssertionError(f"{' '.join(command[:3])} … exited {done.returncode}:\n{said}")
    return done.stdout

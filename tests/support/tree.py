"""The checkout as it would be committed."""

from __future__ import annotations

import subprocess
from functools import cache

from tests.support.needs import ROOT


@cache
def kept_files() -> tuple[str, ...]:
    """Return the path of every file that is tracked, or would be: what git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    names = listed.stdout.decode().split("\0")
    return tuple(name for name in names if name and (ROOT / name).is_file())


def text_of(path: str) -> str | None:
    """Return a file's text, or None when it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None

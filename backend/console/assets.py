"""The console's own styles, scripts and pictures, read once from the installed package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """One file, as it is served."""

    body: bytes
    media_type: str


@cache
def assets() -> dict[str, Asset]:
    """Return every file under `static` by name."""
    found = {}
    for entry in (resources.files("backend.console") / "static").iterdir():
        media_type = MEDIA_TYPES.get(entry.name.rpartition(".")[2])
        if media_type and entry.is_file():
            found[entry.name] = Asset(entry.read_bytes(), media_type)
    return found


@cache
def version() -> str:
    """Return the name of this set of files: it is part of their address, so they cache for ever."""
    told = hashlib.sha256()
    for name, asset in sorted(assets().items()):
        told.update(name.encode() + b"\0" + asset.body)
    return told.hexdigest()[:12]

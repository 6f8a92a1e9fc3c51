"""Clips as files in a folder: taken in piece by piece, whole or not shown, removed after a time."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from backend.clips.tickets import Ticket
from backend.errors import RefusedInputError, UnknownError
from contract.instants import Clock, ns

log = structlog.get_logger(__name__)

DAYS = "FLOORWATCH_CLIP_DAYS"
DEFAULT_DAYS = 30.0
MAX_BYTES = 100_000_000
"""Of one clip: two minutes at 6 Mbit/s."""
MAX_FOLDER_BYTES = 20_000_000_000
PIECES = {"clip.mp4": "video/mp4", "snapshot.jpg": "image/jpeg"}
_NAME = re.compile(r"([0-9a-f]{32})-([a-z0-9][a-z0-9-]{0,62})\.(clip\.mp4|snapshot\.jpg)")
_PART = ".part"
_DAY_S = 86_400


@dataclass(frozen=True)
class KeptFile:
    """A file that is whole."""

    path: Path
    detection: str
    device: str
    piece: str
    bytes: int
    received_ns: int

    @property
    def media_type(self) -> str:
        """What is in it."""
        return PIECES[self.piece]


class ClipStore:
    """The folder. One process uses it."""

    def __init__(self, folder: Path, clock: Clock, days: float | None = None) -> None:
        self._folder = folder
        self._clock = clock
        self._days = float(os.environ.get(DAYS) or DEFAULT_DAYS) if days is None else days
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.forget()

    def held(self, ticket: Ticket, piece: str) -> int:
        """Return how many bytes of a piece are here, durably."""
        whole = self._path(ticket, piece)
        part = whole.with_name(whole.name + _PART)
        for path in (whole, part):
            if path.exists():
                return path.stat().st_size
        return 0

    def receive(
        self, ticket: Ticket, piece: str, start: int, total: int, content: bytes
    ) -> tuple[int, bool]:
        """Take bytes in; return how many are held now, and whether these made the file whole.

        What is held already is passed over, and what would leave a gap is not taken.

        Raises
        ------
        RefusedInputError
            When it would be larger than it says, or than a clip may be.
        """
        if not 0 < total <= MAX_BYTES or start + len(content) > total:
            raise RefusedInputError(
                f"bytes {start} to {start + len(content)} of {total}; a clip has at most "
                f"{MAX_BYTES} bytes"
            )
        whole = self._path(ticket, piece)
        with self._lock:
            held = self.held(ticket, piece)
            if whole.exists() or not start <= held < start + len(content):
                return held, False
            part = whole.with_name(whole.name + _PART)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write(content[held - start :])
                file.flush()
                os.fsync(file.fileno())
            held = part.stat().st_size
            if held < total:
                return held, False
            part.replace(whole)
            self._sync_folder()
        self.forget()
        return held, True

    def find(self, name: str) -> KeptFile:
        """Return a file by its name, or raise `UnknownError`."""
        path = self._folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise UnknownError(f"there is no clip {name[:200]}")
        return _kept(path)

    def of(self, detections: Collection[str]) -> Sequence[KeptFile]:
        """Return what is kept of some detections, by name."""
        return [
            _kept(path)
            for path in sorted(self._folder.iterdir())
            if (match := _NAME.fullmatch(path.name)) and match[1] in detections
        ]

    def forget(self) -> None:
        """Remove what is too old, and the oldest of what is too much."""
        with self._lock:
            files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
            total = sum(path.stat().st_size for path in files)
            oldest_ns = self._clock() - ns(self._days * _DAY_S)
            for path in files:
                stat = path.stat()
                if stat.st_mtime_ns >= oldest_ns and total <= MAX_FOLDER_BYTES:
                    break
                total -= stat.st_size
                path.unlink(missing_ok=True)
                log.info("a clip was removed", file=path.name, days=self._days)

    def _path(self, ticket: Ticket, piece: str) -> Path:
        name = f"{ticket.detection}-{ticket.device}.{piece}"
        if not _NAME.fullmatch(name):
            raise UnknownError(f"there is no piece {piece[:80]}; {', '.join(PIECES)}")
        return self._folder / name

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _kept(path: Path) -> KeptFile:
    match = _NAME.fullmatch(path.name)
    assert match is not None
    stat = path.stat()
    return KeptFile(path, match[1], match[2], match[3], stat.st_size, stat.st_mtime_ns)

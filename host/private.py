"""Makes files and folders that nobody else on this machine can read, whatever the umask says."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

OTHERS = stat.S_IRWXO
JOURNALS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database, with the database's own mode when it makes them."""
FOR_OWNER_ONLY = 0o077
"""The umask of a process that keeps what is known of people."""


def make_folder(path: Path) -> None:
    """Make a folder for its owner only. One that is there stays as somebody made it."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):  # another process has just made it
        path.mkdir()
        path.chmod(stat.S_IRWXU)


def make_file(path: Path) -> None:
    """Make a database's file, empty, for its owner only.

    One that is there, of an older release perhaps, is closed to others; a group that somebody gave
    it, for a backup perhaps, keeps it. It is not opened for that: closing any descriptor of a file
    would drop every lock that SQLite holds on it in this process.

    Raises
    ------
    OSError
        When it is not there and cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        for each in (path, *(path.with_name(path.name + ending) for ending in JOURNALS)):
            _close_to_others(each)
        return
    os.fchmod(descriptor, stat.S_IRUSR | stat.S_IWUSR)
    os.close(descriptor)


def _close_to_others(path: Path) -> None:
    with suppress(OSError):  # it is not there, or not ours to change
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS)

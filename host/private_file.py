"""Small files that their owner alone reads, and that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


def write(path: Path, text: str) -> None:
    """Put a text in the place of what was there. A crash leaves the one or the other."""
    scratch = _written_beside(path, text)
    scratch.replace(path)
    _settle(path.parent)


def make_once(path: Path, text: str) -> str:
    """Return what is in the file; write `text` where there is none, whoever else does so now.

    One that is empty was being made when a process, or the machine, died: nobody has ever used
    what was to be in it. It is made anew, and the log says so.
    """
    found = _text_of(path)
    if found == "":
        log.warning(
            "a file was empty, as a crash or a full disk leaves it; it is made anew", file=str(path)
        )
        write(path, text)
    elif found is None:
        scratch = _written_beside(path, text)
        try:
            # A rename would take the place of what another process has made in the meantime.
            os.link(scratch, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            scratch.replace(path)
        scratch.unlink(missing_ok=True)
        _settle(path.parent)
    return found or _text_of(path) or text


def is_made(path: Path) -> bool:
    """Whether there is such a file, with something in it."""
    return bool(_text_of(path))


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def _written_beside(path: Path, text: str) -> Path:
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    # 0600 from the first moment: O_EXCL, so nobody has it open already.
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:  # the disk is full
        scratch.unlink(missing_ok=True)
        raise
    return scratch


def _settle(folder: Path) -> None:
    """Let the folder's own list of names reach the disk, where the system has such a thing."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

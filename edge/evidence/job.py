"""A clip that was asked for, on disk from the moment it is accepted until it is delivered."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from contract.command import Command
from contract.message import Identifier, Nanoseconds

SUFFIX = ".job"
MAX_CLIP_NS = 120 * 10**9


class Job(BaseModel):
    """What was asked, and how far it has come."""

    model_config = ConfigDict(frozen=True)

    id: str
    device: Identifier
    from_ns: Nanoseconds
    to_ns: Nanoseconds
    at_ns: Nanoseconds
    upload: str
    asked_ns: Nanoseconds
    shown: bool = False
    """Its snapshot was made."""
    made: bool = False
    """Its clip was made."""

    @classmethod
    def of(cls, command: Command, now_ns: int) -> Job | str:
        """Return the job of a command, or what is wrong with it."""
        if command.from_ns is None or command.to_ns is None or command.upload is None:
            return "a clip without from_ns, to_ns or upload"
        if not command.upload.startswith(("http://", "https://")):
            return "a clip whose upload is no http address"
        if not 0 < command.to_ns - command.from_ns <= MAX_CLIP_NS:
            return f"a clip of more than {MAX_CLIP_NS // 10**9} s, or none"
        at_ns = command.from_ns if command.at_ns is None else command.at_ns
        return cls(
            id=command.id,
            device=command.device,
            from_ns=command.from_ns,
            to_ns=command.to_ns,
            at_ns=at_ns,
            upload=command.upload,
            asked_ns=now_ns,
        )

    @property
    def stem(self) -> str:
        """The beginning of its files' names. Its id may hold what a file's name must not."""
        return f"{self.device}-{self.at_ns}-{hashlib.sha256(self.id.encode()).hexdigest()[:8]}"

    def save(self, folder: Path) -> None:
        """Write it down, whole or not at all, for this user alone: its address lets one in."""
        target = folder / (self.stem + SUFFIX)
        scratch = target.with_suffix(".job-new")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(target)

    def forget(self, folder: Path) -> None:
        """Take it off the list."""
        (folder / (self.stem + SUFFIX)).unlink(missing_ok=True)


def files_of(device: str, folder: Path) -> list[Path]:
    """Return all files of one camera's jobs. Another's name may begin with its name."""
    stem = re.compile(rf"{re.escape(device)}-[0-9]+-[0-9a-f]{{8}}[.-].*")
    return [path for path in folder.iterdir() if stem.fullmatch(path.name)]


def saved(folder: Path) -> Iterator[Job]:
    """Yield the jobs of a folder, the oldest first. One that cannot be read is removed."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            yield Job.model_validate_json(path.read_bytes())
        except (ValidationError, OSError):
            path.unlink(missing_ok=True)

"""Which commands are carried out: each once, and none that is past its time."""

from __future__ import annotations

from typing import Literal, Protocol

from contract.command import Command
from contract.instants import Clock

MAX_REMEMBERED = 10_000
"""By number and not by time: a clock that was set back must not make an old command new."""

Judgement = Literal["new", "copy", "expired"]


class Remembers(Protocol):
    """What outlives the process of what was carried out."""

    def commands(self) -> list[str]:
        """Return the ids of commands that were carried out, the oldest first."""
        ...

    def note_command(self, id: str, most: int) -> None:
        """Keep an id on disk, and the latest `most` of all."""
        ...


class Commands:
    """Remembers what was carried out, also by the process before."""

    def __init__(self, clock: Clock, disk: Remembers) -> None:
        self._clock = clock
        self._disk = disk
        self._done = dict.fromkeys(disk.commands())

    def judge(self, command: Command) -> Judgement:
        """Say whether a command is to be carried out, by the agent's own clock."""
        if command.expires_ns <= self._clock():
            return "expired"
        return "copy" if command.id in self._done else "new"

    def carried_out(self, command: Command) -> None:
        """Take later copies for what they are. Until this is said, a copy is another chance."""
        self._done[command.id] = None
        if len(self._done) > MAX_REMEMBERED:
            self._done.pop(next(iter(self._done)))
        self._disk.note_command(command.id, MAX_REMEMBERED)

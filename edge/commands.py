"""Which commands are carried out: each once, and none that is past its time."""

from __future__ import annotations

from typing import Literal

from contract.command import Command
from contract.instants import Clock

MAX_REMEMBERED = 10_000

Judgement = Literal["new", "copy", "expired"]


class Commands:
    """Remembers what was carried out until it expires."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._done: dict[str, int] = {}

    def judge(self, command: Command) -> Judgement:
        """Say whether a command is to be carried out, by the agent's own clock."""
        if command.expires_ns <= self._clock():
            return "expired"
        return "copy" if command.id in self._done else "new"

    def carried_out(self, command: Command) -> None:
        """Take later copies for what they are. Until this is said, a copy is another chance."""
        now_ns = self._clock()
        if len(self._done) >= MAX_REMEMBERED:
            self._done = {id: until for id, until in self._done.items() if until > now_ns}
        if len(self._done) >= MAX_REMEMBERED:
            self._done.pop(next(iter(self._done)))
        self._done[command.id] = command.expires_ns

"""What the command says when it cannot go on: one sentence, what to do, an exit status."""

from __future__ import annotations


class CommandError(Exception):
    """The base of every error that ends a command. `str()` is what the person at it reads."""

    exit_code = 1


class UsageError(CommandError):
    """What was asked for does not make sense."""

    exit_code = 2

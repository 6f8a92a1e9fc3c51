"""How far a long command is: a bar on a terminal, nothing in a file or a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


class Bar:
    """What is told how far it is. It is called as the simulators call their `progress`."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=None)

    def __call__(self, done: float, total: float) -> None:
        """Show that so much of it is done."""
        self._progress.update(self._task, completed=done, total=total)

    def of(self, what: str, done: float, total: float) -> None:
        """Show the same, and what is being done."""
        self._progress.update(self._task, description=what, completed=done, total=total)


@contextmanager
def progress(what: str) -> Iterator[Bar]:
    """Give a bar on stderr; it is gone when the work is done."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as shown:
        yield Bar(shown, what)

"""The console, which is standard output: whoever looks at it sees the same line twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backend.paging.channel import Channel
from backend.paging.channels.console import ConsoleChannel
from tests.support.stage import Keys, Stage


@contextmanager
def _well() -> Iterator[tuple[Channel, Keys]]:
    yield ConsoleChannel(), lambda: ["the screen"] * 2


STAGE = Stage(_well)

"""How a paging channel is put before a peer, so that it can be held to its promises.

A channel has a file in `tests/support/stages/`, named as its kind, with a `STAGE`. None is listed.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module

from backend.paging.channel import Channel
from tests.support import stages

TIMEOUT_S = 1.0
"""For a channel on a stage: rough peers use all of it."""

Keys = Callable[[], Sequence[str]]
"""By what a receiver tells each copy that it got."""


@dataclass(frozen=True)
class Stage:
    """How one kind of channel is put before a peer."""

    well: Callable[[], AbstractContextManager[tuple[Channel, Keys]]]
    """A channel before somebody who takes every page."""
    at: Callable[[int], Channel] | None = None
    """A channel that speaks to this port on loopback; None for one without a network."""
    says: bytes = b""
    goes_on: bytes = b"a"
    """The beginning and the rest of an answer without an end."""


def stage_of(kind: str) -> Stage:
    """Return the stage of a kind of channel, or fail with a sentence that says what is missing."""
    there = {module.name for module in pkgutil.iter_modules(stages.__path__)}
    assert kind in there, (
        f'the channel "{kind}" has no stage: say in tests/support/stages/{kind}.py how it is put '
        f"before a peer (docs/add-a-channel.md)"
    )
    stage = import_module(f"{stages.__name__}.{kind}").STAGE
    assert isinstance(stage, Stage)
    return stage

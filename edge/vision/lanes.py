"""One model for all cameras of a box: so many copies of it as there are cores to spare."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Literal

from edge.vision.loader import load
from edge.vision.model import Model
from edge.vision.people import PeopleModel, Picture, Seen


class Lanes:
    """A people model that several threads may ask: each has a copy while it asks."""

    def __init__(self, first: PeopleModel, another: Callable[[], PeopleModel], most: int) -> None:
        """Begin with one copy; another is made only when all are busy, up to `most`."""
        self.name = first.name
        self.finds: Literal["people", "motion"] = first.finds
        self._another = another
        self._most = most
        self._made = 1
        self._idle = [first]
        self._lock = threading.Lock()
        self._waiting: deque[SimpleQueue[PeopleModel]] = deque()

    def find(self, picture: Picture) -> Sequence[Seen]:
        """Return who is in a picture, after waiting for a copy that is free.

        Who waits longest is next: a clip that is being made gets its turn among live cameras, and
        no more than that.
        """
        copy = self._take()
        try:
            return copy.find(picture)
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().put(copy)
                else:
                    self._idle.append(copy)

    def _take(self) -> PeopleModel:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._made < self._most:
                copy = self._another()
                self._made += 1
                return copy
            turn: SimpleQueue[PeopleModel] = SimpleQueue()
            self._waiting.append(turn)
        return turn.get()


_shared: dict[Model, Lanes] = {}
_lock = threading.Lock()


def shared(model: Model) -> PeopleModel:
    """Return a model that all cameras with the same settings share.

    What only finds motion remembers its own scene, so each camera has its own.

    Raises
    ------
    WeightsError, ExtraMissingError
        As `load` does.
    """
    if model.kind == "motion":
        return load(model)
    with _lock:
        if model not in _shared:
            most = max(1, (os.cpu_count() or 1) - 1)
            _shared[model] = Lanes(load(model), lambda: load(model), most)
        return _shared[model]

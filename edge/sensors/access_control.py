"""A door's grants and denials, as an access control system publishes or posts them in JSON.

Each system has names of its own for the same five things, so the table says where they are and
which words mean what. A word that it does not know is refused by name, never taken for a grant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from contract.door import Direction
from contract.message import Identifier
from edge.sensors.heard import Part, Passed, UnreadableError, each
from edge.sensors.intake import Intake
from edge.sensors.notation import credential, instant_ns, name
from edge.sensors.reading import Entry
from edge.sensors.vendor import Vendor


class Where(BaseModel):
    """Where in an event the five things are; a dot goes one object deeper."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    door: str = "door"
    credential: str = "credential"
    result: str = "result"
    direction: str = "direction"
    time: str = "time"


class AccessControl(Vendor):
    """Reads who was let through which door."""

    kind: ClassVar[str] = "access_control"

    where: Where = Field(Where(), description="Where in an event each thing is")
    granted: tuple[str, ...] = Field(
        ("granted", "grant", "true", "1"), description="Results that mean: let through"
    )
    denied: tuple[str, ...] = Field(
        ("denied", "deny", "false", "0"), description="Results that mean: the door stayed shut"
    )
    inward: tuple[str, ...] = Field(("in", "entry", "enter"), description="Directions inward")
    outward: tuple[str, ...] = Field(("out", "exit", "leave"), description="Directions outward")
    doors: dict[str, Identifier] = Field(
        default_factory=dict, description="Doors by what the system calls them"
    )

    def intake(self) -> Intake:
        """Return what makes blocks of what passed."""
        return replace(super().intake(), doors=self.doors)

    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take one event, or a list of them, apart."""
        return each(payload, self._parts, self._is_event)

    def _is_event(self, entry: Entry) -> bool:
        return _at(entry, self.where.door) is not None and _at(entry, self.where.result) is not None

    def _parts(self, entry: Entry) -> Iterator[Part]:
        door = name(_at(entry, self.where.door))
        if door is None:
            raise UnreadableError(f'which door? There is no "{self.where.door}"')
        given = _at(entry, self.where.credential)
        if given is None:
            raise UnreadableError(f'whose credential? There is no "{self.where.credential}"')
        try:
            tag = credential(given)
        except ValueError as error:
            raise UnreadableError(str(error)) from None
        yield Passed(
            tag=tag,
            door=door,
            granted=self._is_granted(_at(entry, self.where.result)),
            direction=self._direction(_at(entry, self.where.direction)),
            t_ns=instant_ns(_at(entry, self.where.time)),
        )

    def _is_granted(self, result: object) -> bool:
        word = _word(result)
        if word in map(str.lower, self.granted):
            return True
        if word in map(str.lower, self.denied):
            return False
        raise UnreadableError(f"the result {word[:60]!r} is neither in granted nor in denied")

    def _direction(self, given: object) -> Direction:
        word = _word(given)
        if word in map(str.lower, self.inward):
            return "in"
        return "out" if word in map(str.lower, self.outward) else "unknown"


def _at(entry: Entry, path: str) -> object:
    """Return what is at a dotted path, None if nothing is."""
    found: object = entry
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _word(given: object) -> str:
    """Return a word as the lists have it; JSON's true is "true", and 1 is "1"."""
    if isinstance(given, bool | int | str):
        return str(given).strip().lower()
    return "" if given is None else type(given).__name__

"""What finds something in the tracks of a camera: one file a plug-in, and all share the tracks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from contract.detection_kinds import DetectionKind
from contract.tracks import Frame
from detectors.finding import Finding
from detectors.vision.floor import Floor
from detectors.vision.person import Person, Sure

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Look:
    """What one look of a camera shows: everybody who is followed, and what is known of them."""

    t_ns: int
    people: Mapping[int, Person]
    """By number: all who are followed, those among them who are given up with this look."""
    seen: frozenset[int]
    """The numbers of those who are in the picture."""
    gone: frozenset[int]
    """The numbers of those who are given up: they were not seen for too long."""
    floor: Floor
    size_px: tuple[int, int]
    sees: Literal["people", "motion"]
    sure: Sure
    """How sure it must be that somebody is a person."""

    def everybody(self) -> Iterator[tuple[int, Person]]:
        """Yield all who are followed, by number."""
        yield from sorted(self.people.items())

    def zones(self, person: Person) -> tuple[str, ...]:
        """Return the zones in which somebody's feet are, or were seen last."""
        return self.floor.zones(person.last.foot_px, self.size_px)

    def zone(self, person: Person) -> str | None:
        """Return the first of these zones."""
        return next(iter(self.zones(person)), None)


class Watcher(BaseModel, ABC, Generic[S]):
    """Finds one thing in the tracks of a camera: its settings, and pure functions of a state.

    A class with a `kind` in a file of `detectors/vision/watchers` is found; nothing lists it. Its
    settings are keys of a `[[detector.watch]]` table. The camera detector follows people and calls
    it with each look; what the watcher remembers of the camera and of each person is its own state.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    """Its name in the site file."""
    tells: ClassVar[frozenset[DetectionKind]]
    """The kinds of what it finds."""

    @abstractmethod
    def start(self) -> S:
        """Return the state before the first look of a camera."""

    @abstractmethod
    def look(self, state: S, look: Look) -> tuple[S, tuple[Finding, ...]]:
        """Return the state after a look of a camera that sees, and what was found."""

    def blind(self, state: S, frame: Frame) -> tuple[S, tuple[Finding, ...]]:
        """Return the state after a picture in which nothing can be seen: nobody has moved."""
        return state, ()

    def silent(self, state: S, look: Look) -> tuple[S, tuple[Finding, ...]]:
        """Return the state after a camera was not heard for so long that everybody is given up."""
        return state, ()


AnyWatcher = Watcher[Any]

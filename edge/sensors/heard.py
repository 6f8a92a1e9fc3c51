"""What a vendor's payload is taken apart into, before it is known which device of ours it is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from contract import forgiving
from contract.batch import explain
from contract.door import Direction
from edge.errors import EdgeError
from edge.sensors.gone import says_gone
from edge.sensors.reading import Entry, Illegible, objects

M = TypeVar("M", bound=BaseModel)


class UnreadableError(EdgeError):
    """A payload, or an entry in it, means nothing to its driver; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One tag heard once."""

    tag: str
    reader: str | None = None
    """What the reader calls itself, if it does."""
    point: str = "1"
    t_ns: int | None = None
    """By the reader's clock, if it says."""
    rssi_dbm: float | None = None
    position_m: tuple[float, float] | None = None
    position_error_m: float | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """One credential at one door."""

    tag: str
    door: str
    granted: bool
    direction: Direction = "unknown"
    reader: str | None = None
    t_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a payload that cannot be read, or that tells of reads which are lost."""

    reason: str
    reader: str | None = None
    partly: bool = False
    """What it stands beside was taken."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A reader says that it does not hear a tag any more: it is understood, and no sighting."""

    reader: str | None = None


Part = Heard | Passed | Unread | Gone
Read = Callable[[Entry], Iterable[Part]]


def each(
    payload: bytes, read: Read, is_whole: Callable[[Entry], bool] = lambda entry: False
) -> Iterator[Part]:
    """Yield the parts of each object in a payload, as `edge.sensors.reading` finds them.

    Never raises: what cannot be read is an `Unread`, and the others are read.
    """
    for entry in objects(payload, is_whole):
        if isinstance(entry, Illegible):
            yield Unread(entry.reason)
        else:
            yield from one(entry, read)


def each_tag(
    payload: bytes, read: Read, is_whole: Callable[[Entry], bool] = lambda entry: False
) -> Iterator[Part]:
    """Yield the same of a payload about tags: of those that have gone nothing is a sighting."""

    def present(entry: Entry) -> Iterable[Part]:
        return (Gone(),) if says_gone(entry) else read(entry)

    return each(payload, present, is_whole)


def shaped(model: type[M], entry: Entry) -> Generator[Part, None, M]:
    """Return a vendor's object, and yield what was left out of it.

    Raises
    ------
    ValidationError
        About what it cannot do without.
    """
    found, left_out = forgiving.read(model, entry)
    for told in left_out:
        yield Unread(told, partly=True)
    return found


def one(entry: object, read: Read) -> Iterator[Part]:
    """Yield the parts of one object. Never raises, if `read` raises only what it may."""
    try:
        if not isinstance(entry, dict):
            raise UnreadableError(f"a JSON object is wanted, not {type(entry).__name__}")
        yield from read(entry)
    except ValidationError as error:
        yield Unread(explain(error))
    except UnreadableError as error:
        yield Unread(str(error))

"""What a vendor's payload is taken apart into, before it is known which device of ours it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any

from pydantic import ValidationError

from contract.batch import MAX_PAYLOAD_BYTES, explain
from contract.door import Direction
from edge.errors import EdgeError


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


Part = Heard | Passed | Unread
Entry = dict[str, Any]


def each(payload: bytes, read: Callable[[Entry], Iterable[Part]]) -> Iterator[Part]:
    """Yield the parts of each object in a payload: one, a list, or several one after another.

    Never raises: what cannot be read is an `Unread`, and the others are read.
    """
    for value in _values(payload):
        if isinstance(value, Unread):
            yield value
            continue
        for entry in value if isinstance(value, list) else (value,):
            yield from one(entry, read)


def one(entry: object, read: Callable[[Entry], Iterable[Part]]) -> Iterator[Part]:
    """Yield the parts of one object. Never raises, if `read` raises only what it may."""
    try:
        if not isinstance(entry, dict):
            raise UnreadableError(f"a JSON object is wanted, not {type(entry).__name__}")
        yield from read(entry)
    except ValidationError as error:
        yield Unread(explain(error))
    except UnreadableError as error:
        yield Unread(str(error))


def _values(payload: bytes) -> Iterator[object]:
    """Yield JSON values that stand behind each other, with line ends between them or nothing.

    After what is no JSON it goes on with the next line.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        yield Unread(f"{len(payload)} bytes in one message; at most {MAX_PAYLOAD_BYTES} are read")
        return
    try:
        text = payload.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        yield Unread("not JSON: it is not even text in UTF-8")
        return
    if not text:
        yield Unread("an empty message")
    decoder, at = JSONDecoder(), 0
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Unread(f"not JSON: {str(error)[:200]}")
            line_end = text.find("\n", at)
            at = len(text) if line_end < 0 else line_end
        else:
            yield value
        while at < len(text) and text[at].isspace():
            at += 1

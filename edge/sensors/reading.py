"""How every driver gets from bytes to the JSON objects in them: forgivingly, in one place. Pure.

A byte-order mark, UTF-16, NULs and line ends at either end, a control character or a broken letter
in a text, NaN beside what matters, several objects behind each other, a list, a list in a wrapper:
none of it is a reason not to read what is said. What cannot be read is a sentence, never an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any

from contract.batch import MAX_PAYLOAD_BYTES
from edge.sensors.gone import names_state

Entry = dict[str, Any]
DEEPEST = 4
"""Lists in wrappers in lists: no maker needs more, and a payload made to hurt has no more."""
_EDGES = "".join(map(chr, range(33))) + "\x7f\ufeff\ufffe\ufffd"
"""What devices put before and behind their JSON: it is no part of it."""


@dataclass(frozen=True, slots=True)
class Illegible:
    """A part of a payload that is no JSON object."""

    reason: str


def text_of(payload: bytes) -> str:
    """Return a payload as text, whatever it is; a letter that cannot be read costs itself."""
    bare = payload.strip(bytes(range(33)))
    whole = payload if b"\0" in bare else bare  # in UTF-16 half of the bytes are NULs
    return whole.decode(json.detect_encoding(whole), "replace").strip(_EDGES)


def objects(payload: bytes, is_whole: Callable[[Entry], bool]) -> Iterator[Entry | Illegible]:
    """Yield the objects in a payload: one, several behind each other, in lists or in wrappers.

    Never raises. An object with a list of objects in it is a wrapper, unless `is_whole` says that
    it says something by itself; what else the wrapper says, such as a gateway's name, is said of
    each object in it that does not say it.
    """
    for value in _values(payload):
        if isinstance(value, Illegible):
            yield value
        else:
            yield from _unwrapped(value, is_whole, {}, DEEPEST)


def _unwrapped(
    value: object, is_whole: Callable[[Entry], bool], said: Mapping[str, Any], depth: int
) -> Iterator[Entry | Illegible]:
    if isinstance(value, dict):
        inside = None if is_whole(value) or not depth else _list_in(value)
        if inside is None:
            yield {**said, **value}
            return
        said = {**said, **{k: v for k, v in value.items() if _goes_down(k, v)}}
        value = inside
    if isinstance(value, list) and depth:
        odd = [each for each in value if not isinstance(each, dict | list)]
        if odd:
            yield _not_an_object(odd[0], len(odd))
        for each in value:
            if isinstance(each, dict | list):
                yield from _unwrapped(each, is_whole, said, depth - 1)
    else:
        yield _not_an_object(value, 1)


def _goes_down(key: str, value: object) -> bool:
    # Of what state a wrapper is in says nothing of what it holds.
    return not isinstance(value, dict | list) and not names_state(key)


def _list_in(value: Entry) -> list[Any] | None:
    """Return the one list of objects in an object; None if there is none, or several."""
    lists = [
        each
        for each in value.values()
        if isinstance(each, list) and each and all(isinstance(part, dict) for part in each)
    ]
    return lists[0] if len(lists) == 1 else None


def _not_an_object(value: object, count: int) -> Illegible:
    times = f" ({count} times)" if count > 1 else ""
    return Illegible(f"a JSON object is wanted, not {type(value).__name__}{times}")


def _values(payload: bytes) -> Iterator[object]:
    """Yield JSON values that stand behind each other, with line ends between them or nothing.

    After what is no JSON it goes on with the next line.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        told = f"{len(payload)} bytes in one message; at most {MAX_PAYLOAD_BYTES} are read"
        yield Illegible(told)
        return
    text = text_of(payload)
    if not text:
        yield Illegible("not JSON: an empty message")
    decoder, at = JSONDecoder(strict=False), 0
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Illegible(f"not JSON: {str(error)[:200]}")
            line_end = text.find("\n", at)
            at = len(text) if line_end < 0 else line_end
        else:
            yield value
        while at < len(text) and text[at] in _EDGES:
            at += 1

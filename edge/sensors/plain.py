"""Reads the plain JSON of simple devices, which know nothing of our messages.

::

    {"odr_hz": 50, "x": [0.01, …], "y": […], "z": […]}          accelerometer, in g
    {"odr_hz": 50, "accel": [[0.01, 0.02, 0.99], …]}            the same, by sample
    {"event": "sos"}                                            a button
    {"reads": [{"tag": "E280…", "point": "2", "rssi_dbm": -61}]}   a badge reader

`t_ns`, the time of the first sample, may be left out: then the last sample was taken just now.
So may `seq`, and the agent counts. Names and presses may be written in any case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from contract import forgiving
from contract.batch import explain
from contract.event import EventBlock, Press
from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.message import Block
from contract.moment import BEHIND_NS, NO_CLOCK_BEFORE_NS
from contract.reads import ReadsBlock
from edge.sensors.notation import UNREADABLE_NS, instant_ns

MAX_G = 400.0
"""No worn sensor measures more. What does is a raw count or another unit."""
_PASSED_ON = ("boot", "range_g", "battery", "worn")
_CALL = re.compile(r"""["']?event["']?\s*[:=]\s*["']?\s*(sos|button)\b""", re.IGNORECASE)
_BARE = re.compile(r"\W*(sos|button)\W*", re.IGNORECASE)


class NotPlainError(ValueError):
    """A payload has none of these shapes; the text says what is wrong."""


class Plain(NamedTuple):
    """A block, what was left out of its payload, and what the device said of number and time."""

    block: Block
    left_out: Sequence[str]
    numbered: bool
    timed: bool


def is_plain(raw: Mapping[str, Any]) -> bool:
    """Whether an object says something by itself, and is no wrapper of others."""
    return bool({"message", "event", "reads", "accel", "x"} & {name.lower() for name in raw})


def named(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its names in lower case, where that leaves them apart."""
    lower = {name.strip().lower(): value for name, value in raw.items()}
    return {**lower, **raw} if len(lower) == len(raw) else {**raw}


def call_in(text: str) -> Press | None:
    """Return the call for help in what is no JSON: torn, or a bare word. Nothing else is guessed.

    >>> call_in('{"event":"SOS","bat'), call_in("sos"), call_in('{"event":"cancel"')
    ('sos', 'sos', None)
    """
    found = _BARE.fullmatch(text[:200]) or _CALL.search(text[:10_000])
    if found is None:
        return None
    return "button" if found[1].lower() == "button" else "sos"


def read_plain(raw: Mapping[str, Any], device: str, now_ns: int) -> Plain:
    """Return the block that a plain payload stands for; `seq` is 0 if the device has none.

    Raises
    ------
    NotPlainError
        With a sentence that names the fields.
    """
    left_out: list[str] = []
    seq = _count(raw.get("seq"))
    if seq is None and raw.get("seq") is not None:
        left_out.append("seq is left out: a whole number from 0 on is wanted")
    boot = _count(raw.get("boot"))
    if boot is None and raw.get("boot") is not None:
        left_out.append("boot is left out: a whole number from 0 on is wanted")
    common = {"device": device, "seq": seq or 0, **({} if boot is None else {"boot": boot})}
    t_ns, wrong = _said_ns(raw.get("t_ns"), now_ns)
    left_out += wrong
    model, given = _content(raw, t_ns, now_ns)
    try:
        block, spared = forgiving.read(model, {**common, **given})
    except ValidationError as error:
        raise NotPlainError(explain(error)) from None
    return Plain(block, (*left_out, *spared), seq is not None, t_ns is not None)


def _content(
    raw: Mapping[str, Any], t_ns: int | None, now_ns: int
) -> tuple[type[Block], dict[str, Any]]:
    if "event" in raw:
        t0_ns = _or_now(t_ns, now_ns)
        detail = {"detail": raw["detail"]} if raw.get("detail") is not None else {}
        return EventBlock, {"event": raw["event"], "t0_ns": t0_ns, **detail}
    if "reads" in raw:
        return ReadsBlock, _reads(raw, _or_now(t_ns, now_ns))
    return ImuBlock, _imu(raw, t_ns, now_ns)


def _imu(raw: Mapping[str, Any], t_ns: int | None, now_ns: int) -> dict[str, Any]:
    samples = _samples(raw)
    odr_hz = _number(_as_number(raw.get("odr_hz")), "odr_hz")
    if not 5 <= odr_hz <= 1600:
        raise NotPlainError(f"odr_hz is {odr_hz:g}; a rate from 5 to 1600 samples a second")
    for i, sample in enumerate(samples):
        if any(abs(value) > MAX_G for value in sample):
            raise NotPlainError(f"sample {i} is beyond {MAX_G:g} g; samples are wanted in g")
    took_ns = round((len(samples) - 1) * NS_PER_S / odr_hz)
    passed_on = {name: raw[name] for name in _PASSED_ON if name in raw and name != "boot"}
    t0_ns = _or_now(t_ns, now_ns - took_ns)
    return {**passed_on, "t0_ns": t0_ns, "odr_hz": odr_hz, "accel_g": samples}


def _reads(raw: Mapping[str, Any], t0_ns: int) -> dict[str, Any]:
    given = raw["reads"]
    if isinstance(given, dict):
        given = [given]
    if not isinstance(given, list) or not all(isinstance(read, dict) for read in given):
        raise NotPlainError("reads: a list of objects is wanted")
    return {"t0_ns": t0_ns, "reads": [{"t_ns": t0_ns, **named(read)} for read in given]}


def _samples(raw: Mapping[str, Any]) -> list[tuple[float, ...]]:
    if "accel" in raw:
        rows = raw["accel"]
    elif all(axis in raw for axis in "xyz"):
        columns = [raw[axis] for axis in "xyz"]
        if not all(isinstance(column, list) for column in columns):
            raise NotPlainError("x, y and z: lists of numbers are wanted")
        lengths = [len(column) for column in columns]
        if len(set(lengths)) > 1:
            raise NotPlainError(f"x, y and z have {lengths} values; they must be as many")
        rows = [list(row) for row in zip(*columns, strict=True)]
    else:
        raise NotPlainError('no samples: "x", "y" and "z", or "accel", or "event", or "reads"')
    if not isinstance(rows, list) or not rows:
        raise NotPlainError("no samples: the list is empty or no list")
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != 3:
            raise NotPlainError(f"accel: sample {i} is not three numbers")
    return [tuple(_number(v, f"sample {i}") for v in row) for i, row in enumerate(rows)]


def _said_ns(given: Any, now_ns: int) -> tuple[int | None, Sequence[str]]:
    """Return the device's own time if it has one, and what is wrong with what it says instead.

    It is nanoseconds, as a number or a text; what was that long ago is taken for a time in another
    unit only where that is a time of this week, so that a count since the start is none.
    """
    if given is None or given == "":
        return None, ()
    number = _as_number(given)
    if isinstance(number, int | float) and not isinstance(number, bool) and number == number:
        if NO_CLOCK_BEFORE_NS <= number < 2**63:
            return int(number), ()
        in_unit_ns = instant_ns(number)
    else:
        in_unit_ns = instant_ns(given)
    if in_unit_ns and abs(in_unit_ns - now_ns) <= BEHIND_NS:
        return in_unit_ns, ()
    if isinstance(number, int) and 0 <= number < NO_CLOCK_BEFORE_NS:
        return None, ()  # it counts from its start
    if in_unit_ns and in_unit_ns != UNREADABLE_NS and not isinstance(number, int | float):
        return in_unit_ns, ()
    return None, ("t_ns is left out: whole nanoseconds since 1970 are wanted",)


def _or_now(t_ns: int | None, otherwise_ns: int) -> int:
    return max(0, otherwise_ns) if t_ns is None else t_ns


def _as_number(given: Any) -> Any:
    """Return a number that was written as a text as a number: quotes are no reason."""
    if not isinstance(given, str):
        return given
    text = given.strip()
    try:
        return int(text) if re.fullmatch(r"[+-]?\d{1,30}", text) else float(text)
    except ValueError:
        return given


def _count(given: Any) -> int | None:
    number = _as_number(given)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**53:
        return None
    return number


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotPlainError(f"{name}: a number is wanted, not {type(value).__name__}")
    if not abs(value) <= 1e12:  # NaN is no measurement either
        raise NotPlainError(f"{name}: {value:.3g} is no measurement")
    return float(value)

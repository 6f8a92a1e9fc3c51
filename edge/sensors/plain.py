"""Reads the plain JSON of simple devices, which know nothing of our messages.

::

    {"odr_hz": 50, "x": [0.01, …], "y": […], "z": […]}          accelerometer, in g
    {"odr_hz": 50, "accel": [[0.01, 0.02, 0.99], …]}            the same, by sample
    {"event": "sos"}                                            a button
    {"reads": [{"tag": "E280…", "point": "2", "rssi_dbm": -61}]}   a badge reader

`t_ns`, the time of the first sample, may be left out: then the last sample was taken just now.
So may `seq`, and the agent counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from contract.batch import explain
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.message import Block
from contract.reads import ReadsBlock

MAX_G = 400.0
"""No worn sensor measures more. What does is a raw count or another unit."""
NO_CLOCK_BEFORE_NS = 1_577_836_800 * NS_PER_S  # 2020-01-01
"""A device whose clock is older has lost it, or counts from its start."""
_PASSED_ON = ("boot", "range_g", "battery", "worn")


class NotPlainError(ValueError):
    """A payload has none of these shapes; the text says what is wrong."""


def read_plain(raw: Mapping[str, Any], device: str, now_ns: int) -> Block:
    """Return the block that a plain payload stands for; `seq` is 0 if the device has none.

    Raises
    ------
    NotPlainError
        With a sentence that names the fields.
    """
    common = {"device": device, "seq": raw.get("seq", 0)}
    try:
        if "event" in raw:
            given = {"event": raw["event"], "detail": raw.get("detail", "")}
            return EventBlock.model_validate({**common, **given, "t0_ns": _t0_ns(raw, now_ns)})
        if "reads" in raw:
            return _reads(raw, common, now_ns)
        return _imu(raw, common, now_ns)
    except ValidationError as error:
        raise NotPlainError(explain(error)) from None


def _imu(raw: Mapping[str, Any], common: Mapping[str, Any], now_ns: int) -> ImuBlock:
    samples = _samples(raw)
    odr_hz = _number(raw.get("odr_hz"), "odr_hz")
    if not 5 <= odr_hz <= 1600:
        raise NotPlainError(f"odr_hz is {odr_hz:g}; a rate from 5 to 1600 samples a second")
    for i, sample in enumerate(samples):
        if any(abs(value) > MAX_G for value in sample):
            raise NotPlainError(f"sample {i} is beyond {MAX_G:g} g; samples are wanted in g")
    took_ns = round((len(samples) - 1) * NS_PER_S / odr_hz)
    passed_on = {name: raw[name] for name in _PASSED_ON if name in raw}
    given = {"t0_ns": _t0_ns(raw, now_ns - took_ns), "odr_hz": odr_hz, "accel_g": samples}
    return ImuBlock.model_validate({**common, **passed_on, **given})


def _reads(raw: Mapping[str, Any], common: Mapping[str, Any], now_ns: int) -> ReadsBlock:
    t0_ns = _t0_ns(raw, now_ns)
    given = raw["reads"]
    if not isinstance(given, list) or not all(isinstance(read, dict) for read in given):
        raise NotPlainError("reads: a list of objects is wanted")
    reads = [{"t_ns": t0_ns, **read, "tag": str(read.get("tag", "")).lower()} for read in given]
    return ReadsBlock.model_validate({**common, "t0_ns": t0_ns, "reads": reads})


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


def _t0_ns(raw: Mapping[str, Any], otherwise_ns: int) -> int:
    t_ns = raw.get("t_ns")
    if t_ns is None:
        return max(0, otherwise_ns)
    if isinstance(t_ns, bool) or not isinstance(t_ns, int) or not 0 <= t_ns < 2**63:
        raise NotPlainError("t_ns: whole nanoseconds since 1970 are wanted")
    return t_ns if t_ns >= NO_CLOCK_BEFORE_NS else max(0, otherwise_ns)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotPlainError(f"{name}: a number is wanted, not {type(value).__name__}")
    if abs(value) > 1e12:
        raise NotPlainError(f"{name}: {value:.3g} is no measurement")
    return float(value)

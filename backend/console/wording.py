"""How the pages say times, durations, numbers and states. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from backend.incidents.view import PageView
from backend.paging.page_life import PageStatus
from contract.instants import NS_PER_S, as_datetime
from contract.severity import Severity


@dataclass(frozen=True)
class TierLook:
    """A severity as people meet it: a shape, then a word, then a colour."""

    word: str
    shape: str


LEVELS = {
    Severity.SEV1: TierLook("Critical", "octagon"),
    Severity.SEV2: TierLook("Serious", "triangle"),
    Severity.SEV3: TierLook("Moderate", "diamond"),
    Severity.SEV4: TierLook("Low", "circle"),
}

IMPACTS = {
    "I1": "first aid or no harm",
    "I2": "medical treatment",
    "I3": "serious injury",
    "I4": "death is credible",
}
URGENCIES = {
    "U1": "to be planned",
    "U2": "over",
    "U3": "hurt, or unknown",
    "U4": "incapacitated, or still exposed",
}


@dataclass(frozen=True)
class DeliveryWords:
    """How far a page has come."""

    words: str
    look: str


# Handed over is not read: no channel proves that somebody has looked.
DELIVERIES = {
    PageStatus.DUE: DeliveryWords("Waiting to be sent", "waiting"),
    PageStatus.SENDING: DeliveryWords("Being sent", "waiting"),
    PageStatus.SENT: DeliveryWords("Handed over", "sent"),
    PageStatus.WITHDRAWN: DeliveryWords("Withdrawn", "withdrawn"),
}
IN_VAIN = DeliveryWords("NOT delivered, tried again", "failed")

CHANNELS = {"sms": "SMS", "smtp": "e-mail", "voice": "phone call"}
"""Channels whose kind is not the word that people use."""

UNITS = {
    "g": "g", "ms": "ms", "s": "s", "min": "min", "m": "m", "mps": "m/s", "hz": "Hz",
    "deg": "°", "dps": "°/s", "dbm": "dBm", "db": "dB", "kg": "kg", "pct": "%", "c": "°C",
}  # fmt: skip


_SPACED_UNIT = re.compile(rf"(?<=\d) (?=(?:{'|'.join(map(re.escape, UNITS.values()))})\b)")


def delivery(page: PageView) -> DeliveryWords:
    """Return how far a page has come. No page fails for good: what did not get through goes on."""
    return IN_VAIN if page.in_vain else DELIVERIES[page.status]


def clock_time(at_ns: int, time_zone: str, now_ns: int) -> str:
    """Return a site's local time; with its date when that is not today's.

    >>> clock_time(1_700_000_000 * 10**9, "Europe/Stockholm", 1_700_000_060 * 10**9)
    '23:13:20'
    >>> clock_time(1_700_000_000 * 10**9, "Europe/Stockholm", 1_700_090_000 * 10**9)
    'Tue 14 Nov 23:13:20'
    """
    moment, now = as_datetime(at_ns, time_zone), as_datetime(now_ns, time_zone)
    told = f"{moment:%H:%M:%S}"
    if moment.date() == now.date():
        return told
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment:%a} {moment.day} {moment:%b}{year} {told}"


def span(duration_s: float) -> str:
    """Return a duration as it is read at a glance; below zero it is zero.

    >>> [span(s) for s in (-1, 73.9, 3599, 7500, 200_000)]
    ['0:00', '1:13', '59:59', '2 h 5 min', '2 d 7 h']
    """
    whole_s = max(0, math.floor(duration_s))
    minutes, rest_s = divmod(whole_s, 60)
    hours, rest_min = divmod(minutes, 60)
    days, rest_h = divmod(hours, 24)
    if days:
        return f"{days} d {rest_h} h"
    if hours:
        return f"{hours} h {rest_min} min"
    return f"{minutes}:{rest_s:02}"


def since(at_ns: int, now_ns: int) -> str:
    """Return the time from an instant until now, as `span` says it."""
    return span((now_ns - at_ns) / NS_PER_S)


def number(value: float) -> str:
    """Return a number with the figures that a reader needs.

    >>> [number(v) for v in (6.812, 0.36, 58.0, 1234.5, -0.004, float("nan"))]
    ['6.81', '0.36', '58', '1234', '−0.004', 'unknown']
    """
    if not math.isfinite(value):
        return "unknown"
    size = abs(value)
    if size >= 100:
        told = f"{size:.0f}"
    elif size >= 0.01 or not size:
        told = f"{size:.2f}".rstrip("0").rstrip(".")
    else:
        told = f"{size:.1g}"
    return f"−{told}" if value < 0 else told


def label(name: str) -> str:
    """Return a field's name as words, without its unit.

    >>> label("free_fall_s"), label("kind"), label("odr_hz")
    ('Free fall', 'Kind', 'Odr')
    """
    words, _ = _split(name)
    return words.replace("_", " ").replace("-", " ").capitalize()


def quantity(name: str, value: float | str) -> str:
    """Return a field's value with the unit that its name ends in.

    >>> quantity("peak_g", 6.8), quantity("tilt_deg", 88.0), quantity("kind", "fall")
    ('6.8 g', '88°', 'fall')
    """
    told = value.replace("_", " ") if isinstance(value, str) else number(value)
    _, unit = _split(name)
    if not unit:
        return told
    return f"{told}{unit}" if unit.startswith("°") and unit != "°C" else f"{told} {unit}"


def sentence(words: str) -> str:
    r"""Return words with a capital and a full stop; no line breaks between number and unit.

    >>> sentence("still for 17 s after an impact")
    'Still for 17\xa0s after an impact.'
    """
    words = _SPACED_UNIT.sub("\N{NO-BREAK SPACE}", words.strip())
    if not words:
        return ""
    return words[0].upper() + words[1:] + ("" if words[-1] in ".!?" else ".")


def names(people: tuple[str, ...]) -> str:
    """Return names as one reads them out.

    >>> names(("Karin Ek", "Omar Said", "Ines Falk"))
    'Karin Ek, Omar Said and Ines Falk'
    """
    if len(people) < 2:
        return "".join(people)
    return f"{', '.join(people[:-1])} and {people[-1]}"


def _split(name: str) -> tuple[str, str]:
    words, _, suffix = name.rpartition("_")
    return (words, UNITS[suffix]) if words and suffix in UNITS else (name, "")

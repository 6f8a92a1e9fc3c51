"""Instants: UTC nanoseconds since 1970 in every message, ISO 8601 for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000

Clock = Callable[[], int]
"""Where a shell gets the time: UTC nanoseconds. Handed in, so that a test can wind it on."""


def ns(seconds: float) -> int:
    """Return a duration in nanoseconds.

    >>> ns(1.5)
    1500000000
    """
    return round(seconds * NS_PER_S)


def seconds(duration_ns: int) -> float:
    """Return a duration in seconds.

    >>> seconds(2_500_000_000)
    2.5
    """
    return duration_ns / NS_PER_S


def as_datetime(at_ns: int, time_zone: str = "UTC") -> datetime:
    """Return an instant as an aware datetime, cut to microseconds.

    >>> as_datetime(1_700_000_000_123_456_789).isoformat()
    '2023-11-14T22:13:20.123456+00:00'
    """
    whole_s, rest_ns = divmod(at_ns, NS_PER_S)
    moment = datetime.fromtimestamp(whole_s, UTC).replace(microsecond=rest_ns // 1000)
    return moment if time_zone == "UTC" else moment.astimezone(ZoneInfo(time_zone))


def from_datetime(moment: datetime) -> int:
    """Return an aware datetime as an instant, exact to the microsecond.

    >>> from_datetime(as_datetime(1_700_000_000_123_456_000))
    1700000000123456000
    """
    whole_s = int(moment.replace(microsecond=0).timestamp())
    return whole_s * NS_PER_S + moment.microsecond * 1000

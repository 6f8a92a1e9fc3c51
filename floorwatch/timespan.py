"""`--since` and `--until`: from when to when."""

from __future__ import annotations

from datetime import UTC, datetime

from contract.instants import from_datetime
from floorwatch.errors import UsageError


def timespan(since: str | None, until: str | None, open_end_ns: int) -> tuple[int, int]:
    """Return from when to when, in nanoseconds since 1970; without an offset it is UTC.

    Parameters
    ----------
    open_end_ns
        The end when none is said.

    Raises
    ------
    UsageError
        When one is no instant, or the end is not after the beginning.

    >>> timespan(None, "1970-01-01T01:00:02+01:00", open_end_ns=0)
    (0, 2000000000)
    """
    from_ns = _instant(since, "--since") if since else 0
    to_ns = _instant(until, "--until") if until else open_end_ns
    if to_ns <= from_ns:
        raise UsageError("--until lies before --since")
    return from_ns, to_ns


def _instant(text: str, option: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f'{option} "{text}": write it as 2026-05-17T03:04:05Z') from None
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

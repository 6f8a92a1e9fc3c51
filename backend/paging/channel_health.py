"""How each channel fares, read from the attempts to hand pages off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import PageAttemptRow, PageRow
from backend.paging.outcome import TryResult

LAST = 20
"""Attempts that are looked at, a channel."""


class Attempt(NamedTuple):
    """One try that has ended."""

    ended_ns: int
    result: str
    person: str
    error: str | None = None


@dataclass(frozen=True)
class ChannelHealth:
    """What can be said of one channel."""

    channel: str
    results: tuple[TryResult, ...]
    """Of the last attempts, the newest first."""
    failures: int
    """How many of them failed since the last success."""
    people: int
    """To how many people these went: one address that is wrong is not a channel that fails."""
    last_success_ns: int | None
    failing_since_ns: int | None
    """When the first of these failures ended; None while the newest attempt was a success."""
    error: str | None
    """What the newest failure said."""
    hung: int
    """Hand-offs that did not come back by their deadline and still have not."""

    @property
    def fails(self) -> bool:
        """Whether its newest attempt failed."""
        return self.failures > 0


def health(channel: str, attempts: Iterable[Attempt], hung: int = 0) -> ChannelHealth:
    """Return a channel's health from its attempts, in whatever order they come. Pure."""
    newest = sorted(attempts, key=lambda each: each.ended_ns, reverse=True)[:LAST]
    results = tuple(TryResult(each.result) for each in newest)
    failures = next(
        (n for n, result in enumerate(results) if result is TryResult.SENT), len(results)
    )
    since_success = newest[:failures]
    return ChannelHealth(
        channel=channel,
        results=results,
        failures=failures,
        people=len({each.person for each in since_success}),
        last_success_ns=newest[failures].ended_ns if failures < len(newest) else None,
        failing_since_ns=since_success[-1].ended_ns if since_success else None,
        error=since_success[0].error if since_success else None,
        hung=hung,
    )


def read_health(
    session: Session, channels: Iterable[str], hung: Mapping[str, int] | None = None
) -> dict[str, ChannelHealth]:
    """Return the health of every channel named, by name."""
    return {
        name: health(name, _last(session, name), (hung or {}).get(name, 0)) for name in channels
    }


def _last(session: Session, channel: str) -> list[Attempt]:
    ended = (
        select(PageAttemptRow.ended_ns, PageAttemptRow.result, PageRow.person, PageAttemptRow.error)
        .join(PageRow, PageRow.id == PageAttemptRow.page_id)
        .where(PageAttemptRow.channel == channel, PageAttemptRow.ended_ns.is_not(None))
        .order_by(PageAttemptRow.ended_ns.desc())
        .limit(LAST)
    )
    return [
        Attempt(ended_ns or 0, result or TryResult.FAILED, person, error)
        for ended_ns, result, person, error in session.execute(ended)
    ]

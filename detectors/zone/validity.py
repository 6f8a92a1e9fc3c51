"""From when to when something holds: a permit, a certificate, a shift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from contract.instants import as_datetime, from_datetime
from contract.permission import WEEK, Calendar, Shift

DAY = timedelta(days=1)
LOOK_AHEAD_DAYS = 400
"""Beyond this nobody asks when a shift begins next: a calendar is kept for a year."""

Standing = Literal["valid", "expired", "never"]


class Validity(NamedTuple):
    """What holds at an instant, since when (or since when not), and when that may change."""

    standing: Standing
    since_ns: int
    until_ns: int | None


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of time, each from an instant to just before another."""

    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, spans: Iterable[tuple[int, int]]) -> Spans:
        """Return the spans in their order."""
        return cls(tuple(sorted(spans)))

    def at(self, at_ns: int) -> Validity:
        """Return what holds at `at_ns`.

        >>> Spans.of([(10, 20)]).at(15)
        Validity(standing='valid', since_ns=10, until_ns=20)
        >>> Spans.of([(10, 20)]).at(20)
        Validity(standing='expired', since_ns=20, until_ns=None)
        """
        holding = [(first, last) for first, last in self.spans if first <= at_ns < last]
        if holding:
            return Validity(
                "valid", min(first for first, _ in holding), max(last for _, last in holding)
            )
        begins = min((first for first, _ in self.spans if first > at_ns), default=None)
        ended = max((last for _, last in self.spans if last <= at_ns), default=None)
        if ended is None:
            return Validity("never", 0, begins)
        return Validity("expired", ended, begins)


@dataclass(frozen=True, slots=True)
class Hours:
    """The shifts of a site on its own clock, by id, through every change of that clock."""

    here: ZoneInfo
    shifts: dict[str, Shift]
    closed: dict[str, frozenset[date]]

    @classmethod
    def of(cls, time_zone: str, shifts: Iterable[Shift], calendars: Iterable[Calendar]) -> Hours:
        """Return the shifts of a site file."""
        dates = {calendar.id: frozenset(calendar.dates) for calendar in calendars}
        listed = tuple(shifts)
        return cls(
            ZoneInfo(time_zone),
            {shift.id: shift for shift in listed},
            {
                shift.id: frozenset().union(*(dates.get(name, ()) for name in shift.not_on))
                for shift in listed
            },
        )

    def at(self, names: Iterable[str], at_ns: int) -> Validity:
        """Return whether any of these shifts is on at `at_ns`. One that is off has `expired`."""
        today = as_datetime(at_ns).astimezone(self.here).date()
        chosen = [self.shifts[name] for name in names]
        near = self._spans(chosen, (today - DAY, today, today + DAY))
        found = near.at(at_ns)
        if found.standing == "valid" or found.until_ns is not None:
            return found._replace(standing="valid" if found.standing == "valid" else "expired")
        day = today + DAY
        for _ in range(LOOK_AHEAD_DAYS):
            day += DAY
            begins = self._spans(chosen, (day,)).at(at_ns).until_ns
            if begins is not None:
                return Validity("expired", found.since_ns, begins)
        return Validity("expired", found.since_ns, None)

    def _spans(self, shifts: Iterable[Shift], days: Iterable[date]) -> Spans:
        listed = tuple(days)
        return Spans.of(
            self._span(shift, day) for shift in shifts for day in listed if self._begins(shift, day)
        )

    def _begins(self, shift: Shift, day: date) -> bool:
        if (shift.valid_from and day < shift.valid_from) or (
            shift.valid_to and day > shift.valid_to
        ):
            return False
        return WEEK[day.weekday()] in shift.days and day not in self.closed[shift.id]

    def _span(self, shift: Shift, day: date) -> tuple[int, int]:
        last_day = day if shift.ends > shift.begins else day + DAY
        # Of the two ways to read an hour that the clock shows twice, or skips, the kinder one.
        return min(self._readings(day, shift.begins)), max(self._readings(last_day, shift.ends))

    def _readings(self, day: date, clock: time) -> tuple[int, int]:
        shown = datetime.combine(day, clock.replace(tzinfo=None), self.here)
        return from_datetime(shown.replace(fold=0)), from_datetime(shown.replace(fold=1))

    def moment(self, told: datetime) -> int:
        """Return an instant of the site file, in the site's time if it names no offset."""
        return from_datetime(told if told.tzinfo else told.replace(tzinfo=self.here))

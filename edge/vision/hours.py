"""Whether a camera may look now: the shifts that the site file gives it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from contract.instants import NS_PER_S
from contract.permission import WEEK, Shift
from contract.site import Site


class Hours:
    """The hours of one camera. Without shifts it may always look."""

    def __init__(self, site: Site, shifts: Sequence[str]) -> None:
        self._zone = ZoneInfo(site.site.time_zone)
        self._shifts = [shift for shift in site.shift if shift.id in shifts]
        self._always = not shifts
        dates = {calendar.id: frozenset(calendar.dates) for calendar in site.calendar}
        self._not_on = {
            shift.id: frozenset[date]().union(*(dates.get(c, frozenset()) for c in shift.not_on))
            for shift in self._shifts
        }

    def may_look(self, at_ns: int) -> bool:
        """Return whether one of the shifts is on."""
        if self._always:
            return True
        local = datetime.fromtimestamp(at_ns / NS_PER_S, UTC).astimezone(self._zone)
        return any(
            self._is_on(shift, local.date() - timedelta(days=back), local)
            for shift in self._shifts
            for back in (0, 1)
        )

    def _is_on(self, shift: Shift, day: date, local: datetime) -> bool:
        if WEEK[day.weekday()] not in shift.days or day in self._not_on[shift.id]:
            return False
        if (shift.valid_from and day < shift.valid_from) or (
            shift.valid_to and day > shift.valid_to
        ):
            return False
        begins = datetime.combine(day, shift.begins)
        ends = datetime.combine(day, shift.ends)
        if ends <= begins:
            ends += timedelta(days=1)
        return begins <= local.replace(tzinfo=None) < ends

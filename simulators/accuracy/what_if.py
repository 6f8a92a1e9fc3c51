"""What would be other if a setting were: which falls, which alarms, recording by recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from simulators.accuracy.tally import Tally

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """One recording of which something else would be said. None: in this nothing is other."""

    set: str
    recording: str
    found: tuple[bool, bool] | None
    """Whether its fall is found, today and then."""
    false_alarms: tuple[int, int] | None

    def row(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "set": self.set,
            "recording": self.recording,
            "found": None if self.found is None else list(self.found),
            "false_alarms": None if self.false_alarms is None else list(self.false_alarms),
        }


def changes(today: Mapping[str, Tally], then: Mapping[str, Tally]) -> tuple[Change, ...]:
    """Return the recordings that differ, set by set, in order of name."""
    found: list[Change] = []
    for name, before in today.items():
        after = then[name]
        missed, missed_then = set(before.missed), set(after.missed)
        for recording in sorted(missed | missed_then | set(before.alarms) | set(after.alarms)):
            hit = (recording not in missed, recording not in missed_then)
            alarms = (before.alarms[recording], after.alarms[recording])
            fall, false = _other(hit), _other(alarms)
            if fall or false:
                found.append(Change(name, recording, fall, false))
    return tuple(found)


def _other(pair: tuple[T, T]) -> tuple[T, T] | None:
    return pair if pair[0] != pair[1] else None

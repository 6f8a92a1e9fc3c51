"""What people build first: the antenna that hears best in the last seconds names the zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from contract.instants import NS_PER_S
from simulators.badges.recording import BadgeRead
from simulators.badges.room import STEP_NS, Course, Entry

STRONGEST = {f"strongest antenna, {window_s:g} s": window_s for window_s in (1.0, 5.0, 10.0)}
"""Name and window of each."""


def strongest(zone_of: Mapping[str, str], reads: Sequence[BadgeRead], window_s: float) -> Course:
    """Follow a badge by the antenna with the highest mean level, four times a second.

    It gets the reads in the order of time, and waits for none that come late.
    """
    ordered = sorted(reads)
    times = [read.t_ns for read in ordered]
    begin_ns, end_ns = times[0], times[-1]
    entries: list[Entry] = []
    for at_ns in range(begin_ns + STEP_NS, end_ns + 1, STEP_NS):
        first = bisect_right(times, at_ns - round(window_s * NS_PER_S))
        levels: dict[str, list[float]] = {}
        for read in ordered[first : bisect_right(times, at_ns)]:
            levels.setdefault(read.point, []).append(read.rssi_dbm)
        if not levels:
            continue
        best = max(levels, key=lambda point: (sum(levels[point]) / len(levels[point]), point))
        zone = zone_of.get(best)
        if zone is not None and (not entries or entries[-1].zone != zone):
            entries.append(Entry((at_ns - begin_ns) / NS_PER_S, zone))
    return Course(tuple(entries), (end_ns - begin_ns) / NS_PER_S)

"""What may go wrong with Floorwatch itself, and what shows that it is well again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.paging.channel_health import ChannelHealth
from backend.paging.outcome import Result
from contract.detection_kinds import DetectionKind
from contract.instants import ns, seconds

SILENT_S = 30
"""A gateway reports every two seconds. So long without one means that nobody is watched."""
FAILURES = 5
"""Hand-offs in a row that a channel may fail before that is no accident of one address."""
GOOD = 3
"""Hand-offs in a row that prove a channel well again."""
HUNG = 8
"""Hand-offs that never came back: the channel is not asked any more."""
STUCK_S = 15
QUIET_NS = ns(600)
"""So long without a stranger's word, and whoever spoke has stopped."""
ROOM_BYTES = 50_000_000
"""With less room on its disk a database will soon be full; with twice as much it is well."""
STRANGERS = frozenset(
    {"unknown-agent", "unsigned", "wrong-signature", "wrong-agent", "not-its-kind", "not-its-zone"}
)
"""Reasons of a gateway for not believing who spoke."""
UNREAD = "unreadable_refused"


@dataclass(frozen=True)
class Watched:
    """One thing that was looked at. With neither problem nor proof nothing is known for certain."""

    kind: DetectionKind
    """Of the incident that a problem makes."""
    cause: str
    problem: str | None = None
    """What is wrong, in a sentence that may name people: it is for those who are paged."""
    proof: str | None = None
    """What shows that it is well."""
    line: str = ""
    """The problem for every screen: it names nobody."""


def gateway(name: str, received_ns: int, now_ns: int, last_seen: Iterable[str]) -> Watched:
    """Look at when a gateway reported last."""
    silent_s = seconds(now_ns - received_ns)
    cause = f"gateway:{name}"
    if silent_s <= SILENT_S:
        return Watched(DetectionKind.BLIND_AREA, cause, proof=f"Gateway {name} reports again")
    line = f"Gateway {name} has not reported for {silent_s:.0f} s: nobody there is watched over"
    people = ", ".join(last_seen)
    told = f"No report from gateway {name}: nobody there is watched over"
    return Watched(
        DetectionKind.BLIND_AREA,
        cause,
        f"{told}. Last heard of: {people}" if people else told,
        line=line,
    )


def channel(health: ChannelHealth) -> Watched:
    """Look at how a channel's last hand-offs went."""
    cause = f"channel:{health.channel}"
    if health.hung >= HUNG:
        told = f"Channel {health.channel} hangs: {health.hung} hand-offs never came back"
        return Watched(DetectionKind.CANARY, cause, told, line=told)
    if health.failures >= FAILURES:
        told = f"Channel {health.channel} has failed {health.failures} times in a row"
        return Watched(
            DetectionKind.CANARY, cause, f"{told}: {health.error or 'no reason given'}", line=told
        )
    newest = health.results[:GOOD]
    if len(newest) == GOOD and all(result is Result.SENT for result in newest):
        return Watched(
            DetectionKind.CANARY, cause, proof=f"Channel {health.channel} has taken {GOOD} in a row"
        )
    return Watched(DetectionKind.CANARY, cause)


def engine(last_cycle_ns: int | None, started_ns: int, now_ns: int) -> Watched:
    """Look at when the engine last did all that was due."""
    late_s = abs(seconds(now_ns - (last_cycle_ns or started_ns)))
    if late_s > STUCK_S:
        told = f"The paging engine is {late_s:.0f} s late"
        return Watched(DetectionKind.CANARY, "engine", "The paging engine is late", line=told)
    return Watched(
        DetectionKind.CANARY, "engine", proof="The paging engine looks every second again"
    )


def room(free_bytes: int | None, *, full: bool) -> Watched:
    """Look at the room that the database has."""
    if full:
        told = "The database is full: pages go out of memory, and nothing is on record"
        return Watched(DetectionKind.CANARY, "database", told, line=told)
    if free_bytes is not None and free_bytes < ROOM_BYTES:
        told = f"The database's disk is nearly full: {free_bytes // 1_000_000} MB are left"
        return Watched(
            DetectionKind.CANARY, "database", "The database's disk is nearly full", line=told
        )
    if free_bytes is None or free_bytes >= 2 * ROOM_BYTES:
        return Watched(DetectionKind.CANARY, "database", proof="The database has room again")
    return Watched(DetectionKind.CANARY, "database")


def strangers(
    name: str, refused: Mapping[str, int], before: Mapping[str, int], quiet_ns: int
) -> Watched:
    """Look at whom a gateway has not believed since the last look."""
    cause = f"strangers:{name}"
    new = {
        reason: count
        for reason, count in sorted(refused.items())
        if reason in STRANGERS and count > before.get(reason, 0)
    }
    if new:
        told = ", ".join(f"{count} {reason}" for reason, count in new.items())
        line = f"Somebody speaks to gateway {name} who is not believed"
        return Watched(DetectionKind.CANARY, cause, f"{line}: {told}", line=line)
    if quiet_ns >= QUIET_NS:
        return Watched(DetectionKind.CANARY, cause, proof="No stranger has spoken for ten minutes")
    return Watched(DetectionKind.CANARY, cause)


def unread(name: str, troubles: Mapping[str, int], before: Mapping[str, int]) -> Watched:
    """Look whether alarms of a gateway could not be brought here in any form."""
    cause = f"unread:{name}"
    if troubles.get(UNREAD, 0) > before.get(UNREAD, 0):
        told = f"Gateway {name} has alarms that this backend does not take"
        return Watched(DetectionKind.CANARY, cause, told, line=told)
    return Watched(DetectionKind.CANARY, cause)

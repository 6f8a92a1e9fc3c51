"""What may go wrong with Floorwatch itself, and what shows that it is well again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.paging.channel_health import ChannelHealth
from backend.paging.outcome import TryResult
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
class SelfCheck:
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
    grave: bool = True
    """Paging or the watch over people hangs on it: the check of `/readyz` fails, and no heartbeat
    says that all is well."""


def gateway(name: str, received_ns: int, now_ns: int, last_seen: Iterable[str]) -> SelfCheck:
    """Look at when a gateway reported last."""
    silent_s = seconds(now_ns - received_ns)
    cause = f"gateway:{name}"
    if silent_s <= SILENT_S:
        return SelfCheck(DetectionKind.BLIND_AREA, cause, proof=f"Gateway {name} reports again")
    line = f"Gateway {name} has not reported for {silent_s:.0f} s: nobody there is watched over"
    people = ", ".join(last_seen)
    told = f"No report from gateway {name}: nobody there is watched over"
    return SelfCheck(
        DetectionKind.BLIND_AREA,
        cause,
        f"{told}. Last heard of: {people}" if people else told,
        line=line,
    )


def channel(health: ChannelHealth) -> SelfCheck:
    """Look at how a channel's last hand-offs went."""
    cause = f"channel:{health.channel}"
    if health.hung >= HUNG:
        told = f"Channel {health.channel} hangs: {health.hung} hand-offs never came back"
        return SelfCheck(DetectionKind.CANARY, cause, told, line=told)
    if health.failures >= FAILURES:
        told = f"Channel {health.channel} has failed {health.failures} times in a row"
        return SelfCheck(
            DetectionKind.CANARY, cause, f"{told}: {health.error or 'no reason given'}", line=told
        )
    newest = health.results[:GOOD]
    if len(newest) == GOOD and all(result is TryResult.SENT for result in newest):
        return SelfCheck(
            DetectionKind.CANARY, cause, proof=f"Channel {health.channel} has taken {GOOD} in a row"
        )
    return SelfCheck(DetectionKind.CANARY, cause)


def engine(last_cycle_ns: int | None, started_ns: int, now_ns: int) -> SelfCheck:
    """Look at when the engine last did all that was due."""
    late_s = abs(seconds(now_ns - (last_cycle_ns or started_ns)))
    if late_s > STUCK_S:
        told = f"The paging engine is {late_s:.0f} s late"
        return SelfCheck(DetectionKind.CANARY, "engine", "The paging engine is late", line=told)
    return SelfCheck(
        DetectionKind.CANARY, "engine", proof="The paging engine looks every second again"
    )


def room(free_bytes: int | None, *, full: bool) -> SelfCheck:
    """Look at the room that the database has."""
    if full:
        told = "The database is full: pages go out of memory, and nothing is on record"
        return SelfCheck(DetectionKind.CANARY, "database", told, line=told)
    if free_bytes is not None and free_bytes < ROOM_BYTES:
        told = f"The database's disk is nearly full: {free_bytes // 1_000_000} MB are left"
        return SelfCheck(
            DetectionKind.CANARY, "database", "The database's disk is nearly full", line=told
        )
    if free_bytes is None or free_bytes >= 2 * ROOM_BYTES:
        return SelfCheck(DetectionKind.CANARY, "database", proof="The database has room again")
    return SelfCheck(DetectionKind.CANARY, "database")


def strangers(
    name: str, refused: Mapping[str, int], before: Mapping[str, int], quiet_ns: int
) -> SelfCheck:
    """Look at whom a gateway has not believed since the last look.

    Nobody is woken for it: what is not believed does nothing, and a device whose own word is no
    longer believed is silent, which has a tier of its own.
    """
    cause = f"strangers:{name}"
    new = {
        reason: count
        for reason, count in sorted(refused.items())
        if reason in STRANGERS and count > before.get(reason, 0)
    }
    if new:
        # By doublings: the record is for reading, and the figures are in the gateway's metrics.
        told = ", ".join(f"at least {_doubling(count)} {each}" for each, count in new.items())
        line = f"Somebody speaks to gateway {name} who is not believed"
        return SelfCheck(DetectionKind.STRANGER, cause, f"{line}: {told}", line=line, grave=False)
    if quiet_ns >= QUIET_NS:
        proof = "No stranger has spoken for ten minutes"
        return SelfCheck(DetectionKind.STRANGER, cause, proof=proof)
    return SelfCheck(DetectionKind.STRANGER, cause)


def _doubling(count: int) -> int:
    """Return the power of two that a count has reached.

    >>> [_doubling(count) for count in (1, 2, 3, 9)]
    [1, 2, 2, 8]
    """
    return 1 << (count.bit_length() - 1)


def unread(name: str, troubles: Mapping[str, int], before: Mapping[str, int]) -> SelfCheck:
    """Look whether alarms of a gateway could not be brought here in any form."""
    cause = f"unread:{name}"
    if troubles.get(UNREAD, 0) > before.get(UNREAD, 0):
        told = f"Gateway {name} has alarms that this backend does not take"
        return SelfCheck(DetectionKind.CANARY, cause, told, line=told)
    return SelfCheck(DetectionKind.CANARY, cause)

"""What has happened since the gateway started, in numbers. Exact, however much is not logged."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.effects import Effects, Reason


@dataclass(frozen=True, slots=True)
class Stats:
    """The gateway at one instant. Counts are since its start."""

    at_ns: int
    site: str
    gateway: str
    connected: bool
    """The broker answers, and our own status comes back through it."""
    inbox_depth: int
    outbox_depth: int
    disk_full: bool
    """The latest commit failed, so nothing is acknowledged."""
    devices_heard: int = 0
    """Devices of which a block arrived in the last ten seconds."""
    messages: int = 0
    blocks: int = 0
    """Recorded, each once."""
    duplicates: int = 0
    late: int = 0
    ahead: int = 0
    """Messages of an agent whose clock is far ahead of ours: one of the two is wrong."""
    acknowledged: int = 0
    """Blocks that an agent was told are held: a copy is told again."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """By reason, as `gateway.effects.Reason` names them."""
    refused_of: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By device and reason; `unknown` stands for what the site file does not know."""
    unknown_fields: Mapping[str, int] = field(default_factory=dict)
    faults: int = 0
    """Times that a detector failed; the block was set aside for an engineer."""
    detections: int = 0
    delivered: int = 0
    delivery_failures: int = 0
    detections_folded: int = 0
    """Said again what one that waits says; they are in its count."""
    detections_set_aside: int = 0
    """The backend will never take them."""
    unreadable: int = 0
    """Claims put in the place of those that the backend refuses, or chokes on."""
    unreadable_refused: int = 0
    """It refuses even these."""
    evidence_pushed: int = 0
    evidence_failures: int = 0
    reports: int = 0
    """Accounts that the backend took."""
    report_failures: int = 0
    inbox_overflows: int = 0
    """Publishes that found no room, or gave way. Nobody acknowledged them, so they come again."""
    inbox_overflows_of: Mapping[str, int] = field(default_factory=dict)
    """By agent; `(other)` stands for all whom the site file does not know."""
    commit_failures: int = 0
    recorder_bytes: int = 0
    recorder_trimmed: int = 0
    connections: int = 0
    link_failures: int = 0
    history_written: int = 0
    history_lost: int = 0
    history_failures: int = 0


TROUBLES = (
    *("detections_set_aside", "unreadable", "unreadable_refused", "detections_folded"),
    *("delivery_failures", "evidence_failures", "inbox_overflows", "commit_failures", "faults"),
)
"""Counts of `Stats` that the report brings to the backend."""
MAX_FIELD_NAMES = 100
"""Names of unknown fields come from outside, so there may be any number of them."""
OTHER = "other"


class GatewayTally:
    """Counters that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._refused: Counter[tuple[str, Reason]] = Counter()
        self._unknown_fields: Counter[str] = Counter()
        self._heard_ns: dict[str, int] = {}

    def add(self, name: str, count: int = 1) -> None:
        """Add to one of the counts of `Stats`."""
        with self._lock:
            self._counts[name] += count

    def note(self, effects: Effects, messages: int) -> None:
        """Count what the ingest made of some messages."""
        with self._lock:
            self._counts["messages"] += messages
            self._counts["duplicates"] += effects.duplicates
            self._counts["late"] += effects.late
            self._counts["ahead"] += len(effects.ahead)
            self._counts["faults"] += effects.faults
            for record in effects.records:
                self._heard_ns[record.identity.device] = record.arrived_ns
            for reject in effects.rejects:
                self._refused[reject.label, reject.reason] += 1
            for name, count in effects.unknown_fields.items():
                known = name in self._unknown_fields
                room = len(self._unknown_fields) < MAX_FIELD_NAMES
                self._unknown_fields[name if known or room else OTHER] += count

    def counts(self) -> dict[str, int]:
        """Return the plain counts by their names in `Stats`."""
        with self._lock:
            return dict(self._counts)

    def troubles(self) -> dict[str, int]:
        """Return what somebody should know of beyond this machine, where there is any."""
        with self._lock:
            return {name: self._counts[name] for name in TROUBLES if self._counts[name]}

    def devices_heard(self, since_ns: int) -> int:
        """Return of how many devices a block has arrived since then."""
        with self._lock:
            return sum(at_ns >= since_ns for at_ns in self._heard_ns.values())

    def refused(self) -> dict[tuple[str, Reason], int]:
        """Return refusals by device and reason."""
        with self._lock:
            return dict(self._refused)

    def unknown_fields(self) -> dict[str, int]:
        """Return how often each field came that this version does not know."""
        with self._lock:
            return dict(self._unknown_fields)

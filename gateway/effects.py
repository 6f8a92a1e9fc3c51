"""What the bridge wants done about messages. The worker carries it out; a test reads it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from contract.detection import Detection


class Reason(StrEnum):
    """Why something was refused. A closed set, so that it can label a metric."""

    TOPIC = "topic"
    """The topic is outside our tree, or of another site."""
    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    """Not JSON at all, or JSON with NaN in it, or not an object."""
    UNKNOWN_MESSAGE = "unknown-message"
    """A message or a version that this gateway does not know."""
    INVALID = "invalid"
    """A message that we know, with a wrong shape or an absurd value."""
    AGENT = "agent"
    """The topic is one agent's, and the payload says that it is another's."""
    UNKNOWN_DEVICE = "unknown-device"
    WRONG_AGENT = "wrong-agent"
    """Another agent speaks for this device."""
    STREAM = "stream"
    """A message on a stream that carries another kind."""
    FUTURE = "future"
    """Measured more than five minutes from now."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which block, on which agent's topic."""

    agent: str
    block: str
    device: str
    boot: int
    seq: int

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What the block is known by, whoever brought it."""
        return self.device, self.block, self.boot, self.seq


@dataclass(frozen=True, slots=True)
class Record:
    """Write a block into the flight recorder; when that is durable, acknowledge it."""

    identity: Identity
    t0_ns: int
    end_ns: int
    arrived_ns: int
    late: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """Tell the agent that a block will never be taken, so that it stops sending it."""

    identity: Identity
    reason: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Count and log a refusal."""

    reason: Reason
    label: str
    """The device if the site file knows it, else `unknown`: bounded, for a metric."""
    device: str | None
    topic: str
    detail: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """Keep what a detector choked on, for an engineer. The stream goes on."""

    device: str
    reason: str
    payload: bytes
    at_ns: int


@dataclass(frozen=True, slots=True)
class Stands:
    """Keep what a block says until a newer one of its key says otherwise, however long that is."""

    key: str
    t0_ns: int
    record: Record


@dataclass(slots=True)
class Effects:
    """What is to be done about some messages, in the order in which they came.

    `records`, `detections`, `stands` and `set_aside` go into one commit. `known` may be
    acknowledged at once, a record only after the commit.
    """

    records: list[Record] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    stands: list[Stands] = field(default_factory=list)
    known: list[Identity] = field(default_factory=list)
    """Duplicates of what is durable: their first acknowledgement was perhaps lost."""
    refused: list[Refuse] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    unknown_fields: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    late: int = 0
    faults: int = 0

    def add(self, other: Effects) -> None:
        """Take in what is to be done about a later message."""
        self.records += other.records
        self.detections += other.detections
        self.set_aside += other.set_aside
        self.stands += other.stands
        self.known += other.known
        self.refused += other.refused
        self.rejects += other.rejects
        self.unknown_fields += other.unknown_fields
        self.duplicates += other.duplicates
        self.late += other.late
        self.faults += other.faults

    @property
    def durable_wanted(self) -> bool:
        """Whether anything must be written."""
        return bool(self.records or self.detections or self.set_aside)

"""What the ingest wants done about messages. The worker carries it out; a test reads it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from contract.detection import Detection
from contract.refusal import RefusedBlock
from contract.report import Bound


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
    UNKNOWN_AGENT = "unknown-agent"
    """Somebody speaks as an agent that is in no site file, the backend's own name among them."""
    UNSIGNED = "unsigned"
    SIGNATURE = "wrong-signature"
    """Not of the agent's key, or of another topic's."""
    KIND = "not-its-kind"
    """A device of this kind says no such thing: `contract.speech`."""
    ZONE = "not-its-zone"
    """A PLC of one zone speaks of another."""
    STREAM = "stream"
    """A message on a stream that carries another kind."""
    FUTURE = "future"
    """After the year 2200, which no clock says: it is taken as of its arrival."""
    LEFT_OUT = "left-out"
    """A part that could be spared could not be read; the rest was taken."""


PARTLY = frozenset({Reason.FUTURE, Reason.LEFT_OUT})
"""What was taken all the same, but for something beside it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which block it is, and of which agent, its author.

    Two agents' numbers have nothing in common.
    """

    agent: str
    block: str
    device: str
    boot: int
    seq: int
    session: str | None = field(default=None, compare=False)
    """Which run of the agent sent it: the answer is to that run. No part of the identity."""

    @property
    def key(self) -> tuple[str, str, int, int, str]:
        """What the block is known by."""
        return self.device, self.block, self.boot, self.seq, self.agent


@dataclass(frozen=True, slots=True)
class Record:
    """Write a block into the flight recorder; when that is durable, acknowledge it."""

    identity: Identity
    t0_ns: int
    end_ns: int
    arrived_ns: int
    late: bool
    payload: bytes
    signed: bool = False
    """With its agent's key, or fetched from the backend. Else it is only the broker's word."""


@dataclass(frozen=True, slots=True)
class RefuseBlock:
    """Tell whoever sent it, an agent or the backend, that a block will never be taken."""

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

    `records`, `detections`, `stands`, `bound` and `set_aside` go into one commit. `known` may be
    acknowledged at once, a record only after the commit.
    """

    records: list[Record] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    stands: list[Stands] = field(default_factory=list)
    known: list[Identity] = field(default_factory=list)
    """Duplicates of what is durable: their first acknowledgement was perhaps lost."""
    refused: list[RefuseBlock] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    misheard: list[RefusedBlock] = field(default_factory=list)
    """What agents could not read, among the records."""
    bound: list[Bound] = field(default_factory=list)
    """Devices that are an agent's from now on, because it spoke for them first."""
    doubted: set[str] = field(default_factory=set)
    """Agents in whose name something came that their key did not sign."""
    twins: set[str] = field(default_factory=set)
    """Agents of which two runs speak at a time."""
    ahead: dict[str, int] = field(default_factory=dict)
    """How far ahead of our clock an agent's newest samples are: one of two clocks is wrong."""
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
        self.misheard += other.misheard
        self.bound += other.bound
        self.doubted |= other.doubted
        self.twins |= other.twins
        self.ahead |= other.ahead
        self.unknown_fields += other.unknown_fields
        self.duplicates += other.duplicates
        self.late += other.late
        self.faults += other.faults

    @property
    def durable_wanted(self) -> bool:
        """Whether anything must be written."""
        return bool(self.records or self.detections or self.set_aside)

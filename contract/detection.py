"""`detection/1`: a detector's claim about a person or a device, and the tier it has."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import Field

from contract.detection_kinds import About, meaning
from contract.instants import ns
from contract.message import Base64, Counter, Identifier, Message, Nanoseconds
from contract.severity import Assessment, Facts

Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Phase = Literal["onset", "update", "clear"]
TrackName = Annotated[str, Field(pattern=r"^[0-9]{1,16}/[a-z]{0,7}[0-9]{1,16}(\.[0-9]{1,3})?$")]
"""Whom a camera sees: the boot of its agent, and the track's number in it."""


def subject_of(
    kind: str, person: str | None, zone: str | None, device: str, track: str | None = None
) -> str:
    """Return whom or what a claim is about, as one string.

    A camera tells of whomever it sees. Two people before one camera are two subjects: each is the
    track under which the camera knew them when the claim began.

    >>> subject_of("overcrowded", None, "kiln", "reader-1")
    'zone:kiln'
    >>> subject_of("person_down", None, "kiln", "camera-1", "3/17")
    'track:camera-1/3/17'
    """
    if person:
        return f"person:{person}"
    if zone and meaning(kind).about is About.ZONE:
        return f"zone:{zone}"
    return f"track:{device}/{track}" if track else f"device:{device}"


def detection_id(kind: str, subject: str, onset_ns: int) -> str:
    """Return the id that every copy of one claim has: 128 bits of kind, subject and onset.

    >>> detection_id("fall", "person:m-keller", 1_700_000_000_000_000_000)
    '2ae967bddbd18f1e28f4d45b536503c5'
    """
    told = f"{kind}|{subject}|{onset_ns}".encode()
    return hashlib.sha256(told).hexdigest()[:32]


class Detection(Message):
    """A claim that a condition began, went on, or ended. All phases of one claim share its `id`."""

    message: Literal["detection/1"] = "detection/1"
    id: str = Field(pattern=r"^[0-9a-f]{32}$", description="Same kind, subject and onset, same id")
    kind: Kind = Field(description="What happened: fall, zone_breach, sos, …")
    phase: Phase = Field(description="It began, goes on, or has ended")
    site: Identifier = Field(description="Where")
    device: Identifier = Field(description="What measured it")
    person: Identifier | None = Field(None, description="Whom it is about")
    zone: Identifier | None = Field(None, description="Where they are, as far as is known")
    onset_ns: Nanoseconds = Field(description="When the condition began in the signal")
    decided_ns: Nanoseconds = Field(description="Time of the sample that settled this phase")
    confidence: float = Field(ge=0, le=1, description="Chooses when to page, never the tier")
    evidence: dict[str, float] = Field(default_factory=dict, description="Numbers, units in names")
    reason: str = Field(max_length=500, description="The claim in words")
    facts: Facts = Field(description="What severity hangs on")
    assessment: Assessment = Field(description="The tier, with its rule and inputs")
    late: bool = Field(False, description="Measured long before it arrived")
    exercise: bool = Field(False, description="A replay or a drill: nobody is really hurt")
    track: TrackName | None = Field(
        None, description="Whom the camera in `device` sees: boot/number, as in tracks/1"
    )
    heard_ns: Nanoseconds | None = Field(
        None,
        description="The gateway's own clock when what settled this phase arrived",
    )
    signed: bool | None = Field(
        None,
        description="What the broker brought was signed by the agent; false where the site trusts "
        "its broker",
    )

    @property
    def subject(self) -> str:
        """Whom or what it is about, as one string."""
        return subject_of(self.kind, self.person, self.zone, self.device, self.track)

    @property
    def happened_ns(self) -> int:
        """The latest instant at which the condition can have begun, by the gateway's clock.

        A device's clock may be ahead, and nothing is heard before it has happened. A clock that is
        behind, and a block that was spooled, are taken at their word.
        """
        return self.onset_ns if self.heard_ns is None else min(self.onset_ns, self.heard_ns)

    @property
    def settled_ns(self) -> int:
        """The latest instant at which this phase can have been settled, by the gateway's clock."""
        return self.decided_ns if self.heard_ns is None else min(self.decided_ns, self.heard_ns)

    @property
    def still_since_ns(self) -> int | None:
        """The latest instant at which the stillness that this phase tells of can have begun.

        None where this phase tells of none: whoever it is about moves, or was not looked at. How
        long it has lasted is the fact `still_s` of a fall, of a device's own count and of this
        phase alone; of other kinds it is the number `still_s` of the evidence.
        """
        still_s = self.facts.still_s or self.evidence.get("still_s", 0.0)
        return max(0, self.settled_ns - ns(still_s)) if still_s > 0 else None


class Waveform(Message):
    """Evidence: the sensor's samples around an event, pushed by the gateway as they arrive."""

    message: Literal["waveform/1"] = "waveform/1"
    detection: str = Field(pattern=r"^[0-9a-f]{32}$", description="The claim that it supports")
    device: Identifier = Field(description="What measured it")
    t0_ns: Nanoseconds = Field(description="UTC time of the first sample")
    odr_hz: float = Field(ge=5, le=1600, description="Output data rate")
    scale_g: float = Field(gt=0, le=1, description="g a step of accel_i16")
    accel_i16: Base64 = Field(description="As in imu/1", min_length=6, max_length=6 * 40_000)
    range_g: float | None = Field(
        None, gt=0, le=400, description="Full scale: beyond it the sensor clipped"
    )
    complete: bool = Field(False, description="No later version of this window will come")

    @property
    def count(self) -> int:
        """How many samples there are."""
        return len(self.accel_i16) // 6


class Receipt(Message):
    """The backend's answer to a detection, given only after its commit."""

    about: str | None = Field(
        None, description="The detection's id: a receipt that names another or none is not believed"
    )
    incident: Counter = Field(description="Which it became part of; 0 for none")
    created: bool = Field(description="False when the incident was there already")
    evidence_wanted: bool = Field(True, description="Push the sensor window")
    commands: tuple[AskWearer, ...] = Field((), description="For the wearer's devices")


class Kept(Message):
    """The backend's answer to evidence, given only after its commit."""

    about: str | None = Field(None, description="The detection's id, as in a receipt")
    incident: Counter = Field(description="The incident that it belongs to")


class AskWearer(Message):
    """The backend wants a device to ask its wearer, stop, or warn them; or a camera for a clip."""

    id: str = Field(description="The same for every copy")
    device: Identifier = Field(description="Which is to ask")
    command: Literal["ask-all-right", "stop-asking", "warn", "clip"] = Field(
        description="What it is to do"
    )
    expires_ns: Nanoseconds = Field(description="Not carried out after this")
    from_ns: Nanoseconds | None = Field(None, description="Of a clip: its beginning")
    to_ns: Nanoseconds | None = Field(None, description="Of a clip: its end, perhaps yet to come")
    at_ns: Nanoseconds | None = Field(None, description="Of a clip: what it is about")
    upload: str | None = Field(
        None, max_length=2000, description="Of a clip: where it goes, a URL that lets it in"
    )


Receipt.model_rebuild()

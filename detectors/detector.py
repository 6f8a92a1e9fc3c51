"""What a detector is: settings, and two pure functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from contract.detection import Detection
from contract.detection_kinds import DetectionKind
from contract.message import Message
from contract.site import Site
from detectors.finding import Finding
from detectors.subject import Subject

S = TypeVar("S")


class Detector(BaseModel, ABC, Generic[S]):
    """A detector's settings, and the two pure functions that they parametrise.

    The settings are the fields, so they are validated, defaulted, documented and read from the
    `[[detector]]` table for free. What a detector remembers is a separate state that it never
    changes in place, so it can be pickled, compared and replayed. `step` reads no clock: time is in
    the message, and `tick/1` is the message that says only that time has passed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    """Its name in the site file."""
    tells: ClassVar[frozenset[DetectionKind]] = frozenset()
    """The kinds of what it finds. What each means is in `contract.detection_kinds`."""
    accepts: ClassVar[tuple[type[Message], ...]]
    """The messages that it takes. Add `Tick` to be told the time once a second."""
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "device"
    """One state a device, one for all that a person wears and carries, or one for all there is.

    Only a device's blocks are put back in order; the others are taken as they come. A detector of
    the whole site says with each finding which device it is about.
    """

    def at(self, site: Site) -> Self:
        """Return these settings for a site, for a detector that needs its zones or its readers."""
        return self

    lasts: ClassVar[bool] = False
    """Whether states of persons outlive the process: `lasting` and `resume` are asked then."""

    @property
    def remembers_s(self) -> float:
        """How far back lies what its state depends on, of a device that goes on sending.

        A gateway that is started anew plays so much of its recorder, so that nobody who has been
        still for two minutes is watched for another two.
        """
        return 30.0

    @property
    def follows_s(self) -> float:
        """For how long after an onset of its own it watches what comes of it, told over or not.

        A gateway that is started anew plays the recorder of that device from the onset, so that
        whoever was up after a fall and lies again is told of as by the process before.
        """
        return 0.0

    def lasting(self, state: S) -> S | None:
        """Return what of a state a process that is started anew must know; None for nothing.

        For what hangs on a message of hours ago, that no replay of the last seconds tells. It is
        written whenever it is another, so leave out what changes each second.
        """
        return None

    def resume(self, lasted: S, subject: Subject) -> S:
        """Return the state to go on with; what the site file says of `subject` may be news."""
        return lasted

    def takes_over(self, detection: Detection) -> bool:
        """Whether a detector of the whole site answers for another's detection.

        It is not told then: this detector, which is given it, says what it is.
        """
        return False

    @abstractmethod
    def start(self, subject: Subject) -> S:
        """Return the state before the first message about `subject`."""

    @abstractmethod
    def step(self, state: S, message: Message) -> tuple[S, tuple[Finding, ...]]:
        """Return the state after `message`, and what was found in it."""


AnyDetector = Detector[Any]

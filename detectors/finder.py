"""What a detector is while it runs: two pure functions, with its settings and the site inside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import UnionType
from typing import (
    Any,
    ClassVar,
    Generic,
    Literal,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from contract.detection import Detection
from contract.message import Message
from detectors.finding import Finding
from detectors.subject import Subject


class Settings(Protocol):
    """What a finder needs of any detector's settings."""

    kind: ClassVar[str]


D = TypeVar("D", bound=Settings)
S = TypeVar("S")
M = TypeVar("M", bound=Message)


class Finder(ABC, Generic[D, S, M]):
    """Finds, with settings `D`, what messages `M` show; `S` is what it remembers of a subject.

    The messages are declared once, as the last type of the base: `step` is given no other. Add
    `Tick` to be told the time once a second. What it remembers is a state that it never changes in
    place, so it can be pickled, compared and replayed. `step` reads no clock: time is in the
    message, and `tick/1` is the message that says only that time has passed.

    Parameters
    ----------
    settings
        The detector's. A subclass that needs the site takes from it what it needs, too.
    """

    accepts: ClassVar[tuple[type[Message], ...]] = ()
    """The messages that it takes, as its base declares them."""
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "device"
    """One state a device, one for all that a person wears and carries, or one for all there is.

    Only a device's blocks are put back in order; the others are taken as they come. A detector of
    the whole site says with each finding which device it is about.
    """
    lasts: ClassVar[bool] = False
    """Whether states of persons outlive the process: `lasting` and `resume` are asked then."""

    def __init__(self, settings: D) -> None:
        self.settings = settings

    def __init_subclass__(cls) -> None:
        """Take the messages from the base: they are declared in one place."""
        for base in vars(cls).get("__orig_bases__", ()):
            if get_origin(base) is not None and issubclass(get_origin(base), Finder):
                declared = get_args(base)[-1]
                if not isinstance(declared, TypeVar):
                    union = get_origin(declared) in (Union, UnionType)
                    cls.accepts = get_args(declared) if union else (declared,)

    @property
    def kind(self) -> str:
        """The detector's name in the site file."""
        return self.settings.kind

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
    def step(self, state: S, message: M) -> tuple[S, tuple[Finding, ...]]:
        """Return the state after `message`, and what was found in it."""


AnyFinder = Finder[Any, Any, Any]

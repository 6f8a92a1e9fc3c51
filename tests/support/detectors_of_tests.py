"""Detectors that make it visible what the pipeline does. No catalogue finds them."""

from __future__ import annotations

from typing import ClassVar, Literal

from contract.detection_kinds import DetectionKind
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.message import Message
from contract.tick import Tick
from detectors.detector import Detector
from detectors.finding import Finding
from detectors.subject import Subject

DEVICE_SILENT, IMPACT, SOS = DetectionKind.DEVICE_SILENT, DetectionKind.IMPACT, DetectionKind.SOS


class Numbers(Detector[tuple[int, ...]]):
    """Remembers the numbers of the blocks that it was shown, and tells all of them each time."""

    kind: ClassVar[str] = "numbers"
    accepts: ClassVar[tuple[type[Message], ...]] = (ImuBlock,)
    stepped: ClassVar[list[int]] = []

    def start(self, subject: Subject) -> tuple[int, ...]:
        return ()

    def step(
        self, state: tuple[int, ...], message: Message
    ) -> tuple[tuple[int, ...], tuple[Finding, ...]]:
        assert isinstance(message, ImuBlock)
        self.stepped.append(message.seq)
        state = (*state, message.seq)
        words = " ".join(map(str, state))
        at_ns = message.t0_ns
        return state, (Finding(IMPACT, "onset", at_ns, at_ns, 1.0, words[-500:]),)


class Broken(Detector[int]):
    """Raises at every third block."""

    kind: ClassVar[str] = "broken"
    accepts: ClassVar[tuple[type[Message], ...]] = (ImuBlock,)
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "device"

    def start(self, subject: Subject) -> int:
        return 0

    def step(self, state: int, message: Message) -> tuple[int, tuple[Finding, ...]]:
        if state == 2:
            raise ZeroDivisionError("one sample too many")
        return state + 1, ()


class BrokenForPersons(Broken):
    """The same, for all that one person wears."""

    kind: ClassVar[str] = "broken-person"
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "person"


class BrokenForTheSite(Broken):
    """The same, for all that there is."""

    kind: ClassVar[str] = "broken-site"
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "site"


class Nonsense(Detector[None]):
    """Claims what cannot be told."""

    kind: ClassVar[str] = "nonsense"
    accepts: ClassVar[tuple[type[Message], ...]] = (ImuBlock,)

    def start(self, subject: Subject) -> None:
        return None

    def step(self, state: None, message: Message) -> tuple[None, tuple[Finding, ...]]:
        assert isinstance(message, ImuBlock)
        at_ns = message.t0_ns
        sure = Finding(SOS, "onset", at_ns, at_ns, 1.0, "a claim")
        return None, (Finding(IMPACT, "onset", at_ns, at_ns, 1.7, "more than certain"), sure)


class Silence(Detector[int]):
    """Says so when a device was not heard for ten seconds."""

    kind: ClassVar[str] = "silence"
    accepts: ClassVar[tuple[type[Message], ...]] = (EventBlock, Tick)

    def start(self, subject: Subject) -> int:
        return 0

    def step(self, state: int, message: Message) -> tuple[int, tuple[Finding, ...]]:
        if isinstance(message, EventBlock):
            return message.t0_ns, ()
        assert isinstance(message, Tick)
        if message.at_ns - state < 10_000_000_000:
            return state, ()
        return state, (Finding(DEVICE_SILENT, "onset", state, message.at_ns, 1.0, "silent"),)


class SilenceOfPersons(Silence):
    """The same, for all that one person wears; it cannot name a device."""

    kind: ClassVar[str] = "silence-person"
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "person"

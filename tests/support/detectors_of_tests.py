"""Detectors that make it visible what the pipeline does. No catalogue finds them."""

from __future__ import annotations

from typing import ClassVar, Literal

from contract.detection_kinds import DetectionKind
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.site import Site
from contract.tick import Tick
from detectors.detector import Detector
from detectors.finder import AnyFinder, Finder
from detectors.finding import Finding
from detectors.subject import Subject

DEVICE_SILENT, IMPACT, SOS = DetectionKind.DEVICE_SILENT, DetectionKind.IMPACT, DetectionKind.SOS


class Plain(Detector):
    """A detector that needs nothing of the site: it runs as its `finder`."""

    finder: ClassVar[type[AnyFinder]]

    def at(self, site: Site) -> AnyFinder:
        return self.finder(self)


class NumbersFinder(Finder[Plain, tuple[int, ...], ImuBlock]):
    stepped: ClassVar[list[int]] = []

    def start(self, subject: Subject) -> tuple[int, ...]:
        return ()

    def step(
        self, state: tuple[int, ...], message: ImuBlock
    ) -> tuple[tuple[int, ...], tuple[Finding, ...]]:
        self.stepped.append(message.seq)
        state = (*state, message.seq)
        words = " ".join(map(str, state))
        at_ns = message.t0_ns
        return state, (Finding(IMPACT, "onset", at_ns, at_ns, 1.0, words[-500:]),)


class Numbers(Plain):
    """Remembers the numbers of the blocks that it was shown, and tells all of them each time."""

    kind: ClassVar[str] = "numbers"
    finder: ClassVar[type[AnyFinder]] = NumbersFinder


class BrokenFinder(Finder[Plain, int, ImuBlock]):
    def start(self, subject: Subject) -> int:
        return 0

    def step(self, state: int, message: ImuBlock) -> tuple[int, tuple[Finding, ...]]:
        if state == 2:
            raise ZeroDivisionError("one sample too many")
        return state + 1, ()


class BrokenOfPersonsFinder(BrokenFinder):
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "person"


class BrokenOfTheSiteFinder(BrokenFinder):
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "site"


class Broken(Plain):
    """Raises at every third block."""

    kind: ClassVar[str] = "broken"
    finder: ClassVar[type[AnyFinder]] = BrokenFinder


class BrokenForPersons(Plain):
    """The same, for all that one person wears."""

    kind: ClassVar[str] = "broken-person"
    finder: ClassVar[type[AnyFinder]] = BrokenOfPersonsFinder


class BrokenForTheSite(Plain):
    """The same, for all that there is."""

    kind: ClassVar[str] = "broken-site"
    finder: ClassVar[type[AnyFinder]] = BrokenOfTheSiteFinder


class NonsenseFinder(Finder[Plain, None, ImuBlock]):
    def start(self, subject: Subject) -> None:
        return None

    def step(self, state: None, message: ImuBlock) -> tuple[None, tuple[Finding, ...]]:
        at_ns = message.t0_ns
        sure = Finding(SOS, "onset", at_ns, at_ns, 1.0, "a claim")
        return None, (Finding(IMPACT, "onset", at_ns, at_ns, 1.7, "more than certain"), sure)


class Nonsense(Plain):
    """Claims what cannot be told."""

    kind: ClassVar[str] = "nonsense"
    finder: ClassVar[type[AnyFinder]] = NonsenseFinder


class SilenceFinder(Finder[Plain, int, EventBlock | Tick]):
    def start(self, subject: Subject) -> int:
        return 0

    def step(self, state: int, message: EventBlock | Tick) -> tuple[int, tuple[Finding, ...]]:
        if isinstance(message, EventBlock):
            return message.t0_ns, ()
        if message.at_ns - state < 10_000_000_000:
            return state, ()
        return state, (Finding(DEVICE_SILENT, "onset", state, message.at_ns, 1.0, "silent"),)


class SilenceOfPersonsFinder(SilenceFinder):
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "person"


class Silence(Plain):
    """Says so when a device was not heard for ten seconds."""

    kind: ClassVar[str] = "silence"
    finder: ClassVar[type[AnyFinder]] = SilenceFinder


class SilenceOfPersons(Plain):
    """The same, for all that one person wears; it cannot name a device."""

    kind: ClassVar[str] = "silence-person"
    finder: ClassVar[type[AnyFinder]] = SilenceOfPersonsFinder

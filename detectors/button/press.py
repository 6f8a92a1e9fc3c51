"""A press on a device: a call for help, or an answer."""

from __future__ import annotations

from typing import ClassVar

from contract.detection_kinds import ALL_IS_WELL, DetectionKind
from contract.event import EventBlock, EventName
from contract.site import Site
from detectors.detector import Detector
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.subject import Subject

SAYS: dict[EventName, tuple[DetectionKind, str]] = {
    "sos": (DetectionKind.SOS, "the wearer calls for help"),
    "button": (DetectionKind.SOS, "the wearer pressed the button"),
    "cancel": (DetectionKind.CANCEL, "the wearer cancels the alarm"),
    "all-right": (DetectionKind.ALL_RIGHT, 'the wearer answers "I am all right"'),
    "check-in": (DetectionKind.CHECK_IN, "the wearer checks in"),
}
"""Each press: the kind of detection, and the claim in words. A bare button is taken as a call."""


class ButtonDetector(Detector):
    """Passes presses on at once.

    Examples
    --------
    >>> from simulators.examples import pressed, told
    >>> told("button", pressed("sos"))
    ['onset sos SEV1']

    Notes
    -----
    It has nothing to decide and nothing to remember, so there is nothing to measure: every press
    that arrives is told, and one that the device did not send is not.
    """

    kind: ClassVar[str] = "button"
    tells: ClassVar = frozenset(kind for kind, _ in SAYS.values())

    def at(self, site: Site) -> ButtonFinder:
        """Return what runs with these settings."""
        return ButtonFinder(self)


class ButtonFinder(Finder[ButtonDetector, None, EventBlock]):
    """Says what was pressed. It remembers nothing."""

    def start(self, subject: Subject) -> None:
        """Return nothing: there is no state."""
        return

    def step(self, state: None, message: EventBlock) -> tuple[None, tuple[Finding, ...]]:
        """Say what was pressed."""
        kind, words = SAYS[message.event]
        at_ns = message.t0_ns
        reason = f"{words}: {message.detail}" if message.detail else words
        facts = {"cancelled": True} if kind in ALL_IS_WELL else {}
        return None, (Finding(kind, "onset", at_ns, at_ns, 1.0, reason, facts=facts),)

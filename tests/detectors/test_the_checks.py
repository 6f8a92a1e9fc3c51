"""The checks themselves: each catches a detector that breaks its promise, and no other does."""

from __future__ import annotations

from itertools import count
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field

from contract.detection_kinds import DetectionKind
from contract.imu import ImuBlock
from contract.site import Site
from contract.tick import Tick
from contract.tracks import TracksBlock
from detectors.detector import Detector
from detectors.finder import AnyFinder, Finder
from detectors.finding import Finding
from detectors.subject import Subject
from tests.support import eventful as streams
from tests.support.detector_checks import CHECKS, Check, check_does_not_see_cuts
from tests.support.eventful import eventful

IMPACT = DetectionKind.IMPACT
State = tuple[int, ...]
DRAWN = count()


class Honest(Detector):
    """Finds the third block.

    Examples
    --------
    >>> Honest.kind
    'honest'

    Notes
    -----
    It exists to be broken below.
    """

    kind: ClassVar[str] = "honest"
    tells: ClassVar = frozenset({IMPACT})

    said_at_ns: int = Field(0, description="How much later it decides than it should")

    def at(self, site: Site) -> HonestFinder:
        return HonestFinder(self)


class HonestFinder(Finder[Honest, Any, ImuBlock]):
    def __init__(self, settings: Honest | None = None) -> None:
        super().__init__(settings or Honest())

    def start(self, subject: Subject) -> Any:
        return (0,)

    def step(self, state: Any, message: ImuBlock) -> tuple[Any, tuple[Finding, ...]]:
        state = (state[0] + 1,)
        return state, (self.claim(message),) if state[0] == 3 else ()

    def claim(self, block: ImuBlock) -> Finding:
        return Finding(IMPACT, "onset", block.t0_ns, block.end_ns, 1.0, "the third block")


class Undocumented(Honest):
    said_at_ns: int = 1


class Sourceless(Honest):
    """Finds the third block.

    >>> Sourceless.kind
    'honest'
    """


class Exampleless(Honest):
    """Finds the third block.

    Notes
    -----
    It shows nothing.
    """


class SeesTheFuture(HonestFinder):
    def claim(self, block: ImuBlock) -> Finding:
        return Finding(IMPACT, "onset", block.t0_ns, block.end_ns + 1, 1.0, "soon")


class BeginsInTheMiddle(HonestFinder):
    def claim(self, block: ImuBlock) -> Finding:
        return Finding(IMPACT, "update", block.t0_ns, block.end_ns, 1.0, "still so")


class MisspellsAFact(HonestFinder):
    def claim(self, block: ImuBlock) -> Finding:
        at_ns = block.t0_ns
        return Finding(IMPACT, "onset", at_ns, at_ns, 1.0, "still", facts={"stil_s": 3.0})


class NeverTwiceTheSame(HonestFinder):
    def claim(self, block: ImuBlock) -> Finding:
        at_ns = block.t0_ns
        return Finding(IMPACT, "onset", at_ns, at_ns, 1.0, f"run {next(DRAWN)}")


class ChangesItsState(HonestFinder):
    def start(self, subject: Subject) -> Any:
        return [0]

    def step(self, state: Any, message: ImuBlock) -> tuple[Any, tuple[Finding, ...]]:
        state[0] += 1
        return state, (self.claim(message),) if state[0] == 3 else ()


class RemembersAll(HonestFinder):
    def step(self, state: Any, message: ImuBlock) -> tuple[Any, tuple[Finding, ...]]:
        after, found = super().step(state, message)
        return (*after, *state[1:], bytes(1000)), found


class KeepsItsPromise(HonestFinder):
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "person"
    lasts: ClassVar[bool] = True

    def lasting(self, state: Any) -> Any:
        return state


class LastsInNameOnly(KeepsItsPromise):
    def lasting(self, state: Any) -> Any:
        return None


class LastsForADevice(KeepsItsPromise):
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "device"


class ResumesSomethingElse(KeepsItsPromise):
    def resume(self, lasted: Any, subject: Subject) -> Any:
        return (lasted[0] + 1,)


class FindsNothing(HonestFinder):
    def step(self, state: Any, message: ImuBlock) -> tuple[Any, tuple[Finding, ...]]:
        return state, ()


def broken_promises(detector: AnyFinder) -> set[str]:
    return {check.__name__ for check in CHECKS if _fails(check, detector)}


def _fails(check: Check, detector: AnyFinder) -> bool:
    try:
        check(detector, eventful(detector))
    except AssertionError:
        return True
    return False


def _name(finder: AnyFinder) -> str:
    """Return the class that breaks a promise: what runs, or its settings."""
    broken = finder.settings if type(finder) is HonestFinder else finder
    return type(broken).__name__


@pytest.mark.parametrize(
    ("detector", "caught_by"),
    [
        (HonestFinder(), set()),
        (HonestFinder(Undocumented()), {"check_documented"}),
        (HonestFinder(Sourceless()), {"check_documented"}),
        (HonestFinder(Exampleless()), {"check_documented"}),
        (SeesTheFuture(), {"check_decides_after_the_fact"}),
        (BeginsInTheMiddle(), {"check_every_claim_begins"}),
        (MisspellsAFact(), {"check_findings_can_be_told"}),
        (NeverTwiceTheSame(), {"check_same_twice", "check_state_survives_a_restart"}),
        (ChangesItsState(), {"check_leaves_its_arguments_alone"}),
        (RemembersAll(), {"check_state_survives_a_restart"}),
        (KeepsItsPromise(), set()),
        (LastsInNameOnly(), {"check_what_lasts_can_be_resumed"}),
        (LastsForADevice(), {"check_what_lasts_can_be_resumed"}),
        (ResumesSomethingElse(), {"check_what_lasts_can_be_resumed"}),
        (FindsNothing(), {"check_finds_something"}),
    ],
    ids=lambda value: _name(value) if isinstance(value, Finder) else "",
)
def test_a_broken_promise_is_caught(detector: AnyFinder, caught_by: set[str]) -> None:
    assert broken_promises(detector) == caught_by


def test_a_detector_that_counts_blocks_sees_where_they_are_cut() -> None:
    with pytest.raises(AssertionError):
        check_does_not_see_cuts(HonestFinder(), eventful(HonestFinder()), [7])


class OfTracks(Finder[Honest, None, TracksBlock]):
    def start(self, subject: Subject) -> None:
        return None

    def step(self, state: None, message: TracksBlock) -> tuple[None, tuple[Finding, ...]]:
        return None, ()


def test_a_kind_of_message_that_no_check_knows_is_named_with_what_to_add(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {k: v for k, v in streams.STREAMS.items() if k is not TracksBlock}
    monkeypatch.setattr(streams, "STREAMS", known)
    with pytest.raises(AssertionError, match=r'"honest" accepts TracksBlock.*streams/honest.py'):
        eventful(OfTracks(Honest()))


class OfBoth(Finder[Honest, None, ImuBlock | Tick]):
    def start(self, subject: Subject) -> None:
        return None

    def step(self, state: None, message: ImuBlock | Tick) -> tuple[None, tuple[Finding, ...]]:
        return None, ()


class Further(OfBoth):
    keyed_by: ClassVar[Literal["device", "person", "site"]] = "site"


@pytest.mark.parametrize(
    ("finder", "accepts"),
    [
        pytest.param(HonestFinder, (ImuBlock,), id="one kind of message"),
        pytest.param(OfBoth, (ImuBlock, Tick), id="several"),
        pytest.param(Further, (ImuBlock, Tick), id="as its base says"),
    ],
)
def test_the_messages_are_declared_by_the_type_that_step_is_given(
    finder: type[AnyFinder], accepts: tuple[type, ...]
) -> None:
    assert finder.accepts == accepts

"""Somebody was to press a button by now, and has not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from pydantic import Field

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import NS_PER_S, ns, seconds
from contract.site import Site
from contract.tick import Tick
from detectors.detector import Detector
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.subject import Subject

END = "end"
"""A `check-in` with this `detail` ends the session."""


@dataclass(frozen=True, slots=True)
class Session:
    """A time in which somebody has promised to check in."""

    last_ns: int | None = None
    """When they last pressed; None until the next tick tells when it began."""
    excused_ns: int | None = 0
    """Before this nothing is missed: presses may be on their way. None: the next tick tells."""
    claim_ns: int | None = None
    """The onset of the missed check-in that was told."""


@dataclass(frozen=True, slots=True)
class CheckInState:
    """One person, the devices on their body, and their session."""

    lone: bool
    worn: frozenset[str] = frozenset()
    at_ns: int | None = None
    session: Session | None = None


class CheckInDetector(Detector):
    """No press on any of a wearer's devices for `every_s` and then `grace_s`.

    A `check-in` begins a session. Who works alone (`lone = true`) has one from when a device of
    theirs is first heard on the body. Any press counts as a check-in, from when it was pressed,
    also one that arrives late. The session ends with a `check-in` whose detail is "end", when
    all of the wearer's devices say that they are charging or off the body, or after `session_s`
    without a press.

    Only ticks make time pass. Where they paused for more than `away_s` the gateway was away, and
    presses have `arrive_s` to come in before any is missed.

    Examples
    --------
    >>> from simulators.examples import pressed, told
    >>> told("missed_check_in", pressed("check-in"), for_s=2200)
    ['onset missed_check_in SEV2']

    Notes
    -----
    The times are an example, to be set by the site's own risk assessment; no study or clause gives
    them. There is nothing to measure: what is not pressed in time is missed.
    """

    kind: ClassVar[str] = "missed_check_in"
    tells: ClassVar = frozenset({DetectionKind.MISSED_CHECK_IN})

    every_s: float = Field(1800.0, ge=10, le=86_400, description="How often to check in")
    grace_s: float = Field(300.0, ge=0, le=3600, description="So much later it is missed")
    session_s: float = Field(
        43_200.0, ge=60, le=172_800, description="Without a press, a session ends after this long"
    )
    away_s: float = Field(
        30.0, ge=2, le=600, description="A longer pause between ticks: the gateway was away"
    )
    arrive_s: float = Field(
        120.0, ge=0, le=3600, description="After a pause, presses may still arrive for this long"
    )

    def at(self, site: Site) -> CheckInFinder:
        """Return what runs with these settings."""
        return CheckInFinder(self)


class CheckInFinder(Finder[CheckInDetector, CheckInState, EventBlock | ImuBlock | Tick]):
    """Follows one person's session, over all that they wear."""

    keyed_by: ClassVar = "person"
    lasts: ClassVar[bool] = True

    def __init__(self, settings: CheckInDetector) -> None:
        super().__init__(settings)
        self.missed_after_ns = ns(settings.every_s + settings.grace_s)

    def start(self, subject: Subject) -> CheckInState:
        """Return somebody without a session."""
        return CheckInState(lone=subject.lone)

    def lasting(self, state: CheckInState) -> CheckInState | None:
        """Return the session, and what is worn."""
        if state.session is None and not state.worn:
            return None
        return replace(state, at_ns=None)

    def resume(self, lasted: CheckInState, subject: Subject) -> CheckInState:
        """Go on with the session, as after a pause. The site file says who works alone."""
        session = lasted.session and replace(lasted.session, excused_ns=None)
        return replace(lasted, lone=subject.lone, session=session)

    def step(
        self, state: CheckInState, message: EventBlock | ImuBlock | Tick
    ) -> tuple[CheckInState, tuple[Finding, ...]]:
        """Follow the session."""
        if isinstance(message, Tick):
            return self._tick(state, message.at_ns)
        if isinstance(message, EventBlock):
            return self._press(state, message)
        return self._heard(state, message)

    def _press(
        self, state: CheckInState, press: EventBlock
    ) -> tuple[CheckInState, tuple[Finding, ...]]:
        if press.event == "check-in" and press.detail.strip().lower() == END:
            return _ended(state, "the session has ended")
        # A device's clock may be ahead: nobody checks in for later than the next tick.
        now_ns = press.t0_ns
        if state.at_ns is not None:
            now_ns = min(now_ns, state.at_ns + NS_PER_S)
        session = state.session
        if session is None:
            stale = state.at_ns is not None and state.at_ns - now_ns > ns(self.settings.session_s)
            if press.event != "check-in" or stale:
                return state, ()
            return replace(state, session=Session(now_ns)), ()
        found: tuple[Finding, ...] = ()
        last_ns = max(session.last_ns or now_ns, now_ns)
        if session.claim_ns is not None and not self._missed(last_ns, state.at_ns):
            found = (_finding(session.claim_ns, "clear", state.at_ns, "has checked in", last_ns),)
            session = replace(session, claim_ns=None)
        return replace(state, session=replace(session, last_ns=last_ns)), found

    def _heard(
        self, state: CheckInState, block: ImuBlock
    ) -> tuple[CheckInState, tuple[Finding, ...]]:
        if block.worn is False:
            worn = state.worn - {block.device}
            if worn or not state.worn:
                return (state if worn == state.worn else replace(state, worn=worn)), ()
            return _ended(replace(state, worn=worn), "the device is charging, or off the body")
        if block.device in state.worn:
            return state, ()
        session = state.session or (Session() if state.lone else None)
        return replace(state, worn=state.worn | {block.device}, session=session), ()

    def _tick(self, state: CheckInState, at_ns: int) -> tuple[CheckInState, tuple[Finding, ...]]:
        before_ns, state = state.at_ns, replace(state, at_ns=at_ns)
        session = state.session
        if session is None:
            return state, ()
        if session.last_ns is None:
            session = replace(session, last_ns=at_ns)
        paused = before_ns is not None and not 0 <= at_ns - before_ns <= ns(self.settings.away_s)
        if paused or session.excused_ns is None:
            session = replace(session, excused_ns=at_ns + ns(self.settings.arrive_s))
        state = replace(state, session=session)
        assert session.last_ns is not None
        assert session.excused_ns is not None
        if at_ns - session.last_ns > ns(self.settings.session_s):
            words = f"no press for {self.settings.session_s:.0f} s: the session is over"
            return _ended(state, words)
        missed = self._missed(session.last_ns, at_ns) and at_ns >= session.excused_ns
        if session.claim_ns is not None or not missed:
            return state, ()
        onset_ns = session.last_ns + self.missed_after_ns
        late_s = seconds(at_ns - session.last_ns)
        words = f"has not checked in for {late_s / 60:.0f} min"
        found = _finding(onset_ns, "onset", at_ns, words, session.last_ns)
        return replace(state, session=replace(session, claim_ns=onset_ns)), (found,)

    def _missed(self, last_ns: int, at_ns: int | None) -> bool:
        return at_ns is not None and at_ns - last_ns >= self.missed_after_ns


def _ended(state: CheckInState, words: str) -> tuple[CheckInState, tuple[Finding, ...]]:
    session = state.session
    ended = replace(state, session=None)
    if session is None or session.claim_ns is None:
        return ended, ()
    return ended, (_finding(session.claim_ns, "clear", state.at_ns, words, session.last_ns or 0),)


def _finding(onset_ns: int, phase: Phase, at_ns: int | None, words: str, last_ns: int) -> Finding:
    decided_ns = max(onset_ns, at_ns or 0)  # the clock may have been set back
    return Finding(
        kind=DetectionKind.MISSED_CHECK_IN,
        phase=phase,
        onset_ns=onset_ns,
        decided_ns=decided_ns,
        confidence=1.0,
        reason=words,
        evidence={"since_press_s": round(max(0.0, seconds(decided_ns - last_ns)), 1)},
    )

"""The detectors that keep one state for all that a person wears and carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from contract.batch import BLOCKS, explain
from contract.message import Message
from contract.tick import Tick
from detectors.finder import AnyFinder
from detectors.finding import Finding
from detectors.outcome import Fault, Stepped
from detectors.subject import Subject


class Whose(NamedTuple):
    """Which detector's state, of whom."""

    detector: str
    """The detector's kind, and which of that kind: a site may have several."""
    person: str


class Persons:
    """Steps each detector with what concerns a person.

    Parameters
    ----------
    subject
        Returns what the site file says of a person; KeyError for nobody.
    """

    def __init__(self, detectors: Iterable[AnyFinder], subject: Callable[[str], Subject]) -> None:
        self._detectors: dict[str, AnyFinder] = {}
        for detector in detectors:
            if detector.keyed_by == "person":
                number = sum(d.kind == detector.kind for d in self._detectors.values())
                self._detectors[f"{detector.kind}#{number}"] = detector
        self._subject = subject
        self._states: dict[Whose, Any] = {}
        self._forms: dict[str, TypeAdapter[Any]] = {}
        self.messages = frozenset(
            name
            for name, kind in BLOCKS.items()
            if any(issubclass(kind, d.accepts) for d in self._detectors.values())
        )
        """The messages that any of them takes."""

    def known(self) -> list[str]:
        """Return of whom there is a state."""
        return sorted({whose.person for whose in self._states})

    def step(self, person: str, message: Message, *, again: bool = False) -> Stepped:
        """Return what each detector found, and which failed: those begin anew.

        With `again` those pass over it whose lasting state was resumed: it is in there.
        """
        stepped: list[tuple[str, tuple[Finding, ...]]] = []
        faults: list[Fault] = []
        for name, detector in self._detectors.items():
            if not isinstance(message, detector.accepts) or (again and detector.lasts):
                continue
            whose = Whose(name, person)
            if isinstance(message, Tick) and whose not in self._states:
                continue
            try:
                if whose not in self._states:
                    self._states[whose] = detector.start(self._subject(person))
                self._states[whose], found = detector.step(self._states[whose], message)
            except Exception as error:
                self._states.pop(whose, None)
                faults.append(Fault(detector.kind, person, f"{type(error).__name__}: {error}"))
            else:
                if found:
                    stepped.append((detector.kind, found))
        return Stepped(tuple(stepped), tuple(faults))

    def lasting(self) -> dict[Whose, bytes]:
        """Return what must outlive the process, as JSON."""
        kept: dict[Whose, bytes] = {}
        for whose, state in self._states.items():
            detector = self._detectors[whose.detector]
            lasting = detector.lasting(state) if detector.lasts else None
            if lasting is not None:
                kept[whose] = self._json_of(whose.detector, lasting).dump_json(lasting)
        return kept

    def resume(self, whose: Whose, body: bytes) -> str | None:
        """Take up what `lasting` said in an earlier process; return why not, where it does not fit.

        The site file may be another one by now, and so may this program.
        """
        detector = self._detectors.get(whose.detector)
        if detector is None or not detector.lasts:
            return "there is no such detector any more"
        try:
            subject = self._subject(whose.person)
        except KeyError:
            return "the site file does not know this person any more"
        try:
            form = self._json_of(whose.detector, detector.start(subject))
            lasted = form.validate_json(body)
        except ValidationError as error:
            return explain(error)
        self._states[whose] = detector.resume(lasted, subject)
        return None

    def _json_of(self, detector: str, state: object) -> TypeAdapter[Any]:
        # Half a millisecond to make, and wanted for everybody every second.
        if detector not in self._forms:
            self._forms[detector] = TypeAdapter(type(state))
        return self._forms[detector]

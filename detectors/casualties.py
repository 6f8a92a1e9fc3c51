"""How many people are down in a zone: several at once are a mass event."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from contract.detection import Detection
from contract.detection_kinds import DOWN
from contract.instants import ns
from contract.policy import SeverityPolicy
from contract.severity import assess

LASTS_NS = ns(3600)
"""Claims whose onsets lie further apart are not of one event."""
KEPT = 256
"""Claims that are remembered; the oldest go first."""


class _Casualty(NamedTuple):
    zone: str
    subject: str
    onset_ns: int


class Casualties:
    """Counts who is down by zone, one by one as it is told, until a claim is cleared.

    A claim says how many there are when it is told. Those that were told before say it with their
    next update. People are counted by subject: who fell and does not move is one.
    """

    def __init__(self, policy: SeverityPolicy) -> None:
        self._policy = policy
        self._down: OrderedDict[str, _Casualty] = OrderedDict()

    def counted(self, told: Detection) -> Detection:
        """Return a detection with the number of people down in its zone, if they are several."""
        if told.kind not in DOWN:
            return told
        self._down.pop(told.id, None)
        if told.phase == "clear" or told.zone is None:
            return told
        self._down[told.id] = _Casualty(told.zone, told.subject, told.onset_ns)
        if len(self._down) > KEPT:
            self._down.popitem(last=False)
        people = {
            other.subject
            for other in self._down.values()
            if other.zone == told.zone and abs(other.onset_ns - told.onset_ns) <= LASTS_NS
        }
        if len(people) < 2:
            return told
        facts = told.facts.model_copy(update={"people_down": len(people)})
        assessment = assess(facts, self._policy)
        return told.model_copy(update={"facts": facts, "assessment": assessment})

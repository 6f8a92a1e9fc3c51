"""What a run leaves behind, and the promises that it is held to. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from contract.instants import NS_PER_S
from tests.chaos.faults import Fault, Kind
from tests.chaos.responder import Taken
from tests.chaos.shift import Fall, same_fall

Key = tuple[str, int]
AFTER_ACKNOWLEDGEMENT_S = 15
"""A hand-off that was under way may still arrive: a channel's timeout and the longest freeze."""
CALLS = "paging"
"""What a timeline calls a rung's or a last resort's call; what is told or asked has other words."""
TAKES = "acknowledged"
ENDS_AN_ANSWER = frozenset(
    {"raised", "outgrown", "passed-over", "cannot", "unacknowledged", "reopened", "real"}
)
"""What has to stand in a timeline between an answer and the next call."""


class Call(NamedTuple):
    """What makes a page this one: a call of a round has a number, and a copy has the same."""

    round: int
    step: int
    person: str
    channel: str


class Entry(NamedTuple):
    """A line of a timeline: its number, its word, and the round that it called in."""

    seq: int
    what: str
    round: int | None = None


@dataclass(frozen=True)
class Incident:
    """An incident as the backend tells it at the end. Instants are those that really were."""

    id: int
    person: str
    onset_ns: int
    timeline: Sequence[Entry] = ()
    answered_ns: Sequence[int] = ()
    """When somebody's taking it was written down."""
    calls: Mapping[int, Call] = field(default_factory=dict)
    """By the page's number."""
    claimed: Sequence[tuple[int, int]] = ()
    """Page and instant of each attempt's beginning."""

    @property
    def answered_round(self) -> int | None:
        """The newest round that was called when it was first taken; None while it was not."""
        rounds = [0]
        for entry in self.timeline:
            if entry.what == TAKES:
                return max(rounds)
            if entry.round is not None:
                rounds.append(entry.round)
        return None


@dataclass
class Books:
    """Everything that is known when all is over."""

    faults: Sequence[Fault] = ()
    offered: set[Key] = field(default_factory=set)
    recorded: set[Key] = field(default_factory=set)
    spied: set[Key] = field(default_factory=set)
    """Acknowledgements that crossed the broker."""
    spooled: set[Key] = field(default_factory=set)
    """What the agents kept to the end."""
    falls: Sequence[Fall] = ()
    incidents: Sequence[Incident] = ()
    stand_ins: Sequence[str] = ()
    """About whom it was told that an alarm of theirs does not get through; it did in the end."""
    taken: Sequence[Taken] = ()
    acknowledged_ns: Mapping[int, int] = field(default_factory=dict)
    """By incident, when whoever acknowledged it was told that this is so."""
    deaths: Mapping[str, Sequence[int]] = field(default_factory=dict)
    exit_codes: Mapping[str, int] = field(default_factory=dict)
    restless: str | None = None

    @property
    def acknowledged(self) -> set[Key]:
        """What the agents were told is held, and gave up."""
        return (self.offered - self.spooled) | (self.spied & self.offered)

    @property
    def lost(self) -> set[Key]:
        """What no flight recorder has."""
        return self.offered - self.recorded

    @property
    def backend_crashes(self) -> int:
        """Ends of a backend, and disks that would not note that a page had gone out."""
        harmless = (Kind.FREEZE, Kind.CLOCK)
        faults = (f for f in self.faults if f.part == "backend" and f.kind not in harmless)
        return sum(1 for _ in faults) + len(self.deaths.get("backend", ()))

    @property
    def duplicates(self) -> int:
        """Second copies of a page."""
        return len(self.taken) - len({page.page for page in self.taken})


def _nothing_is_lost(books: Books) -> Iterator[str]:
    if missing := books.acknowledged - books.recorded:
        yield f"acknowledged, and in no recorder: {sorted(missing)}"
    if books.lost - books.acknowledged:
        yield f"never arrived: {sorted(books.lost - books.acknowledged)}"


def _each_fall_is_one_incident(books: Books) -> Iterator[str]:
    of: dict[int, list[Fall]] = defaultdict(list)
    for fall in books.falls:
        found = [i for i in books.incidents if same_fall(fall, Fall(i.person, i.onset_ns))]
        if len(found) != 1:
            yield f"{fall} has {len(found)} incidents: {[each.id for each in found]}"
        for each in found:
            of[each.id].append(fall)
    for incident in books.incidents:
        if incident.id not in of:
            yield f"nobody fell: {incident}"
    fell = {fall.person for fall in books.falls}
    for person in books.stand_ins:
        if person not in fell:
            yield f"an alarm of {person} is said not to get through, who never fell"
    if len(set(books.stand_ins)) < len(books.stand_ins):
        yield f"alarms that do not get through are not folded: {sorted(books.stand_ins)}"


def _each_incident_is_paged(books: Books) -> Iterator[str]:
    copies = Counter(page.page for page in books.taken)
    paged = {page.incident for page in books.taken}
    for incident in books.incidents:
        if incident.id not in paged:
            yield f"nobody was paged for {incident}"
        calls = Counter(incident.calls.values())
        for call in (call for call, count in calls.items() if count > 1):
            yield f"incident {incident.id}: {call} went out under two numbers, as if it were news"
    for number, count in copies.items():
        if count > 1 + books.backend_crashes:
            yield f"page {number} came {count} times after {books.backend_crashes} crashes"


def _copies_say_so(books: Books) -> Iterator[str]:
    seen: dict[int, str] = {}
    for page in books.taken:
        first = seen.setdefault(page.page, page.key)
        if page.key != first and not page.repeat:
            yield f"a copy of page {page.page} neither says (repeat) nor has the key {first}"


def _nobody_is_called_in_a_round_that_was_answered(books: Books) -> Iterator[str]:
    for incident in books.incidents:
        answered = incident.answered_round
        told_ns = books.acknowledged_ns.get(incident.id)
        if told_ns is not None and (answered is None or not incident.answered_ns):
            yield f"the acknowledgement of incident {incident.id} is forgotten"
        if answered is None or not incident.answered_ns:
            continue
        old = {page for page, call in incident.calls.items() if call.round <= answered}
        first_ns = min(incident.answered_ns)
        for page in (page for page, at_ns in incident.claimed if at_ns > first_ns and page in old):
            yield f"round {answered} of incident {incident.id} was answered, and page {page} begun"
        if told_ns is not None:
            until_ns = told_ns + AFTER_ACKNOWLEDGEMENT_S * NS_PER_S
            for taken in books.taken:
                if taken.page in old and taken.at_ns > until_ns:
                    late_s = (taken.at_ns - told_ns) / NS_PER_S
                    yield f"page {taken.page} came {late_s:.0f} s after the answer to its round"


def _nobody_is_called_while_an_answer_holds(books: Books) -> Iterator[str]:
    for incident in books.incidents:
        taken = False
        for entry in incident.timeline:
            if entry.what == TAKES:
                taken = True
            elif entry.what in ENDS_AN_ANSWER:
                taken = False
            elif entry.what == CALLS and taken:
                yield f"incident {incident.id} was taken, and {entry} calls for no reason"


def _timelines_are_whole(books: Books) -> Iterator[str]:
    for incident in books.incidents:
        seqs = [entry.seq for entry in incident.timeline]
        if seqs != list(range(1, len(seqs) + 1)) or not seqs:
            yield f"the timeline of incident {incident.id} goes {seqs}"


def _everybody_is_well(books: Books) -> Iterator[str]:
    if books.restless is not None:
        yield f"not idle: {books.restless}"
    for name, codes in books.deaths.items():
        yield f"{name} ended by itself: {list(codes)}"
    for name, code in books.exit_codes.items():
        yield f"{name} did not stop in order: exit code {code}"


PROMISES: Sequence[Callable[[Books], Iterator[str]]] = (
    _nothing_is_lost,
    _each_fall_is_one_incident,
    _each_incident_is_paged,
    _copies_say_so,
    _nobody_is_called_in_a_round_that_was_answered,
    _nobody_is_called_while_an_answer_holds,
    _timelines_are_whole,
    _everybody_is_well,
)


def broken_promises(books: Books) -> list[str]:
    """Return a sentence for everything that should not be."""
    return [told for promise in PROMISES for told in promise(books)]

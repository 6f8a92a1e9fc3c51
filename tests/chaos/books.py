"""What a run leaves behind, and the promises that it is held to. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contract.instants import NS_PER_S
from tests.chaos.faults import Fault, Kind
from tests.chaos.responder import Taken
from tests.chaos.shift import Fall, same_fall

Key = tuple[str, int]
AFTER_ACKNOWLEDGEMENT_S = 15
"""A hand-off that was under way may still arrive: a channel's timeout and the longest freeze."""


@dataclass(frozen=True)
class Incident:
    """An incident as the backend tells it at the end."""

    id: int
    person: str
    onset_ns: int
    seqs: Sequence[int] = ()
    """The numbers of its timeline's entries."""
    acknowledged_ns: int | None = None
    claimed_ns: Sequence[int] = ()
    """When each attempt at a page of it began."""


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
        faults = (f for f in self.faults if f.part == "backend" and f.kind is not Kind.FREEZE)
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


def _each_incident_is_paged(books: Books) -> Iterator[str]:
    copies = Counter(page.page for page in books.taken)
    pages: dict[tuple[int, str], set[int]] = defaultdict(set)
    for page in books.taken:
        pages[page.incident, page.severity].add(page.page)
    paged = {page.incident for page in books.taken}
    for incident in books.incidents:
        if incident.id not in paged:
            yield f"nobody was paged for {incident}"
    for number, count in copies.items():
        if count > 1 + books.backend_crashes:
            yield f"page {number} came {count} times after {books.backend_crashes} crashes"
    for (number, severity), ids in pages.items():
        # One person, one channel, one rung: one page a tier.
        if len(ids) > 1:
            yield f"incident {number} was paged at {severity} as {sorted(ids)}, as if it were news"


def _copies_say_so(books: Books) -> Iterator[str]:
    seen: dict[int, str] = {}
    for page in books.taken:
        first = seen.setdefault(page.page, page.key)
        if page.key != first and not page.repeat:
            yield f"a copy of page {page.page} neither says (repeat) nor has the key {first}"


def _nobody_is_paged_after_acknowledgement(books: Books) -> Iterator[str]:
    for incident in books.incidents:
        at_ns = incident.acknowledged_ns
        if at_ns is not None and any(claimed > at_ns for claimed in incident.claimed_ns):
            yield f"incident {incident.id} was acknowledged, and a page of it begun after that"
    for page in books.taken:
        told_ns = books.acknowledged_ns.get(page.incident)
        if told_ns is not None and page.at_ns > told_ns + AFTER_ACKNOWLEDGEMENT_S * NS_PER_S:
            yield f"page {page.page} came {(page.at_ns - told_ns) / 1e9:.0f} s after the answer"
    for number in books.acknowledged_ns:
        if not any(i.id == number and i.acknowledged_ns is not None for i in books.incidents):
            yield f"the acknowledgement of incident {number} is forgotten"


def _timelines_are_whole(books: Books) -> Iterator[str]:
    for incident in books.incidents:
        if list(incident.seqs) != list(range(1, len(incident.seqs) + 1)) or not incident.seqs:
            yield f"the timeline of incident {incident.id} goes {list(incident.seqs)}"


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
    _nobody_is_paged_after_acknowledgement,
    _timelines_are_whole,
    _everybody_is_well,
)


def broken_promises(books: Books) -> list[str]:
    """Return a sentence for everything that should not be."""
    return [told for promise in PROMISES for told in promise(books)]

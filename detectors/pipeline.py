"""Runs every detector over every device and person: order, duplicates, late blocks, gaps."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from contract.assignment import AssignmentBlock
from contract.batch import BLOCKS, explain
from contract.detection import Detection
from contract.detection_kinds import OBSERVATIONS, DetectionKind
from contract.message import Block, Message
from contract.reads import ReadsBlock
from contract.site import Site
from contract.tick import Tick
from detectors.assignments import Assignments
from detectors.casualties import Casualties
from detectors.context import Arrival, Context
from detectors.finder import AnyFinder
from detectors.finding import Finding
from detectors.lane import Lane
from detectors.outcome import Fault, Outcome, Verdict
from detectors.persons import Persons, Whose
from detectors.source import Sources
from detectors.standing import Holding
from detectors.subject import Subject
from detectors.whereabouts import Whereabouts

TOLD_KEPT = 4096
UNKNOWN_TAGS_KEPT = 1024
QUIET = Outcome("new")
"""What comes of nearly every block: nothing."""
OTHER_TAGS = "(other)"
"""Where a reader's unknown tags are counted once so many are: a dock hears thousands of pallets."""


class Pipeline:
    """Feeds each message to the detectors that accept it, one state a detector and subject.

    A block that comes twice is ignored. One that comes late, after its successors, is put back in
    its place and the detectors judge again from there, so a fall that was split by a lost message
    is still found. What a detector found once is said once.

    Parameters
    ----------
    site
        Tells whose device it is, where a reader stands, and how severity is judged.
    detectors
        As `detectors.catalogue.build` gives them.
    exercise
        Marks every detection as one in which nobody is really hurt.
    """

    def __init__(
        self, site: Site, detectors: Iterable[AnyFinder], *, exercise: bool = False
    ) -> None:
        self._site = site
        self._detectors = tuple(detectors)
        self._by_device = {
            name: tuple(
                d for d in self._detectors if d.keyed_by == "device" and issubclass(kind, d.accepts)
            )
            for name, kind in BLOCKS.items()
        }
        self._persons = Persons(self._detectors, self._person_subject)
        self._by_site = tuple(
            (number, d) for number, d in enumerate(self._detectors) if d.keyed_by == "site"
        )
        self._of_site: dict[int, Any] = {}
        self._sources = Sources(self._lanes, frozenset(site.devices))
        self._told: OrderedDict[tuple[str, str, str, int], None] = OrderedDict()
        self.whereabouts = Whereabouts(site)
        """Where everybody is, or was heard last."""
        self._casualties = Casualties(site.severity)
        self._holding = Holding(site)
        self._assignments = Assignments()
        self._context = Context(site, self.whereabouts, self._holding, exercise=exercise)
        self.unknown_tags: Counter[tuple[str, str]] = Counter()
        """Reads by (reader, tag) of tags that nobody carries."""

    def feed(
        self,
        block: Block,
        *,
        late: bool = False,
        again: bool = False,
        author: str = "",
        heard_ns: int | None = None,
        signed: bool | None = None,
    ) -> Outcome:
        """Return what the detectors found in `block`, or only that it is a duplicate.

        With `again` it was fed to an earlier process already, whose lasting states were resumed.
        Numbers are each `author`'s own: the agent that speaks for the device. `heard_ns` is when it
        arrived, by the gateway's clock, `signed` whether its agent had signed it: both are told,
        and decide nothing.

        An `ancient` block may be a duplicate or not; it is looked at, because the ids of what is
        found are the same each time.
        """
        source = self._sources.of(block.device, block.message, block.boot)
        verdict = source.note(author, block.seq)
        settled = None if verdict == "duplicate" else self._holding.settle(block)
        if settled is None:
            return Outcome(verdict)
        block = settled
        if isinstance(block, AssignmentBlock):
            self._assignments = self._assignments.after(block, self._site)
        arrival = Arrival(heard_ns, late, signed)
        detections: list[Detection] = []
        faults: list[Fault] = []
        for lane in source.lanes:
            found, raised = lane.feed(block)
            if found:
                detections += self._told_now(lane.kind, found, block.device, None, arrival, faults)
            if raised is not None:
                faults.append(Fault(lane.kind, block.device, raised))
        if type(block) is ReadsBlock:
            self._count_unknown(block)
        if block.message in self._persons.messages:
            for person, part in self._parts(block):
                found_of = self._persons.step(person, part, faults, again=again)
                for kind, found in found_of:
                    detections += self._told_now(kind, found, block.device, person, arrival, faults)
        of_site: list[Detection] = []
        if self._by_site:
            of_site += self._step_site_with(detections, block.device, arrival, faults)
            of_site += self._step_site(block, block.device, arrival, faults)
            of_site += self._step_site_with(_observed(of_site), block.device, arrival, faults)
        if not detections and not of_site and not faults:
            return QUIET if verdict == "new" else Outcome(verdict)
        return self._outcome(verdict, detections, of_site, faults)

    def tick(self, at_ns: int, *, heard_ns: int | None = None) -> Outcome:
        """Tell the detectors that ask for it that it is now `at_ns`, and return what they found.

        `heard_ns` is when that was said, by the gateway's clock.
        """
        message, arrival = Tick(at_ns=at_ns), Arrival(heard_ns)
        detections: list[Detection] = []
        faults: list[Fault] = []
        if any(d.keyed_by == "device" and Tick in d.accepts for d in self._detectors):
            for device, source in self._sources.latest():
                for lane in source.lanes:
                    found, raised = lane.tick(message)
                    detections += self._told_now(lane.kind, found, device, None, arrival, faults)
                    if raised is not None:
                        faults.append(Fault(lane.kind, device, raised))
        for person in self._persons.known():
            for kind, found in self._persons.step(person, message, faults):
                detections += self._told_now(kind, found, None, person, arrival, faults)
        of_site = self._step_site_with(detections, None, arrival, faults)
        of_site += self._step_site(message, None, arrival, faults)
        of_site += self._step_site_with(_observed(of_site), None, arrival, faults)
        return self._outcome("new", detections, of_site, faults)

    def zone_of(self, person: str) -> str | None:
        """Return the zone in which a person's badge is believed to be."""
        return self.whereabouts.now(person)

    def wearer_of(self, tag: str, at_ns: int) -> str | None:
        """Return who carried a tag at an instant; None for nobody."""
        return self._assignments.wearer(self._site, tag, at_ns)

    def remembers_s(self, message: str) -> float:
        """Return how much of a device's past the detectors of such blocks need."""
        kind = BLOCKS[message]
        return max(
            (d.remembers_s for d in self._detectors if issubclass(kind, d.accepts)), default=0
        )

    def follows_s(self, kind: str) -> float:
        """Return for how long after an onset of this kind what comes of it is watched."""
        return max((d.follows_s for d in self._detectors if d.kind == kind), default=0)

    def lasting(self) -> dict[Whose, bytes]:
        """Return states of persons that must outlive the process."""
        return self._persons.lasting()

    def resume(self, whose: Whose, body: bytes) -> str | None:
        """Take up one of `lasting`; return why not, where it does not fit any more."""
        return self._persons.resume(whose, body)

    def _outcome(
        self,
        verdict: Verdict,
        found: list[Detection],
        of_site: list[Detection],
        faults: list[Fault],
    ) -> Outcome:
        """Keep back what is an observation, or what a detector of the whole site answers for."""
        failed = {fault.detector for fault in faults}
        takers = [d for _, d in self._by_site if d.kind not in failed]
        told = [each for each in found if not any(d.takes_over(each) for d in takers)]
        return Outcome(
            verdict,
            tuple(
                self._casualties.counted(each)
                for each in told + of_site
                if each.kind not in OBSERVATIONS
            ),
            tuple(faults),
            tuple(_observed(found + of_site)),
        )

    def _lanes(self, device: str, message: str) -> tuple[Lane, ...]:
        subject = self._device_subject(device)
        return tuple(Lane(detector, subject) for detector in self._by_device.get(message, ()))

    def _parts(self, block: Block) -> Iterator[tuple[str, Message]]:
        """Yield whose block it is; a reader's reads are shared out by the tags' wearers."""
        if not isinstance(block, ReadsBlock):
            device = self._site.devices.get(block.device)
            if device is not None and device.wearer is not None:
                yield device.wearer, block
            return
        of_person: dict[str, list[Any]] = {}
        for read in block.reads:
            person = self.wearer_of(read.tag, read.t_ns)
            if person is not None:
                of_person.setdefault(person, []).append(read)
        for person, reads in of_person.items():
            yield person, block.model_copy(update={"reads": tuple(reads)})

    def _count_unknown(self, block: ReadsBlock) -> None:
        for read in block.reads:
            if self.wearer_of(read.tag, read.t_ns) is not None:
                continue
            key = (block.device, read.tag)
            if key not in self.unknown_tags and len(self.unknown_tags) >= UNKNOWN_TAGS_KEPT:
                key = (block.device, OTHER_TAGS)
            self.unknown_tags[key] += 1

    def _step_site_with(
        self, detections: list[Detection], device: str | None, arrival: Arrival, faults: list[Fault]
    ) -> list[Detection]:
        """Tell the detectors of the whole site what was found of persons and devices."""
        return [
            found
            for detection in tuple(detections)
            for found in self._step_site(detection, device, arrival, faults)
        ]

    def _step_site(
        self, message: Message, device: str | None, arrival: Arrival, faults: list[Fault]
    ) -> list[Detection]:
        detections: list[Detection] = []
        for number, detector in self._by_site:
            if not isinstance(message, detector.accepts):
                continue
            try:
                if number not in self._of_site:
                    self._of_site[number] = detector.start(Subject(self._site.id))
                self._of_site[number], found = detector.step(self._of_site[number], message)
            except Exception as error:
                self._of_site.pop(number, None)
                reason = f"{type(error).__name__}: {error}"
                faults.append(Fault(detector.kind, self._site.id, reason))
            else:
                detections += self._told_now(detector.kind, found, device, None, arrival, faults)
        return detections

    def _device_subject(self, device_id: str) -> Subject:
        device = self._site.devices.get(device_id)
        if device is None or device.wearer is None:
            return Subject(device_id, device=device_id, worn=device.worn if device else None)
        wearer = self._person_subject(device.wearer)
        return replace(wearer, id=device_id, device=device_id, worn=device.worn)

    def _person_subject(self, person: str) -> Subject:
        wearer = self._site.wearers[person]
        return Subject(person, wearer=person, roles=wearer.roles, lone=wearer.lone)

    def _told_now(
        self,
        kind: str,
        found: Iterable[Finding],
        device_id: str | None,
        person: str | None,
        arrival: Arrival,
        faults: list[Fault],
    ) -> Iterator[Detection]:
        """Yield what has not been said before; what cannot be said is the detector's fault."""
        for finding in found:
            device = self._site.devices.get(finding.device or device_id or "")
            whom = finding.person or person or (device.wearer if device else None)
            if finding.kind == DetectionKind.PRESENCE:
                if whom is None:
                    continue
                self.whereabouts.note(whom, finding)
            try:
                detection = self._context.detection(finding, device_id, whom, arrival)
            except ValidationError as error:
                subject = whom or device_id or ""
                faults.append(Fault(kind, subject, f"{finding.kind}: {explain(error)}"))
                continue
            told = (kind, detection.id, detection.phase, detection.decided_ns)
            if told in self._told:
                continue
            self._told[told] = None
            if len(self._told) > TOLD_KEPT:
                self._told.popitem(last=False)
            yield detection


def _observed(detections: Iterable[Detection]) -> list[Detection]:
    return [found for found in detections if found.kind in OBSERVATIONS]

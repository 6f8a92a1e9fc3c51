"""Runs every detector over every device and person: order, duplicates, late blocks, gaps."""

from __future__ import annotations

from collections.abc import Iterable

from contract.assignment import AssignmentBlock
from contract.batch import BLOCKS
from contract.detection import Detection
from contract.detection_kinds import OBSERVATIONS
from contract.message import Block, Message
from contract.reads import ReadsBlock
from contract.site import Site
from contract.tick import Tick
from detectors.casualties import Casualties
from detectors.context import Arrival, Context
from detectors.finder import AnyFinder
from detectors.lane import Lane
from detectors.outcome import Outcome
from detectors.persons import Persons, Whose
from detectors.said import Said
from detectors.seqwindow import Verdict
from detectors.sitewide import SiteWide
from detectors.source import Sources
from detectors.standing import Holding
from detectors.telling import Origin, Telling
from detectors.unknown_tags import UnknownTags
from detectors.wearers import Wearers
from detectors.whereabouts import Whereabouts

QUIET = Outcome(Verdict.NEW)
"""The outcome of nearly every block: nothing was found."""


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
        self._detectors = tuple(detectors)
        self._by_device = {
            name: tuple(
                d for d in self._detectors if d.keyed_by == "device" and issubclass(kind, d.accepts)
            )
            for name, kind in BLOCKS.items()
        }
        self._wearers = Wearers(site)
        self._persons = Persons(self._detectors, self._wearers.person)
        self._of_site = SiteWide(self._detectors, site.id)
        self._sources = Sources(self._lanes, frozenset(site.devices))
        self.whereabouts = Whereabouts(site)
        """Where everybody is, or was heard last."""
        self._casualties = Casualties(site.severity)
        self._holding = Holding(site)
        context = Context(site, self.whereabouts, self._holding, exercise=exercise)
        self._telling = Telling(self._wearers, self.whereabouts, context)
        self.unknown_tags = UnknownTags()
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
        settled = None if verdict is Verdict.DUPLICATE else self._holding.settle(block)
        if settled is None:
            return Outcome(verdict)
        block = settled
        if isinstance(block, AssignmentBlock):
            self._wearers.assign(block)
        if type(block) is ReadsBlock:
            self._count_unknown(block)
        off_ns = None if block.said_ns is None else block.said_ns - block.t0_ns
        said = Said(self._telling, Arrival(heard_ns, late, signed, off_ns))
        for lane in source.lanes:
            found, raised = lane.feed(block)
            if found or raised is not None:
                said.of_device(lane.kind, block.device, found, raised)
        if block.message in self._persons.messages:
            for person, part in self._wearers.shares(block):
                said.of_others(
                    self._persons.step(person, part, again=again), Origin(block.device, person)
                )
        if self._of_site:
            self._step_site(said, block, block.device)
        if said.is_empty:
            return QUIET if verdict is Verdict.NEW else Outcome(verdict)
        return self._outcome(verdict, said)

    def tick(self, at_ns: int, *, heard_ns: int | None = None) -> Outcome:
        """Tell the detectors that ask for it that it is now `at_ns`, and return what they found.

        `heard_ns` is when that was said, by the gateway's clock.
        """
        message, said = Tick(at_ns=at_ns), Said(self._telling, Arrival(heard_ns))
        if any(d.keyed_by == "device" and Tick in d.accepts for d in self._detectors):
            for device, source in self._sources.latest():
                for lane in source.lanes:
                    found, raised = lane.tick(message)
                    said.of_device(lane.kind, device, found, raised)
        for person in self._persons.known():
            said.of_others(self._persons.step(person, message), Origin(None, person))
        self._step_site(said, message, None)
        return self._outcome(Verdict.NEW, said)

    def zone_of(self, person: str) -> str | None:
        """Return the zone in which a person's badge is believed to be."""
        return self.whereabouts.now(person)

    def wearer_of(self, tag: str, at_ns: int) -> str | None:
        """Return who carried a tag at an instant; None for nobody."""
        return self._wearers.of_tag(tag, at_ns)

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

    def _step_site(self, said: Said, message: Message, device: str | None) -> None:
        """Tell the detectors of the whole site what was found so far, and the message itself.

        What they observe themselves they are told as well, each by all the others.
        """
        origin = Origin(device)
        for detection in tuple(said.detections):
            said.of_site(self._of_site.step(detection), origin)
        said.of_site(self._of_site.step(message), origin)
        for observation in _observed(said.by_site):
            said.of_site(self._of_site.step(observation), origin)

    def _outcome(self, verdict: Verdict, said: Said) -> Outcome:
        """Keep back what is an observation, or what a detector of the whole site answers for."""
        failed = frozenset(fault.detector for fault in said.faults)
        told = [d for d in said.detections if not self._of_site.answers_for(d, failed)]
        return Outcome(
            verdict,
            tuple(
                self._casualties.counted(each)
                for each in told + said.by_site
                if each.kind not in OBSERVATIONS
            ),
            tuple(said.faults),
            tuple(_observed(said.detections + said.by_site)),
        )

    def _lanes(self, device: str, message: str) -> tuple[Lane, ...]:
        subject = self._wearers.device(device)
        return tuple(Lane(detector, subject) for detector in self._by_device.get(message, ()))

    def _count_unknown(self, block: ReadsBlock) -> None:
        for read in block.reads:
            if self._wearers.of_tag(read.tag, read.t_ns) is None:
                self.unknown_tags.note(block.device, read.tag)


def _observed(detections: Iterable[Detection]) -> list[Detection]:
    return [found for found in detections if found.kind in OBSERVATIONS]

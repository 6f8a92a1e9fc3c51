"""The camera detector: follows people from track to track, and has watchers look at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from pydantic import Field, field_validator

from contract.errors import SiteFileError
from contract.instants import ns
from contract.site import Site
from contract.tick import Tick
from contract.tracks import Frame, TracksBlock
from detectors.detector import Detector
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.subject import Subject
from detectors.vision import watching
from detectors.vision.floor import Floor
from detectors.vision.following import Patience, People, followed, gone
from detectors.vision.person import Sure
from detectors.vision.watcher import AnyWatcher, Look

NEARLY_NS = ns(1.0)
"""Whoever was seen so shortly before the picture stood still is in it."""
Step = tuple["CameraState", tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class CameraState:
    """One camera and the people in front of it."""

    device: str | None = None
    people: People = field(default_factory=dict)
    next_number: int = 1
    now_ns: int = 0
    """The latest frame."""
    size_px: tuple[int, int] = (0, 0)
    watched: Mapping[str, Any] = field(default_factory=dict)
    """What each watcher remembers, by its kind."""


class CameraDetector(Detector):
    """Follows the people before a camera, and tells what its watchers find in their tracks.

    Pieces of track that follow on one another at one place are one person. What is found of them
    is each a file of `detectors/vision/watchers`: who stands in which zone, who lies on the floor,
    who is close to a vehicle, whether the camera sees at all. All share the same people. Each runs
    as it ships, unless a `[[detector.watch]]` table of its kind sets it.

    Examples
    --------
    >>> from simulators.examples import filmed, told
    >>> told("camera", filmed(("stands", 3), ("falls", 5)))
    ['onset fall SEV2']

    Notes
    -----
    An own design; docs/cameras.md says how it works, docs/accuracy/cameras.md what it reaches.
    """

    kind: ClassVar[str] = "camera"
    tells: ClassVar = frozenset[Any]().union(*(w.tells for w in watching.catalogue().values()))
    elsewhere: ClassVar[Mapping[str, str]] = watching.elsewhere()

    sure: float = Field(0.2, ge=0, le=1, description="Confidence that a person has had once")
    sure_at_rest: float = Field(
        0.35, ge=0, le=1, description="The same for who has never moved: most are furniture"
    )
    lost_s: float = Field(4.0, ge=0, le=120, description="Unseen so long in mid-picture: gone")
    edge_s: float = Field(1.5, ge=0, le=120, description="Unseen so long at its edge: gone")
    reach_heights: float = Field(
        0.4, ge=0, le=5, description="Lost, and found again within so many body heights …"
    )
    pace_heights_s: float = Field(
        0.3, ge=0, le=5, description="… and so many more each second: the same person"
    )
    silent_s: float = Field(
        30.0, gt=0, le=600, description="Not heard for so long: nobody is known to be there"
    )
    watch: tuple[dict[str, Any], ...] = Field(
        (), description="One table for each watcher that is to run other than it ships, by `kind`"
    )

    @field_validator("watch")
    @classmethod
    def _known(cls, watch: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        try:
            watching.build(watch)
        except SiteFileError as error:
            raise ValueError("; ".join(error.problems)) from None
        return watch

    def at(self, site: Site) -> CameraFinder:
        """Return what follows the people before the site's cameras."""
        return CameraFinder(self, site)


class CameraFinder(Finder[CameraDetector, CameraState, TracksBlock | Tick]):
    """Follows the people before one camera."""

    def __init__(self, settings: CameraDetector, site: Site) -> None:
        super().__init__(settings)
        self.floors = {d.id: Floor.of(d, site) for d in site.device if d.kind == "camera"}
        """What each camera watches."""
        self.watchers = watching.build(settings.watch)
        """What looks at the tracks."""
        self.belief = Sure(settings.sure, settings.sure_at_rest)
        """How sure it must be that somebody is a person."""
        self.patience = Patience(
            settings.lost_s, settings.edge_s, settings.reach_heights, settings.pace_heights_s
        )
        """How long whoever is lost is looked for."""

    def start(self, subject: Subject) -> CameraState:
        """Return a camera that has seen nobody yet."""
        return CameraState(subject.device, watched={w.kind: w.start() for w in self.watchers})

    def step(self, state: CameraState, message: TracksBlock | Tick) -> Step:
        """Follow the frames of a block, in the order of time."""
        found: tuple[Finding, ...] = ()
        if isinstance(message, Tick):
            return self._tick(state, message.at_ns)
        for frame in sorted(message.frames, key=lambda frame: frame.t_ns):
            if frame.t_ns > state.now_ns:
                state, new = self._frame(state, frame, message)
                found += new
        return state, found

    def _frame(self, state: CameraState, frame: Frame, block: TracksBlock) -> Step:
        state = replace(state, device=block.device, size_px=block.size_px)
        if frame.view != "clear":  # nobody leaves because nobody can be seen
            return self._asked(state, lambda watcher, known: watcher.blind(known, frame))
        people, seen, next_number = self._followed(state, frame, block)
        lost = frozenset(
            number
            for number, person in people.items()
            if person.unseen_s(frame.t_ns)
            and gone(person, frame.t_ns, block.size_px, self.patience)
        )
        floor = self.floors.get(block.device, Floor())
        look = Look(frame.t_ns, people, seen, lost, floor, block.size_px, block.sees, self.belief)
        state, found = self._asked(state, lambda watcher, known: watcher.look(known, look))
        people = {number: person for number, person in people.items() if number not in lost}
        return replace(state, people=people, next_number=next_number, now_ns=frame.t_ns), found

    def _followed(
        self, state: CameraState, frame: Frame, block: TracksBlock
    ) -> tuple[People, frozenset[int], int]:
        """Return everybody after a frame, the numbers of those in it, and the next free number."""
        if not frame.still:
            return followed(
                state.people, frame, block.boot, block.size_px, self.patience, state.next_number
            )
        people = {
            number: person.held(frame.t_ns)
            if state.now_ns - person.last.t_ns <= NEARLY_NS
            else person
            for number, person in state.people.items()
        }
        seen = frozenset(n for n, p in people.items() if p.last.t_ns == frame.t_ns)
        return people, seen, state.next_number

    def _tick(self, state: CameraState, at_ns: int) -> Step:
        """Give up everybody before a camera that is not heard any more: nobody knows who stays."""
        if not state.people or at_ns - state.now_ns < ns(self.settings.silent_s):
            return state, ()
        floor = self.floors.get(state.device or "", Floor())
        nobody, all_of_them = frozenset[int](), frozenset(state.people)
        look = Look(
            at_ns, state.people, nobody, all_of_them, floor, state.size_px, "people", self.belief
        )
        state, found = self._asked(state, lambda watcher, known: watcher.silent(known, look))
        return replace(state, people={}), found

    def _asked(
        self,
        state: CameraState,
        ask: Callable[[AnyWatcher, Any], tuple[Any, tuple[Finding, ...]]],
    ) -> Step:
        """Ask each watcher, with what it remembers."""
        found: tuple[Finding, ...] = ()
        watched: dict[str, Any] = {}
        for watcher in self.watchers:
            watched[watcher.kind], new = ask(watcher, state.watched[watcher.kind])
            found += new
        return replace(state, watched=watched), found

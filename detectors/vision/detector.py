"""The camera detector: tracks to people, people to visits of zones, posture to falls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import Field

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from contract.site import Site
from contract.tick import Tick
from contract.tracks import Frame, TracksBlock
from detectors.detector import Detector
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.subject import Subject
from detectors.vision import blindness as blindnesses
from detectors.vision import falls, nearness, visits
from detectors.vision.blindness import Blindness
from detectors.vision.falls import FallRules
from detectors.vision.floor import Floor
from detectors.vision.following import Patience, People, followed, gone
from detectors.vision.nearness import Near
from detectors.vision.person import Person, Sure
from detectors.vision.stay import Inertia

NEARLY_NS = ns(1.0)
"""Whoever was seen so shortly before the picture stood still is in it."""


@dataclass(frozen=True, slots=True)
class CameraState:
    """One camera and the people in front of it."""

    device: str | None = None
    people: People = field(default_factory=dict)
    next_number: int = 1
    now_ns: int = 0
    """The latest frame."""
    size_px: tuple[int, int] = (0, 0)
    blindness: Blindness | None = None
    near: tuple[Near, ...] = ()


class CameraDetector(Detector):
    """Who stands in which zone before a camera, and who lies on the floor.

    A visit is told when somebody's foot points have been in a zone in `looks` frames over at least
    `enter_s`, and its end when they have been outside for `leave_s` or unseen for `lost_s`. It is
    an observation: whether it is a breach, the zone detector says, which knows whose badge is
    there. Pieces of track that follow on one another at one place are one person.

    A fall is told when somebody upright sank fast (`fast_s`) and stays down for `confirm_s`;
    whoever lies there without having been seen to fall, after `person_down_s`. Someone down and
    not seen any more is down. A model that finds motion only leads to neither.

    Notes
    -----
    An own design; docs/cameras.md says how it works, docs/accuracy/cameras.md what it reaches.
    """

    kind: ClassVar[str] = "camera"
    tells: ClassVar = frozenset(
        {
            DetectionKind.FALL,
            DetectionKind.PERSON_DOWN,
            DetectionKind.VISIT,
            DetectionKind.NEAR_VEHICLE,
            DetectionKind.BLIND_AREA,
        }
    )

    looks: int = Field(3, ge=1, le=100, description="Foot points inside that make a visit …")
    enter_s: float = Field(0.25, ge=0, le=60, description="… over at least this long")
    leave_s: float = Field(1.0, ge=0, le=60, description="Outside for so long: the visit is over")
    sure: float = Field(0.2, ge=0, le=1, description="Confidence that a visitor has had once")
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
    confirm_s: float = Field(1.0, ge=0, le=60, description="Down for so long after a fall …")
    lying_looks: int = Field(
        2, ge=1, le=100, description="… in so many looks, or one if seen to sink …"
    )
    lying_share: float = Field(0.6, ge=0, le=1, description="… and this share of all looks since")
    fast_s: float = Field(
        1.4, gt=0, le=10, description="Who sinks by a third of their height in less falls"
    )
    person_down_s: float = Field(
        20.0, ge=0, le=600, description="Lying for so long, though not seen to fall"
    )
    blind_s: float = Field(3.0, ge=0, le=600, description="Blind for so long: told")
    silent_s: float = Field(
        30.0, gt=0, le=600, description="Not heard for so long: nobody is known to be there"
    )
    near_m: float = Field(2.0, gt=0, le=50, description="On foot so close to a moving vehicle")
    moving_m_s: float = Field(0.5, ge=0, le=50, description="Slower than this a vehicle stands")
    still_s: float = Field(15.0, gt=0, le=600, description="Then lying still so long is told")

    def at(self, site: Site) -> CameraFinder:
        """Return what runs with these settings."""
        return CameraFinder(self, site)


class CameraFinder(Finder[CameraDetector, CameraState, TracksBlock | Tick]):
    """Follows the people before one camera."""

    def __init__(self, settings: CameraDetector, site: Site) -> None:
        super().__init__(settings)
        self.floors = {d.id: Floor.of(d, site) for d in site.device if d.kind == "camera"}
        """What each camera watches."""
        self.inertia = Inertia(settings.looks, settings.enter_s, settings.leave_s)
        """How slow visits begin and end."""
        self.belief = Sure(settings.sure, settings.sure_at_rest)
        """How sure it must be that a visitor is a person."""
        self.fall_rules = FallRules(
            settings.confirm_s,
            settings.lying_looks,
            settings.lying_share,
            settings.fast_s,
            settings.person_down_s,
            settings.still_s,
            self.belief,
        )
        """When somebody has fallen."""
        self.patience = Patience(
            settings.lost_s, settings.edge_s, settings.reach_heights, settings.pace_heights_s
        )
        """How long whoever is lost is looked for."""

    def start(self, subject: Subject) -> CameraState:
        """Return a camera that has seen nobody yet."""
        return CameraState(subject.device)

    def step(
        self, state: CameraState, message: TracksBlock | Tick
    ) -> tuple[CameraState, tuple[Finding, ...]]:
        """Follow the frames of a block, in the order of time."""
        found: list[Finding] = []
        if isinstance(message, Tick):
            return self._tick(state, message.at_ns)
        if isinstance(message, TracksBlock):
            for frame in sorted(message.frames, key=lambda frame: frame.t_ns):
                if frame.t_ns > state.now_ns:
                    state, new = self._frame(state, frame, message)
                    found += new
        return state, tuple(found)

    def _frame(
        self, state: CameraState, frame: Frame, block: TracksBlock
    ) -> tuple[CameraState, tuple[Finding, ...]]:
        blindness, found = blindnesses.watched(state.blindness, frame, self.settings.blind_s)
        state = replace(state, device=block.device, blindness=blindness, size_px=block.size_px)
        if frame.view != "clear":
            return state, found  # nobody leaves because nobody can be seen
        floor = self.floors.get(block.device, Floor())
        if frame.still:
            people: dict[int, Person] = {
                number: person.held(frame.t_ns)
                if state.now_ns - person.last.t_ns <= NEARLY_NS
                else person
                for number, person in state.people.items()
            }
            seen = frozenset(n for n, p in people.items() if p.last.t_ns == frame.t_ns)
            next_number = state.next_number
        else:
            after, seen, next_number = followed(
                state.people, frame, block.boot, block.size_px, self.patience, state.next_number
            )
            people = dict(after)
        for number, person in sorted(people.items()):
            zones = floor.zones(person.last.foot_px, block.size_px)
            zone = zones[0] if zones else None
            if number in seen:
                person, new = visits.looked(person, zones, self.inertia, self.belief, block.sees)
                found += new
            if person.seen == "person" and block.sees == "people":
                person, new = falls.judged(person, frame.t_ns, zone, self.fall_rules)
                found += new
            people[number] = person
            if person.unseen_s(frame.t_ns) and gone(
                person, frame.t_ns, block.size_px, self.patience
            ):
                found += visits.given_up(person, frame.t_ns) + falls.lost(person, frame.t_ns, zone)
                del people[number]
        near, new = nearness.watched(
            state.near,
            people.values(),
            frame.t_ns,
            floor,
            block.size_px,
            self.settings.near_m,
            self.settings.moving_m_s,
        )
        state = replace(state, people=people, next_number=next_number, now_ns=frame.t_ns, near=near)
        return state, found + new

    def _tick(self, state: CameraState, at_ns: int) -> tuple[CameraState, tuple[Finding, ...]]:
        """End the visits before a camera that is not heard any more: nobody knows who stays."""
        if not state.people or at_ns - state.now_ns < ns(self.settings.silent_s):
            return state, ()
        found: tuple[Finding, ...] = ()
        floor = self.floors.get(state.device or "", Floor())
        for _, person in sorted(state.people.items()):
            zones = floor.zones(person.last.foot_px, state.size_px)
            found += visits.given_up(person, at_ns)
            found += falls.lost(person, at_ns, zones[0] if zones else None)
        return replace(state, people={}), found

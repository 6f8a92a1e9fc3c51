"""Several sensors, one person, one event: what a camera sees of falls, and what people wear.

| a camera sees somebody go down, and | it is told as |
|---|---|
| a wearable told of a fall at that time, of somebody who may be there | an update of that fall |
| another camera told of one in that zone at that time | an update of that fall |
| one badge is in that zone, and its wearer has not just gone down | a fall of its wearer |
| a wearable may still tell of it: `hold_s` | one of the above, or then: |
| nobody else can be meant | a fall of somebody unidentified |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import Field

from contract.detection import Detection
from contract.detection_kinds import DOWN, DetectionKind
from contract.instants import ns, seconds
from contract.site import Site
from contract.tick import Tick
from detectors.claim import Claim, Worn
from detectors.detector import Detector
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.subject import Subject

KEPT = 256
"""Claims that are remembered; the oldest go first."""
FORGOTTEN_NS = ns(600)


@dataclass(frozen=True, slots=True)
class FusionState:
    """What wearables and cameras told of lately, and where badges are."""

    worn: tuple[Worn, ...] = ()
    held: tuple[Detection, ...] = ()
    """What cameras saw and what is not told yet."""
    claims: Mapping[str, Claim] = field(default_factory=dict)
    """What was told of each of a camera's detections, by its id."""
    where: Mapping[str, str] = field(default_factory=dict)
    """The zone of each badge, by who carries it."""


Step = tuple[FusionState, tuple[Finding, ...]]


class FusionDetector(Detector):
    """One event of what a camera and a wearable or badge tell of one person at one time and place.

    It answers for the falls that cameras see. Both sensors right is likelier than each: the joint
    confidence is 1 - (1 - a)(1 - b). That holds for independent errors; a wearable and a camera
    have little in common that could deceive both. Two cameras have much in common: the surer one
    counts. Of each fall a camera tells once: whom it sees go down beside who did is somebody else.
    A fall whose wearer cannot be told is a fall of somebody unidentified: it is late by
    `hold_s` at most, and never withheld.

    Examples
    --------
    >>> from simulators.examples import filmed, moved, told
    >>> felt = list(moved(("stand", 9), "fall_forward", ("lie_still", 5)))
    >>> seen = list(filmed(("stands", 9), ("falls", 5)))
    >>> [each for each in told("fall camera", felt, seen) if "onset" in each]
    ['onset fall SEV2', 'onset fall SEV2']
    >>> [each for each in told("fall camera fusion", felt, seen) if "onset" in each]
    ['onset fall SEV2']

    Notes
    -----
    An own design. Measured on the URFD falls, which both sensors saw: docs/accuracy/cameras.md.
    """

    kind: ClassVar[str] = "fusion"
    tells: ClassVar = frozenset({DetectionKind.FALL, DetectionKind.PERSON_DOWN})

    together_s: float = Field(
        6.0, gt=0, le=60, description="Falls told by two sensors within this are one"
    )
    person_down_s: float = Field(
        120.0,
        gt=0,
        le=600,
        description="The same, for somebody seen lying who was not seen to fall",
    )
    hold_s: float = Field(
        1.5, ge=0, le=5, description="So long a wearable may be later than the camera"
    )

    def at(self, site: Site) -> FusionFinder:
        """Return what runs with these settings."""
        return FusionFinder(self, site)


class FusionFinder(Finder[FusionDetector, FusionState, Detection | Tick]):
    """Holds what cameras see of falls against what wearables told, and where badges are."""

    keyed_by: ClassVar = "site"

    def __init__(self, settings: FusionDetector, site: Site) -> None:
        super().__init__(settings)
        self.site = site.anonymous()

    def takes_over(self, detection: Detection) -> bool:
        """Answer for what cameras see of falls."""
        return detection.kind in DOWN and self._is_camera(detection.device)

    def start(self, subject: Subject) -> FusionState:
        """Return a site of which nothing was told yet."""
        return FusionState()

    def step(self, state: FusionState, message: Detection | Tick) -> Step:
        """Take in what was found, and tell what it is together with the rest."""
        if isinstance(message, Tick):
            return self._due(state, message.at_ns)
        if message.kind == DetectionKind.PRESENCE:
            return self._moved(state, message), ()
        if self.takes_over(message):
            return self._seen(state, message)
        if (
            message.kind == DetectionKind.FALL
            and message.phase == "onset"
            and message.person is not None
        ):
            return self._worn(state, message, message.person)
        return state, ()

    def _moved(self, state: FusionState, told: Detection) -> FusionState:
        where = dict(state.where)
        if told.person is None or told.zone is None:
            return state
        if told.phase == "onset":
            where[told.person] = told.zone
        elif where.get(told.person) == told.zone:
            del where[told.person]
        return replace(state, where=where)

    def _worn(self, state: FusionState, told: Detection, person: str) -> Step:
        cameras = (
            camera
            for claim in state.claims.values()
            if claim.person == person and self._together(told.onset_ns, claim)
            for camera in claim.cameras
        )
        once = tuple(dict.fromkeys(cameras))
        worn = Worn(person, told.zone, told.onset_ns, told.confidence, once)
        kept = tuple(w for w in state.worn[-KEPT:] if told.onset_ns - w.onset_ns < FORGOTTEN_NS)
        state = replace(state, worn=(*kept, worn))
        fits = [seen for seen in state.held if self._agree(worn, seen)]
        if not fits:
            return state, ()
        seen = min(fits, key=lambda seen: abs(seen.onset_ns - worn.onset_ns))
        state = replace(state, held=tuple(d for d in state.held if d.id != seen.id))
        return self._joined(state, seen, worn, told.decided_ns)

    def _seen(self, state: FusionState, seen: Detection) -> Step:
        claim = state.claims.get(seen.id)
        if claim is not None:
            return state, (_again(seen, claim),)
        if seen.phase != "onset":
            held = tuple(d for d in state.held if d.id != seen.id)
            if len(held) < len(state.held):  # up again at once, before it was told: tell both
                state, first = self._unidentified(replace(state, held=held), seen)
                return state, (*first, _again(seen, state.claims[seen.id]))
            return self._unidentified(state, seen)
        fits = [worn for worn in state.worn if self._agree(worn, seen)]
        if fits:
            nearest = min(
                fits, key=lambda worn: (bool(worn.cameras), abs(seen.onset_ns - worn.onset_ns))
            )
            return self._joined(state, seen, nearest, seen.decided_ns)
        if (known := self._known(state, seen)) is not None:
            return self._seen_too(state, seen, known)
        here = [person for person, zone in state.where.items() if zone == seen.zone]
        if len(here) == 1 and not self._is_down(state, here[0], seen):
            return self._told(state, seen, here[0])
        if self.settings.hold_s and self._may_be_worn(state, seen):
            return replace(state, held=(*state.held[-KEPT:], seen)), ()
        return self._unidentified(state, seen)

    def _due(self, state: FusionState, at_ns: int) -> Step:
        found: tuple[Finding, ...] = ()
        for seen in state.held:
            if at_ns - seen.decided_ns >= ns(self.settings.hold_s):
                state = replace(state, held=tuple(d for d in state.held if d.id != seen.id))
                state, new = self._unidentified(state, seen)
                found += new
        return state, found

    def _agree(self, worn: Worn, seen: Detection) -> bool:
        """Whether a wearable and a camera may tell of one fall."""
        fits = self._together(worn.onset_ns, seen) and self._near(worn.zone, seen.zone)
        return fits and seen.device not in worn.cameras

    def _is_down(self, state: FusionState, person: str, seen: Detection) -> bool:
        """Whether somebody went down so lately that a camera now sees somebody else do so.

        Unless it still follows them under the same track: then they have been up again.
        """
        most_ns = ns(self.settings.person_down_s)
        claims = [
            (claim.onset_ns, claim.cameras == (seen.device,) and claim.track == seen.track)
            for claim in state.claims.values()
            if claim.person == person
        ]
        claims += [(worn.onset_ns, False) for worn in state.worn if worn.person == person]
        return any(
            abs(seen.onset_ns - onset_ns) <= most_ns and not the_same
            for onset_ns, the_same in claims
        )

    def _together(self, onset_ns: int, seen: Detection | Claim) -> bool:
        fell = seen.kind == DetectionKind.FALL
        most_s = self.settings.together_s if fell else self.settings.person_down_s
        return abs(seconds(seen.onset_ns - onset_ns)) <= most_s

    def _known(self, state: FusionState, seen: Detection) -> Claim | None:
        """Return what other cameras told of the same fall: of each fall a camera tells once.

        So of two cameras on one zone the one that sees more people down counts.
        """
        fits = [
            claim
            for claim in state.claims.values()
            if claim.zone is not None
            and claim.zone == seen.zone
            and seen.device not in claim.cameras
            and self._together(claim.onset_ns, seen)
        ]
        return min(fits, key=lambda claim: abs(seen.onset_ns - claim.onset_ns), default=None)

    def _near(self, zone: str | None, other: str | None) -> bool:
        """Whether somebody in the one may be seen in the other. Badges are off by a zone."""
        if zone is None or other is None or zone == other:
            return True
        zones = self.site.zones
        nested = any(a in zones and zones[a].within == b for a, b in ((zone, other), (other, zone)))
        return nested or other in self.site.neighbours.get(zone, frozenset())

    def _may_be_worn(self, state: FusionState, seen: Detection) -> bool:
        """Whether somebody with a wearable may be the one who was seen."""
        return any(
            device.kind == "imu"
            and device.wearer is not None
            and self._near(state.where.get(device.wearer), seen.zone)
            for device in self.site.device
        )

    def _joined(self, state: FusionState, seen: Detection, worn: Worn, at_ns: int) -> Step:
        joint = round(1 - (1 - worn.confidence) * (1 - seen.confidence), 3)
        cameras = (*worn.cameras, seen.device)
        claim = Claim(
            DetectionKind.FALL, worn.person, worn.onset_ns, joint, seen.zone, cameras, None
        )
        felt = tuple(w._replace(cameras=cameras) if w == worn else w for w in state.worn)
        claims = {
            id: each._replace(cameras=cameras)
            if (each.person, each.onset_ns) == (worn.person, worn.onset_ns)
            else each
            for id, each in state.claims.items()
        }
        state = _claimed(replace(state, worn=felt, claims=claims), seen, claim)
        apart_s = seconds(seen.onset_ns - worn.onset_ns)
        words = f"{seen.device} sees it too, {abs(apart_s):.1f} s apart: {seen.reason}"
        return state, (_finding(seen, claim, "update", at_ns, words),)

    def _seen_too(self, state: FusionState, seen: Detection, known: Claim) -> Step:
        """Tell that another camera sees it as well."""
        surer = max(known.confidence, seen.confidence)
        claim = known._replace(confidence=surer, cameras=(*known.cameras, seen.device))
        claims = {id: claim if each == known else each for id, each in state.claims.items()}
        words = f"{seen.device} sees it too: {seen.reason}"
        state = _claimed(replace(state, claims=claims), seen, claim)
        return state, (_finding(seen, claim, "update", seen.decided_ns, words),)

    def _told(self, state: FusionState, seen: Detection, person: str) -> Step:
        return self._anew(state, seen, person, f"{seen.reason}; the only badge in that zone")

    def _unidentified(self, state: FusionState, seen: Detection) -> Step:
        if (known := self._known(state, seen)) is not None:  # told while this was held
            return self._seen_too(state, seen, known)
        return self._anew(state, seen, None, f"somebody unidentified: {seen.reason}")

    def _anew(self, state: FusionState, seen: Detection, person: str | None, words: str) -> Step:
        cameras, sure = (seen.device,), seen.confidence
        claim = Claim(
            DetectionKind(seen.kind), person, seen.onset_ns, sure, seen.zone, cameras, seen.track
        )
        found = _finding(seen, claim, "onset", seen.decided_ns, words)
        return _claimed(state, seen, claim), (found,)

    def _is_camera(self, name: str) -> bool:
        device = self.site.devices.get(name)
        return device is not None and device.kind == "camera"


def _claimed(state: FusionState, seen: Detection, claim: Claim) -> FusionState:
    claims = {**state.claims, seen.id: claim}
    while len(claims) > KEPT:
        del claims[next(iter(claims))]
    return replace(state, claims=claims)


def _again(seen: Detection, claim: Claim) -> Finding:
    """Return a camera's further word, as one about the claim that it became.

    Movement ends nothing that a wearable told of: whoever gets up may still be hurt.
    """
    first = (claim.onset_ns, claim.cameras[0], claim.track)
    own = first == (seen.onset_ns, seen.device, seen.track)
    phase = seen.phase if own else "update"
    return _finding(seen, claim, phase, seen.decided_ns, f"{seen.device}: {seen.reason}")


def _finding(seen: Detection, claim: Claim, phase: str, at_ns: int, words: str) -> Finding:
    facts = {"still_s": seen.facts.still_s} if seen.facts.still_s else {}
    return Finding(
        kind=claim.kind,
        phase="onset" if phase == "onset" else "clear" if phase == "clear" else "update",
        onset_ns=claim.onset_ns,
        decided_ns=max(at_ns, claim.onset_ns),
        confidence=claim.confidence,
        reason=words[:500],
        evidence=dict(seen.evidence),
        facts=facts,
        zone=seen.zone,
        device=seen.device if claim.person else claim.cameras[0],
        person=claim.person,
        track=seen.track if claim.person else claim.track,
    )

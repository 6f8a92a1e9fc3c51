"""Which facts make which impact and urgency: one row a rule. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract.detection_kinds import DetectionKind
from contract.facts import Facts
from contract.policy import Hazard, Impact, SeverityPolicy, Urgency

Says = Callable[[Facts, SeverityPolicy], bool]


def _always(facts: Facts, policy: SeverityPolicy) -> bool:
    return True


@dataclass(frozen=True)
class Rule:
    """If it applies, it names an impact and an urgency. The worst rule that applies decides."""

    name: str
    impact: Impact
    urgency: Urgency
    because: str
    kinds: tuple[DetectionKind, ...]
    """What it is about; none: whatever has happened."""
    inputs: tuple[str, ...]
    """The facts that it looks at."""
    when: Says = _always
    """What must hold of these facts."""

    def applies(self, facts: Facts, policy: SeverityPolicy) -> bool:
        """Whether it says anything of these facts."""
        return (not self.kinds or facts.kind in self.kinds) and self.when(facts, policy)


def _all(*says: Says) -> Says:
    return lambda facts, policy: all(say(facts, policy) for say in says)


def free_fall_is_high(facts: Facts, policy: SeverityPolicy) -> bool:
    """Whether the fall was from height, as the policy counts it."""
    return facts.free_fall_s >= policy.height_free_fall_s


def lies_still(facts: Facts, policy: SeverityPolicy) -> bool:
    """Whether somebody has not moved since the fall for as long as the policy allows."""
    return facts.still_s >= policy.fall_still_s


def _no_answer(facts: Facts, policy: SeverityPolicy) -> bool:
    return facts.unanswered_s >= policy.no_answer_s


def _alone_or_in_danger(facts: Facts, policy: SeverityPolicy) -> bool:
    return facts.lone or facts.in_hazard


def _unauthorised(hazard: Hazard) -> Says:
    return lambda facts, policy: facts.hazard == hazard and facts.authorised == "no"


_K = DetectionKind
_FALL = (_K.FALL,)
_MAN_DOWN = (_K.NO_MOTION, _K.MISSED_CHECK_IN)
_LIES = (_K.PERSON_DOWN,)
_BREACH = (_K.ZONE_BREACH,)
_LONGER = (_K.ZONE_BREACH, _K.OVERSTAY)
_SILENT = (_K.DEVICE_SILENT, _K.BADGE_SILENT)
_UNWATCHED = (_K.TWO_PERSON, _K.NO_ATTENDANT)

RULES: tuple[Rule, ...] = (
    Rule("fall", "I3", "U3", "a fall: serious harm is credible, the state unknown",
         _FALL, ("kind",)),
    Rule("fall/lone", "I3", "U4", "a fall, and nobody near to see it",
         _FALL, ("kind", "lone"), lambda f, p: f.lone),
    Rule("fall/height", "I4", "U3", "a fall from height",
         _FALL, ("kind", "free_fall_s"), free_fall_is_high),
    Rule("fall/hazard-zone", "I4", "U3", "a fall inside a live hazard zone",
         _FALL, ("kind", "hazard", "live"), lambda f, p: f.in_hazard),
    Rule("fall/still", "I3", "U4", "fell and does not move",
         _FALL, ("kind", "still_s"), lies_still),
    Rule("fall/no-answer", "I3", "U4", "fell and does not answer the check-call",
         _FALL, ("kind", "unanswered_s"), _no_answer),
    Rule("man-down", "I3", "U3", "no sign of the wearer",
         _MAN_DOWN, ("kind",)),
    Rule("man-down/lone-or-hazard", "I3", "U4", "no sign of a wearer who is alone or in danger",
         _MAN_DOWN, ("kind", "lone", "hazard", "live"), _alone_or_in_danger),
    Rule("man-down/no-answer", "I3", "U4", "no sign of the wearer, and no answer",
         _MAN_DOWN, ("kind", "unanswered_s"), _no_answer),
    Rule("person-down", "I3", "U3", "a camera sees somebody lie on the floor and stay there",
         _LIES, ("kind",)),
    Rule("person-down/hazard-zone", "I4", "U3", "somebody lies in a live hazard zone",
         _LIES, ("kind", "hazard", "live"), lambda f, p: f.in_hazard),
    Rule("person-down/still", "I3", "U4", "lies on the floor and does not get up",
         _LIES, ("kind", "still_s"), lies_still),
    Rule("sos", "I4", "U4", "somebody calls for help",
         (_K.SOS,), ("kind",)),
    Rule("zone-a", "I3", "U3", "not authorised in an immediately dangerous zone, energy off",
         _BREACH, ("kind", "hazard", "authorised"), _unauthorised("A")),
    Rule("zone-a/live", "I4", "U4", "not authorised in an immediately dangerous zone, energy on",
         _BREACH, ("kind", "hazard", "authorised", "live"),
         _all(_unauthorised("A"), lambda f, p: f.live)),
    Rule("zone-a/idlh", "I4", "U4", "not authorised where it is immediately dangerous to breathe",
         _BREACH, ("kind", "idlh", "authorised"), lambda f, p: f.idlh and f.authorised == "no"),
    Rule("zone-b", "I2", "U3", "not authorised where vehicles move or loads hang",
         _BREACH, ("kind", "hazard", "authorised"), _unauthorised("B")),
    Rule("zone-b/dwell", "I2", "U4", "stays where vehicles move or loads hang",
         _BREACH, ("kind", "hazard", "authorised", "dwell_s"),
         _all(_unauthorised("B"), lambda f, p: f.dwell_s >= p.zone_b_dwell_s)),
    Rule("zone-c", "I1", "U2", "not authorised in a restricted zone",
         _BREACH, ("kind", "hazard", "authorised"), _unauthorised("C")),
    Rule("zone-c/dwell", "I1", "U3", "stays in a restricted zone",
         _BREACH, ("kind", "hazard", "authorised", "dwell_s"),
         _all(_unauthorised("C"), lambda f, p: f.dwell_s >= p.zone_c_dwell_s)),
    Rule("zone/expired", "I2", "U3", "permit or training has expired, or the stay is too long",
         _LONGER, ("kind", "authorised"), lambda f, p: f.authorised == "expired"),
    Rule("zone/expired-idlh", "I4", "U2",
         "permit or training has expired, or the stay is too long, where it is IDLH",
         _LONGER, ("kind", "authorised", "idlh"),
         lambda f, p: f.authorised == "expired" and f.idlh),
    Rule("overstay/long", "I3", "U3", "far too long in heat, cold, noise or a confined space",
         (_K.OVERSTAY,), ("kind", "overstay_s"), lambda f, p: f.overstay_s >= p.overstay_long_s),
    Rule("company", "I3", "U3", "the second person, or the attendant outside, is missing",
         _UNWATCHED, ("kind",)),
    Rule("company/idlh", "I4", "U4", "nobody stands by somebody who is where it is IDLH",
         _UNWATCHED, ("kind", "idlh"), lambda f, p: f.idlh),
    Rule("lone-work", "I2", "U3", "alone for longer than this zone allows",
         (_K.LONE_WORK,), ("kind",)),
    Rule("lone-work/danger", "I3", "U3", "alone in a live hazard zone for longer than allowed",
         (_K.LONE_WORK,), ("kind", "hazard", "live", "idlh"), lambda f, p: f.in_hazard),
    Rule("overcrowded", "I2", "U3", "more people than the zone may hold",
         (_K.OVERCROWDED,), ("kind",)),
    Rule("unknown-tag", "I1", "U2", "a tag that nobody carries, where the zone says so",
         (_K.UNKNOWN_TAG,), ("kind",)),
    Rule("unknown-tag/danger", "I3", "U3", "a tag that nobody carries, in a live hazard zone",
         (_K.UNKNOWN_TAG,), ("kind", "hazard", "live", "idlh"), lambda f, p: f.in_hazard),
    Rule("rescuer", "I4", "U2", "about to go in after somebody, uncleared, where it is IDLH",
         (_K.RESCUER,), ("kind", "idlh")),
    Rule("not-evacuated", "I4", "U4", "somebody is still inside after an evacuation",
         (_K.NOT_EVACUATED,), ("kind",)),
    Rule("silent", "I1", "U2", "a device is silent",
         _SILENT, ("kind",)),
    Rule("silent/lone-or-hazard", "I3", "U3", "the device of somebody alone or in danger is silent",
         _SILENT, ("kind", "lone", "hazard", "silent_s"),
         _all(_alone_or_in_danger, lambda f, p: f.silent_s >= p.silent_s)),
    Rule("silent/long", "I3", "U4", "the device of somebody alone or in danger stays silent",
         _SILENT, ("kind", "lone", "hazard", "silent_s"),
         _all(_alone_or_in_danger, lambda f, p: f.silent_s >= p.silent_long_s)),
    Rule("blind-area", "I3", "U3", "an area is not watched",
         (_K.BLIND_AREA,), ("kind",)),
    Rule("near-vehicle", "I3", "U2", "somebody on foot close to a vehicle that moves",
         (_K.NEAR_VEHICLE,), ("kind",)),
    Rule("canary", "I4", "U4", "the paging path itself has failed",
         (_K.CANARY,), ("kind",)),
    Rule("unreadable", "I3", "U3", "an alarm that could not be read",
         (_K.UNREADABLE,), ("kind",)),
    Rule("left-open", "I2", "U3", "incidents that an older version left open",
         (_K.LEFT_OPEN,), ("kind",)),
    Rule("stranger", "I1", "U2", "somebody speaks who is not believed, so nothing comes of it",
         (_K.STRANGER,), ("kind",)),
    Rule("stumble", "I1", "U1", "a recovery from a stumble: a leading indicator",
         (_K.STUMBLE,), ("kind",)),
    Rule("equipment", "I2", "U3", "equipment was struck",
         (_K.IMPACT,), ("kind",)),
    Rule("mass-event", "I4", "U4", "several people are down in one zone",
         (), ("kind", "people_down"), lambda f, p: f.people_down >= p.people_down),
)  # fmt: skip
"""Every rule, milder first. The worst tier wins; between equals the later, more specific rule."""

CANCELLED = Rule(
    "cancelled", "I2", "U3", "the wearer says that all is well: a welfare call remains",
    (), ("kind", "cancelled"), lambda f, p: f.cancelled,
)  # fmt: skip
UNLISTED = Rule(
    "unlisted", "I2", "U3", "a kind without a rule of its own: looked at within the hour",
    (), ("kind",),
)  # fmt: skip

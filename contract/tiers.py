"""Which facts make which impact and urgency: one row a rule. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract.facts import Facts
from contract.policy import Hazard, Impact, SeverityPolicy, Urgency

Says = Callable[[Facts, SeverityPolicy], bool]


@dataclass(frozen=True)
class Rule:
    """If it applies, it names an impact and an urgency. The worst rule that applies decides."""

    name: str
    impact: Impact
    urgency: Urgency
    because: str
    applies: Says
    inputs: tuple[str, ...]


def _is(*kinds: str) -> Says:
    return lambda facts, policy: facts.kind in kinds


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


_fall = _is("fall")
_man_down = _is("no_motion", "missed_check_in")
_breach = _is("zone_breach")
_silent = _is("device_silent", "badge_silent")
_unwatched = _is("two_person", "no_attendant")

RULES: tuple[Rule, ...] = (
    Rule("fall", "I3", "U3", "a fall: serious harm is credible, the state unknown",
         _fall, ("kind",)),
    Rule("fall/lone", "I3", "U4", "a fall, and nobody near to see it",
         _all(_fall, lambda f, p: f.lone), ("kind", "lone")),
    Rule("fall/height", "I4", "U3", "a fall from height",
         _all(_fall, free_fall_is_high), ("kind", "free_fall_s")),
    Rule("fall/hazard-zone", "I4", "U3", "a fall inside a live hazard zone",
         _all(_fall, lambda f, p: f.in_hazard), ("kind", "hazard", "live")),
    Rule("fall/still", "I3", "U4", "fell and does not move",
         _all(_fall, lies_still), ("kind", "still_s")),
    Rule("fall/no-answer", "I3", "U4", "fell and does not answer the check-call",
         _all(_fall, _no_answer), ("kind", "unanswered_s")),
    Rule("man-down", "I3", "U3", "no sign of the wearer",
         _man_down, ("kind",)),
    Rule("man-down/lone-or-hazard", "I3", "U4", "no sign of a wearer who is alone or in danger",
         _all(_man_down, _alone_or_in_danger), ("kind", "lone", "hazard", "live")),
    Rule("man-down/no-answer", "I3", "U4", "no sign of the wearer, and no answer",
         _all(_man_down, _no_answer), ("kind", "unanswered_s")),
    Rule("person-down", "I3", "U3", "a camera sees somebody lie on the floor and stay there",
         _is("person_down"), ("kind",)),
    Rule("person-down/hazard-zone", "I4", "U3", "somebody lies in a live hazard zone",
         _all(_is("person_down"), lambda f, p: f.in_hazard), ("kind", "hazard", "live")),
    Rule("person-down/still", "I3", "U4", "lies on the floor and does not get up",
         _all(_is("person_down"), lies_still), ("kind", "still_s")),
    Rule("sos", "I4", "U4", "somebody calls for help",
         _is("sos"), ("kind",)),
    Rule("zone-a", "I3", "U3", "not authorised in an immediately dangerous zone, energy off",
         _all(_breach, _unauthorised("A")), ("kind", "hazard", "authorised")),
    Rule("zone-a/live", "I4", "U4", "not authorised in an immediately dangerous zone, energy on",
         _all(_breach, _unauthorised("A"), lambda f, p: f.live),
         ("kind", "hazard", "authorised", "live")),
    Rule("zone-a/idlh", "I4", "U4", "not authorised where it is immediately dangerous to breathe",
         _all(_breach, lambda f, p: f.idlh and f.authorised == "no"),
         ("kind", "idlh", "authorised")),
    Rule("zone-b", "I2", "U3", "not authorised where vehicles move or loads hang",
         _all(_breach, _unauthorised("B")), ("kind", "hazard", "authorised")),
    Rule("zone-b/dwell", "I2", "U4", "stays where vehicles move or loads hang",
         _all(_breach, _unauthorised("B"), lambda f, p: f.dwell_s >= p.zone_b_dwell_s),
         ("kind", "hazard", "authorised", "dwell_s")),
    Rule("zone-c", "I1", "U2", "not authorised in a restricted zone",
         _all(_breach, _unauthorised("C")), ("kind", "hazard", "authorised")),
    Rule("zone-c/dwell", "I1", "U3", "stays in a restricted zone",
         _all(_breach, _unauthorised("C"), lambda f, p: f.dwell_s >= p.zone_c_dwell_s),
         ("kind", "hazard", "authorised", "dwell_s")),
    Rule("zone/expired", "I2", "U3", "permit or training has expired, or the stay is too long",
         _all(_is("zone_breach", "overstay"), lambda f, p: f.authorised == "expired"),
         ("kind", "authorised")),
    Rule("zone/expired-idlh", "I4", "U2",
         "permit or training has expired, or the stay is too long, where it is IDLH",
         _all(_is("zone_breach", "overstay"), lambda f, p: f.authorised == "expired" and f.idlh),
         ("kind", "authorised", "idlh")),
    Rule("overstay/long", "I3", "U3", "far too long in heat, cold, noise or a confined space",
         _all(_is("overstay"), lambda f, p: f.overstay_s >= p.overstay_long_s),
         ("kind", "overstay_s")),
    Rule("company", "I3", "U3", "the second person, or the attendant outside, is missing",
         _unwatched, ("kind",)),
    Rule("company/idlh", "I4", "U4", "nobody stands by somebody who is where it is IDLH",
         _all(_unwatched, lambda f, p: f.idlh), ("kind", "idlh")),
    Rule("lone-work", "I2", "U3", "alone for longer than this zone allows",
         _is("lone_work"), ("kind",)),
    Rule("lone-work/danger", "I3", "U3", "alone in a live hazard zone for longer than allowed",
         _all(_is("lone_work"), lambda f, p: f.in_hazard), ("kind", "hazard", "live", "idlh")),
    Rule("overcrowded", "I2", "U3", "more people than the zone may hold",
         _is("overcrowded"), ("kind",)),
    Rule("unknown-tag", "I1", "U2", "a tag that nobody carries, where the zone says so",
         _is("unknown_tag"), ("kind",)),
    Rule("unknown-tag/danger", "I3", "U3", "a tag that nobody carries, in a live hazard zone",
         _all(_is("unknown_tag"), lambda f, p: f.in_hazard), ("kind", "hazard", "live", "idlh")),
    Rule("rescuer", "I4", "U2", "about to go in after somebody, uncleared, where it is IDLH",
         _is("rescuer"), ("kind", "idlh")),
    Rule("not-evacuated", "I4", "U4", "somebody is still inside after an evacuation",
         _is("not_evacuated"), ("kind",)),
    Rule("silent", "I1", "U2", "a device is silent",
         _silent, ("kind",)),
    Rule("silent/lone-or-hazard", "I3", "U3", "the device of somebody alone or in danger is silent",
         _all(_silent, _alone_or_in_danger, lambda f, p: f.silent_s >= p.silent_s),
         ("kind", "lone", "hazard", "silent_s")),
    Rule("silent/long", "I3", "U4", "the device of somebody alone or in danger stays silent",
         _all(_silent, _alone_or_in_danger, lambda f, p: f.silent_s >= p.silent_long_s),
         ("kind", "lone", "hazard", "silent_s")),
    Rule("blind-area", "I3", "U3", "an area is not watched",
         _is("blind_area"), ("kind",)),
    Rule("near-vehicle", "I3", "U2", "somebody on foot close to a vehicle that moves",
         _is("near_vehicle"), ("kind",)),
    Rule("canary", "I4", "U4", "the paging path itself has failed",
         _is("canary"), ("kind",)),
    Rule("unreadable", "I3", "U3", "an alarm that could not be read",
         _is("unreadable"), ("kind",)),
    Rule("stumble", "I1", "U1", "a recovery from a stumble: a leading indicator",
         _is("stumble"), ("kind",)),
    Rule("equipment", "I2", "U3", "equipment was struck",
         _is("impact"), ("kind",)),
    Rule("mass-event", "I4", "U4", "several people are down in one zone",
         lambda f, p: f.people_down >= p.people_down, ("kind", "people_down")),
)  # fmt: skip
"""Every rule, milder first. The worst tier wins; between equals the later, more specific rule."""

CANCELLED = Rule(
    "cancelled", "I2", "U3", "the wearer says that all is well: a welfare call remains",
    lambda f, p: f.cancelled, ("kind", "cancelled"),
)  # fmt: skip
UNLISTED = Rule(
    "unlisted", "I2", "U3", "a kind without a rule of its own: looked at within the hour",
    lambda f, p: True, ("kind",),
)  # fmt: skip

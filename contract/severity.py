"""How bad it is: impact × urgency → SEV1–SEV4, and the rule and inputs that said so. Pure.

The matrix and the times are the site's to edit. The system may raise a tier by itself. Only a named
human lowers one; the wearer's own "I am all right" is such an act: it lowers, asks for a welfare
call, deletes nothing. Movement alone lowers nothing; confidence never changes a tier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.message import Message

Hazard = Literal["none", "A", "B", "C"]
"""A: immediately dangerous (IDLH, live robot cell, energised). B: vehicle lane, under load.
C: restricted."""

Impact = Literal["I1", "I2", "I3", "I4"]
"""Credible worst harm: I1 first aid or none, I2 medical treatment, I3 serious injury, I4 death."""

Urgency = Literal["U1", "U2", "U3", "U4"]
"""U1 plan, U2 over, U3 hurt or unknown, U4 incapacitated or still exposed."""


class Severity(StrEnum):
    """SEV1 wakes everybody it must; SEV4 waits for the shift's end."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"

    @property
    def rank(self) -> int:
        """1 is worst."""
        return int(self.value[-1])

    def worse_than(self, other: Severity) -> bool:
        """Whether this tier calls for more than `other`.

        >>> Severity.SEV1.worse_than(Severity.SEV2)
        True
        """
        return self.rank < other.rank


Row = tuple[Severity, Severity, Severity, Severity]
_S1, _S2, _S3, _S4 = Severity.SEV1, Severity.SEV2, Severity.SEV3, Severity.SEV4


class SeverityPolicy(BaseModel):
    """The `[severity]` table of the site file: the matrix, and when time makes things worse."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Columns: U4, U3, U2, U1, as the table is read aloud.
    i4: Row = Field((_S1, _S1, _S2, _S3), description="Tiers of impact I4 for U4, U3, U2, U1")
    i3: Row = Field((_S1, _S2, _S2, _S3), description="Tiers of impact I3 for U4, U3, U2, U1")
    i2: Row = Field((_S2, _S3, _S3, _S4), description="Tiers of impact I2 for U4, U3, U2, U1")
    i1: Row = Field((_S3, _S3, _S4, _S4), description="Tiers of impact I1 for U4, U3, U2, U1")

    fall_still_s: float = Field(15, gt=0, description="Stillness after a fall that makes it SEV1")
    no_answer_s: float = Field(60, gt=0, description="Silence to the check-call that makes it SEV1")
    height_free_fall_s: float = Field(
        0.6, gt=0, description="Free fall that counts as from height; 0.6 s is 1.8 m"
    )
    zone_b_dwell_s: float = Field(5, ge=0, description="Stay in class B that makes it SEV2")
    zone_c_dwell_s: float = Field(30, ge=0, description="Stay in class C that makes it SEV3")
    silent_s: float = Field(90, gt=0, description="Device silence in a hazard zone: SEV2")
    silent_long_s: float = Field(300, gt=0, description="Device silence in a hazard zone: SEV1")
    people_down: int = Field(3, ge=2, description="People down in one zone that make a mass event")
    certain_confidence: float = Field(
        0.6,
        ge=0,
        le=1,
        description="From here a detection pages at once; below, the wearer is asked",
    )
    ask_s: float = Field(20, ge=0, le=20, description="Longest wait for the wearer's answer")

    @model_validator(mode="after")
    def _worse_is_never_milder(self) -> SeverityPolicy:
        rows = {"i4": self.i4, "i3": self.i3, "i2": self.i2, "i1": self.i1}
        for name, row in rows.items():
            if [tier.rank for tier in row] != sorted(tier.rank for tier in row):
                raise ValueError(f"{name} = {[str(t) for t in row]}: tiers ease from U4 to U1")
        names = list(rows)
        for worse, milder in pairwise(names):
            if any(a.rank > b.rank for a, b in zip(rows[worse], rows[milder], strict=True)):
                raise ValueError(f"{worse} is milder than {milder} in some column")
        return self

    def tier(self, impact: Impact, urgency: Urgency) -> Severity:
        """Look up the matrix.

        >>> SeverityPolicy().tier("I3", "U3")
        <Severity.SEV2: 'SEV2'>
        """
        row = {"I4": self.i4, "I3": self.i3, "I2": self.i2, "I1": self.i1}[impact]
        return row[["U4", "U3", "U2", "U1"].index(urgency)]


class Facts(Message):
    """What is known about one event. It grows with each update, and every tier quotes it."""

    kind: str = Field(description="Of the detection")
    hazard: Hazard = Field("none", description="Class of the zone")
    live: bool = Field(False, description="The zone is energised, or its machine runs")
    lone: bool = Field(False, description="Works alone")
    authorised: Literal["yes", "no", "expired"] = Field("no", description="To be in the zone")
    free_fall_s: float = Field(0, ge=0, description="Before the impact")
    still_s: float = Field(0, ge=0, description="Without moving, after a fall")
    dwell_s: float = Field(0, ge=0, description="In the zone")
    silent_s: float = Field(0, ge=0, description="Since the device was heard")
    unanswered_s: float = Field(0, ge=0, description="Since the check-call that nobody answered")
    people_down: int = Field(0, ge=0, description="In one zone")
    cancelled: bool = Field(False, description="The wearer said that all is well")

    @property
    def in_hazard(self) -> bool:
        """Whether whoever lies here is in danger of more: class A always, class B while live."""
        return self.hazard == "A" or (self.hazard == "B" and self.live)

    def with_update(self, newer: Facts) -> Facts:
        """Return what is known after `newer`. Durations and counts only grow; a cancel stays."""
        return newer.model_copy(
            update={
                "hazard": newer.hazard if newer.hazard != "none" else self.hazard,
                "live": self.live or newer.live,
                "lone": self.lone or newer.lone,
                "free_fall_s": max(self.free_fall_s, newer.free_fall_s),
                "still_s": max(self.still_s, newer.still_s),
                "dwell_s": max(self.dwell_s, newer.dwell_s),
                "silent_s": max(self.silent_s, newer.silent_s),
                "unanswered_s": max(self.unanswered_s, newer.unanswered_s),
                "people_down": max(self.people_down, newer.people_down),
                "cancelled": self.cancelled or newer.cancelled,
            }
        )


class Assessment(Message):
    """A tier, with the rule and the inputs that gave it."""

    severity: Severity = Field(description="The tier")
    impact: Impact = Field(description="Credible worst harm")
    urgency: Urgency = Field(description="Whether somebody is in danger now")
    rule: str = Field(description="The rule's name, as in `RULES`")
    because: str = Field(description="The rule in words")
    inputs: dict[str, str] = Field(description="The facts that the rule looked at")


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


def _high(facts: Facts, policy: SeverityPolicy) -> bool:
    return facts.free_fall_s >= policy.height_free_fall_s


def _still(facts: Facts, policy: SeverityPolicy) -> bool:
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
_silent = _is("device_silent")

RULES: tuple[Rule, ...] = (
    Rule("fall", "I3", "U3", "a fall: serious harm is credible, the state unknown",
         _fall, ("kind",)),
    Rule("fall/lone", "I3", "U4", "a fall, and nobody near to see it",
         _all(_fall, lambda f, p: f.lone), ("kind", "lone")),
    Rule("fall/height", "I4", "U3", "a fall from height",
         _all(_fall, _high), ("kind", "free_fall_s")),
    Rule("fall/hazard-zone", "I4", "U3", "a fall inside a live hazard zone",
         _all(_fall, lambda f, p: f.in_hazard), ("kind", "hazard", "live")),
    Rule("fall/still", "I3", "U4", "fell and does not move",
         _all(_fall, _still), ("kind", "still_s")),
    Rule("fall/no-answer", "I3", "U4", "fell and does not answer the check-call",
         _all(_fall, _no_answer), ("kind", "unanswered_s")),
    Rule("man-down", "I3", "U3", "no sign of the wearer",
         _man_down, ("kind",)),
    Rule("man-down/lone-or-hazard", "I3", "U4", "no sign of a wearer who is alone or in danger",
         _all(_man_down, _alone_or_in_danger), ("kind", "lone", "hazard", "live")),
    Rule("man-down/no-answer", "I3", "U4", "no sign of the wearer, and no answer",
         _all(_man_down, _no_answer), ("kind", "unanswered_s")),
    Rule("sos", "I4", "U4", "somebody calls for help",
         _is("sos"), ("kind",)),
    Rule("zone-a", "I3", "U3", "not authorised in an immediately dangerous zone, energy off",
         _all(_breach, _unauthorised("A")), ("kind", "hazard", "authorised")),
    Rule("zone-a/live", "I4", "U4", "not authorised in an immediately dangerous zone, energy on",
         _all(_breach, _unauthorised("A"), lambda f, p: f.live),
         ("kind", "hazard", "authorised", "live")),
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
    Rule("canary", "I4", "U4", "the paging path itself has failed",
         _is("canary"), ("kind",)),
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


def assess(facts: Facts, policy: SeverityPolicy | None = None) -> Assessment:
    """Return the tier of what is known, with the rule and the inputs that gave it.

    Parameters
    ----------
    facts
        All that is known about the event so far.
    policy
        The site's matrix and times; what ships when None.

    Examples
    --------
    >>> found = assess(Facts(kind="fall", lone=True))
    >>> str(found.severity), found.rule, found.inputs
    ('SEV1', 'fall/lone', {'kind': 'fall', 'lone': 'yes'})
    """
    policy = policy or SeverityPolicy()

    def tier(rule: Rule) -> Severity:
        return policy.tier(rule.impact, rule.urgency)

    decided = UNLISTED
    for rule in (rule for rule in RULES if rule.applies(facts, policy)):
        if decided is UNLISTED or not tier(decided).worse_than(tier(rule)):
            decided = rule
    mass = facts.people_down >= policy.people_down
    if facts.cancelled and not mass and not tier(CANCELLED).worse_than(tier(decided)):
        decided = CANCELLED
    return _told(decided, facts, policy)


def _told(rule: Rule, facts: Facts, policy: SeverityPolicy) -> Assessment:
    def words(value: object) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        return f"{value:g}" if isinstance(value, float) else str(value)

    return Assessment(
        severity=policy.tier(rule.impact, rule.urgency),
        impact=rule.impact,
        urgency=rule.urgency,
        rule=rule.name,
        because=rule.because,
        inputs={name: words(getattr(facts, name)) for name in rule.inputs},
    )


def waits_for_answer(confidence: float, facts: Facts, policy: SeverityPolicy) -> bool:
    """Whether the wearer is asked before anybody is paged: an uncertain event, no added danger.

    For lone, height and hazard-zone work, and for whoever already lies still, nobody waits.

    >>> waits_for_answer(0.4, Facts(kind="fall"), SeverityPolicy())
    True
    >>> waits_for_answer(0.4, Facts(kind="fall", lone=True), SeverityPolicy())
    False
    """
    hurry = facts.lone or facts.in_hazard or _high(facts, policy) or _still(facts, policy)
    return confidence < policy.certain_confidence and not hurry

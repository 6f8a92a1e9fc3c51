"""How bad it is: impact × urgency → SEV1–SEV4, and the rule and inputs that said so. Pure.

The matrix and the times are the site's to edit (`contract.policy`); the rules are a table
(`contract.tiers`) over what is known (`contract.facts`). The system may raise a tier by itself.
Only a named human lowers one; the wearer's own "I am all right" is such an act: it lowers, asks for
a welfare call, deletes nothing. Movement alone lowers nothing; confidence never changes a tier.
"""

from __future__ import annotations

from pydantic import Field

from contract.facts import Facts
from contract.message import Message
from contract.policy import Hazard, Impact, Severity, SeverityPolicy, Urgency
from contract.tiers import CANCELLED, RULES, UNLISTED, Rule, free_fall_is_high, lies_still

__all__ = [
    "CANCELLED",
    "RULES",
    "UNLISTED",
    "Assessment",
    "Facts",
    "Hazard",
    "Impact",
    "Rule",
    "Severity",
    "SeverityPolicy",
    "Urgency",
    "applicable",
    "assess",
    "assess_without",
    "waits_for_answer",
]


class Assessment(Message):
    """A tier, with the rule and the inputs that gave it."""

    severity: Severity = Field(description="The tier")
    impact: Impact = Field(description="Credible worst harm")
    urgency: Urgency = Field(description="Whether somebody is in danger now")
    rule: str = Field(description="The rule's name, as in `RULES`")
    because: str = Field(description="The rule in words")
    inputs: dict[str, str] = Field(description="The facts that the rule looked at")


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


def applicable(facts: Facts, policy: SeverityPolicy) -> tuple[Rule, ...]:
    """Return every rule that these facts meet, milder first; what was cancelled is not counted.

    >>> [rule.name for rule in applicable(Facts(kind="fall", lone=True), SeverityPolicy())]
    ['fall', 'fall/lone']
    """
    return tuple(rule for rule in RULES if rule.applies(facts, policy))


def assess_without(
    facts: Facts, policy: SeverityPolicy, overruled: frozenset[str]
) -> Assessment | None:
    """Return the worst tier that rules give which nobody has overruled; None if no rule is left.

    A named human who lowers a tier overrules the rules that held then, whatever they were. A rule
    that comes to hold later is a new fact, and may raise again.

    >>> known = Facts(kind="fall", unanswered_s=60)
    >>> assess_without(known, SeverityPolicy(), frozenset({"fall", "fall/no-answer"})) is None
    True
    >>> later = known.model_copy(update={"still_s": 600})
    >>> found = assess_without(later, SeverityPolicy(), frozenset({"fall", "fall/no-answer"}))
    >>> found.rule if found else None
    'fall/still'
    """
    decided: Rule | None = None
    for rule in applicable(facts, policy):
        if rule.name in overruled:
            continue
        if (
            decided is None
            or policy.tier(rule.impact, rule.urgency).rank
            <= policy.tier(decided.impact, decided.urgency).rank
        ):
            decided = rule
    return None if decided is None else _told(decided, facts, policy)


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
    hurry = (
        facts.lone
        or facts.in_hazard
        or free_fall_is_high(facts, policy)
        or lies_still(facts, policy)
    )
    return confidence < policy.certain_confidence and not hurry

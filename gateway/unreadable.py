"""What is told in place of an alarm that the backend could not read. Pure.

Whatever was wrong with the alarm, somebody may be lying there. So what goes in its place has only
what cannot be wrong any more: times of the gateway's own clock, and names that the site file knows.
"""

from __future__ import annotations

from contract.detection import Detection, detection_id
from contract.detection_kinds import DetectionKind
from contract.facts import Facts
from contract.instants import ns
from contract.severity import assess
from contract.site import Site

KIND = DetectionKind.UNREADABLE
FOLDED_NS = ns(3600)
"""All of one device in such a span of time are one claim."""


def stands_for(refused: Detection, why: str, put_ns: int, now_ns: int, site: Site) -> Detection:
    """Return the claim that stands for one which the backend refused, or chokes on.

    Parameters
    ----------
    refused
        The claim.
    why
        What the backend said.
    put_ns
        When the gateway made the claim, by its own clock.
    now_ns
        When it learnt that the claim does not get through.
    """
    device = refused.device
    # Whoever answered, what is said here must be readable.
    why = "".join(letter for letter in why if letter.isprintable())
    hour_ns = now_ns // FOLDED_NS * FOLDED_NS
    facts = Facts(kind=KIND)
    return Detection(
        id=detection_id(KIND, f"device:{device}", hour_ns),
        kind=KIND,
        phase="onset",
        site=site.site.id,
        device=device,
        person=refused.person if refused.person in site.wearers else None,
        zone=refused.zone if refused.zone in site.zones else None,
        onset_ns=min(put_ns, now_ns),
        decided_ns=now_ns,
        confidence=1.0,
        reason=(
            f"{refused.kind} of {device} ({refused.phase}) could not be read by the backend:"
            f" somebody should look. It said: {why}"
        )[:500],
        facts=facts,
        assessment=assess(facts, site.severity),
        exercise=refused.exercise,
    )

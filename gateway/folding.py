"""Equal claims are one: what says that they are equal, and how one said often is told. Pure."""

from __future__ import annotations

from hashlib import sha256

from contract.detection import Detection
from contract.instants import ns

FOLD_NS = ns(10)
"""Equal claims with onsets so close are one: the backend makes one incident of them as well."""
WORST_FOLDED = 2
"""Only what claims SEV1 or SEV2 is folded."""


def body(detection: Detection) -> bytes:
    """Return a detection as it is posted."""
    return detection.model_dump_json(exclude_none=True).encode()


def rank_of(detection: Detection) -> int:
    """Return the number of its tier: 1 is the worst."""
    return int(detection.assessment.severity.removeprefix("SEV"))


def whom_of(detection: Detection) -> str:
    """Return the person, or the device that nobody wears: quotas and turns are theirs."""
    return detection.person or f"device:{detection.device}"


def says(detection: Detection) -> str:
    """Return what a claim says in everything that a tier hangs on; "" if it is never folded.

    A later phase is news about its claim. A wearer's word is no emergency: of two the newer counts.
    """
    if detection.phase != "onset" or rank_of(detection) > WORST_FOLDED:
        return ""
    told = (
        *(detection.kind, detection.subject, detection.device, detection.zone),
        *(detection.late, detection.exercise, detection.facts.model_dump_json()),
    )
    return sha256(repr(told).encode()).hexdigest()[:16]


def told_again(told: bytes, times: int, last_ns: int) -> bytes:
    """Return a folded claim: the newest time of decision, and how often it was made."""
    one = Detection.model_validate_json(told)
    changed = {
        "decided_ns": max(one.decided_ns, last_ns),
        "evidence": {**one.evidence, "times": float(times)},
        "reason": f"{one.reason} ({times} times)"[:500],
    }
    return body(one.model_copy(update=changed))

"""`/api/v1/incidents`: what people work on, and what they do about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from backend.api.acts import NO_NUL, ActBody, Reasoned
from backend.api.body import described, reading
from backend.api.examples import ENDED, REASON, TAKE, TIER
from backend.api.needs import TheAcknowledger, TheReader
from backend.api.problems import documented
from backend.incidents.acknowledge import Acknowledger
from backend.incidents.call_answers import Answer
from backend.incidents.lifecycle import Life
from backend.incidents.outcome import Outcome
from backend.incidents.view import IncidentSummary, IncidentView
from contract.severity import Severity

router = APIRouter(tags=["Incidents"])

LARGEST_ID = 2**63 - 1
IncidentId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="The incident's number")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many to return at most")]
After = Annotated[
    int | None, Query(ge=1, le=LARGEST_ID, description="`next` of the answer before this one")
]


class IncidentList(BaseModel):
    """Some incidents, newest first."""

    items: list[IncidentSummary] = Field(description="Newest first")
    next: int | None = Field(description="Give it as `after` to go on; null at the end")


class Take(ActBody):
    """Somebody takes an incident."""

    key: str = Field(
        "",
        max_length=120,
        pattern=NO_NUL,
        description="The same for every copy of one tap; made up if empty",
    )


class Answered(Take):
    """Somebody answers a call, or says how it goes on with what they have."""

    reason: str = Field(
        "", max_length=1000, pattern=NO_NUL, description="For the record, if there is more to say"
    )


class Ended(Reasoned):
    """Somebody ends an incident."""

    outcome: Outcome | None = Field(
        None,
        description="What it was. It labels the sensor window, from which detectors learn; "
        "null when nobody can tell",
    )


class Judged(Reasoned):
    """Somebody says what a resolved incident was."""

    outcome: Outcome = Field(description="It labels the sensor window, from which detectors learn")


class Tier(Reasoned):
    """Somebody puts an incident into another tier."""

    severity: Severity = Field(description="The tier from now on")


@router.get("/incidents", summary="List incidents", responses=documented(422))
def list_incidents(
    reader: TheReader,
    status: Annotated[Life | None, Query(description="Only these")] = None,
    severity: Annotated[Severity | None, Query(description="Only these")] = None,
    limit: Limit = 50,
    after: After = None,
) -> IncidentList:
    """Return the newest incidents first, in pages that new incidents do not shift."""
    found = reader.incidents(status, limit + 1, severity=severity, before=after)
    more = len(found) > limit
    return IncidentList(items=found[:limit], next=found[limit - 1].id if more else None)


@router.get("/incidents/{incident}", summary="Read an incident", responses=documented(404, 422))
def read_incident(reader: TheReader, incident: IncidentId) -> IncidentView:
    """Return an incident with its assessment, pages, timeline and evidence."""
    return reader.incident(incident)


@router.post(
    "/incidents/{incident}/acknowledge",
    summary="Take an incident",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Take, TAKE),
)
def acknowledge(
    acknowledger: TheAcknowledger,
    incident: IncidentId,
    take: Annotated[Take, Depends(reading(Take))],
) -> IncidentView:
    """Stop the paging for a while: whoever takes it is asked where they are before it runs out.

    Safe to send again: a copy with the same key changes nothing while that answer holds.
    """
    key = take.key or f"api-{take.person}"
    return acknowledger.acknowledge(incident, take.person, "api", key)


@router.post(
    "/incidents/{incident}/on-scene",
    summary="Say that one is there",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Answered, TAKE),
)
def on_scene(
    acknowledger: TheAcknowledger,
    incident: IncidentId,
    given: Annotated[Answered, Depends(reading(Answered))],
) -> IncidentView:
    """Stop the paging for longer: whoever is there is asked again after half an hour (SEV1)."""
    return _answer(acknowledger, incident, Answer.ON_SCENE, given)


@router.post(
    "/incidents/{incident}/cannot",
    summary="Say that one cannot come",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Answered, TAKE),
)
def cannot(
    acknowledger: TheAcknowledger,
    incident: IncidentId,
    given: Annotated[Answered, Depends(reading(Answered))],
) -> IncidentView:
    """Stop one's own pages. If nobody else who was called may come, the next is called at once."""
    return _answer(acknowledger, incident, Answer.CANNOT, given)


@router.post(
    "/incidents/{incident}/give-back",
    summary="Give an incident back that one has",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Answered, TAKE),
)
def give_back(
    acknowledger: TheAcknowledger,
    incident: IncidentId,
    given: Annotated[Answered, Depends(reading(Answered))],
) -> IncidentView:
    """Page again from the top of the ladder. Safe to send again."""
    return _answer(acknowledger, incident, Answer.GIVE_BACK, given)


@router.post(
    "/incidents/{incident}/unacknowledge",
    summary="Give an incident back",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Reasoned, REASON),
)
def unacknowledge(
    acknowledger: TheAcknowledger,
    incident: IncidentId,
    given: Annotated[Reasoned, Depends(reading(Reasoned))],
) -> IncidentView:
    """Page again from the top of the ladder."""
    return acknowledger.unacknowledge(incident, given.person, given.reason)


@router.post(
    "/incidents/{incident}/resolve",
    summary="End an incident",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Ended, ENDED),
)
def resolve(
    acknowledger: TheAcknowledger,
    incident: IncidentId,
    given: Annotated[Ended, Depends(reading(Ended))],
) -> IncidentView:
    """Say that it is over, and how; and what it was, if that is known. Nothing is deleted."""
    return acknowledger.resolve(incident, given.person, given.reason, given.outcome)


@router.post(
    "/incidents/{incident}/outcome",
    summary="Say what a resolved incident was",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Judged, ENDED),
)
def judge(
    acknowledger: TheAcknowledger,
    incident: IncidentId,
    given: Annotated[Judged, Depends(reading(Judged))],
) -> IncidentView:
    """Label it, or correct its label. Nobody is paged, and what was said before stays on record."""
    return acknowledger.judge(incident, given.person, given.reason, given.outcome)


@router.post(
    "/incidents/{incident}/reopen",
    summary="Open a resolved incident again",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Reasoned, REASON),
)
def reopen(
    acknowledger: TheAcknowledger,
    incident: IncidentId,
    given: Annotated[Reasoned, Depends(reading(Reasoned))],
) -> IncidentView:
    """Page again from the top of the ladder."""
    return acknowledger.reopen(incident, given.person, given.reason)


@router.post(
    "/incidents/{incident}/severity",
    summary="Put an incident into another tier",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Tier, TIER),
)
def set_severity(
    acknowledger: TheAcknowledger,
    incident: IncidentId,
    tier: Annotated[Tier, Depends(reading(Tier))],
) -> IncidentView:
    """Raise or lower, by a named person with a reason: the only way that a tier is lowered.

    (The wearer's own word lowers too: he is the named person.) The new tier's ladder starts from
    its top.
    """
    return acknowledger.set_severity(incident, tier.person, tier.severity, tier.reason)


def _answer(
    acknowledger: Acknowledger, incident: int, answer: Answer, given: Answered
) -> IncidentView:
    key = given.key or f"api-{given.person}"
    return acknowledger.answer(incident, given.person, answer, "api", key, given.reason)

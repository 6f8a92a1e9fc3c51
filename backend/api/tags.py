"""`/api/v1/tags`: tags that nobody carries, and whose they are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from backend.api.acts import ActBody
from backend.api.body import described, reading
from backend.api.examples import ASSIGN
from backend.api.needs import TheTags
from backend.api.problems import documented
from backend.places.view import AssignedTag, UnknownTag
from contract.message import Identifier
from contract.reads import TagId

router = APIRouter(tags=["Tags"])

Tag = Annotated[TagId, Path(description="As readers hear it")]


class UnknownTagList(BaseModel):
    """Tags that nobody carries."""

    items: list[UnknownTag] = Field(description="The most often heard first")


class AssignedTagList(BaseModel):
    """Tags that were given to somebody here."""

    items: list[AssignedTag] = Field(description="The newest first")


class Assign(ActBody):
    """Somebody says whose a tag is."""

    wearer: Identifier = Field(description="A wearer's id in the site file")


@router.get("/tags", summary="List tags that were assigned here", responses=documented(422))
def list_tags(tags: TheTags) -> AssignedTagList:
    """Return them, who said so, and whether the gateway knows."""
    return AssignedTagList(items=tags.assigned())


@router.get("/tags/unknown", summary="List tags that nobody carries", responses=documented(422))
def list_unknown_tags(tags: TheTags) -> UnknownTagList:
    """Return how often each was heard, and where."""
    return UnknownTagList(items=tags.unknown())


@router.put(
    "/tags/{tag}/wearer",
    summary="Say whose a tag is",
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Assign, ASSIGN),
)
def assign_tag(
    tags: TheTags, tag: Tag, given: Annotated[Assign, Depends(reading(Assign))]
) -> AssignedTag:
    """Record it; the gateway counts the tag as theirs two seconds later."""
    return tags.assign(tag, given.wearer, given.person)


@router.delete(
    "/tags/{tag}/wearer", summary="Say that a tag is nobody's", status_code=204,
    responses=documented(404, 422),
)  # fmt: skip
def withdraw_tag(
    tags: TheTags,
    tag: Tag,
    person: Annotated[Identifier, Query(description="Who acts: a person's id")],
) -> Response:
    """Withdraw an assignment that was made here. What was said stays on record."""
    tags.withdraw(tag, person)
    return Response(status_code=204)

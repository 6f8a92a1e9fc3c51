"""`/api/v1/warnings`: what the site gets wrong in silence."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from backend.api.needs import TheWarnings
from backend.api.problems import documented
from contract.warning import SiteWarning, WarningCode

router = APIRouter(tags=["Health"])


class WarningList(BaseModel):
    """All of them; none is best."""

    items: list[SiteWarning] = Field(description="People first; docs/operations.md explains each")


@router.get(
    "/warnings",
    summary="What is configured so that it may cost a call?",
    responses=documented(422),
)
def list_warnings(
    warnings: TheWarnings,
    code: Annotated[WarningCode | None, Query(description="Only these")] = None,
) -> WarningList:
    """Return every warning about the site's configuration, as it is now."""
    found = warnings.now()
    return WarningList(items=[each for each in found if code in (None, each.code)])

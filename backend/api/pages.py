"""`/api/v1/pages`: who was called, over what, and whether it got through."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from backend.api.incidents import LARGEST_ID, After, Limit
from backend.api.needs import TheReader
from backend.api.problems import documented
from backend.incidents.view import PageView
from backend.paging.page_life import PageStatus

router = APIRouter(tags=["Pages"])


class PageList(BaseModel):
    """Some pages, newest first."""

    items: list[PageView] = Field(description="Newest first")
    next: int | None = Field(description="Give it as `after` to go on; null at the end")


@router.get("/pages", summary="List pages", responses=documented(422))
def list_pages(
    reader: TheReader,
    incident: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Only this incident's")
    ] = None,
    status: Annotated[PageStatus | None, Query(description="Only these")] = None,
    limit: Limit = 50,
    after: After = None,
) -> PageList:
    """Return the newest pages first."""
    found = reader.pages(incident, limit + 1, status=status, before=after)
    more = len(found) > limit
    return PageList(items=found[:limit], next=found[limit - 1].id if more else None)

"""`/api/v1/refusals`: what devices sent that could not be read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from backend.api.needs import TheRefusals
from backend.api.problems import documented
from backend.places.misheard import RefusedInput

router = APIRouter(tags=["Health"])


class RefusalList(BaseModel):
    """All of them; none is best."""

    items: list[RefusedInput] = Field(description="What was lost first, the latest before others")


@router.get("/refusals", summary="Who is heard and not understood?", responses=documented(422))
def list_refusals(
    refusals: TheRefusals,
    device: Annotated[str | None, Query(max_length=127, description="Only of this device")] = None,
) -> RefusalList:
    """Return what was refused since each gateway started, by device, and why."""
    found = refusals.all()
    return RefusalList(items=[each for each in found if device in (None, each.device)])

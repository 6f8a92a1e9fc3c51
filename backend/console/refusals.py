"""The page of devices that are heard and not understood. See `routes` for the rules."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from backend.api.needs import TheClock, TheRefusals
from backend.console.needs import TheTimeZone
from backend.console.rendering import render
from backend.console.responses import page
from backend.console.visitor import TheVisitor
from contract.instants import NS_PER_MS

router = APIRouter(include_in_schema=False)


@router.get("/refusals")
def refusals(
    visitor: TheVisitor, refusals: TheRefusals, clock: TheClock, time_zone: TheTimeZone
) -> Response:
    """Show whose input was refused and why; without a session only how many devices there are."""
    found, now_ns = refusals.all(), clock()
    values = {
        "lost": [each for each in found if not each.partly],
        "partly": [each for each in found if each.partly],
        "now_ns": now_ns,
        "now_ms": now_ns // NS_PER_MS,
        "time_zone": time_zone,
    }
    return page(render("refusals.html", session=visitor.session(), **values))

"""The page of devices that are heard and not understood. See `routes` for the rules."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from backend.console.ports import Ports
from backend.console.rendering import render
from backend.console.responses import page
from backend.console.visitor import session_of
from backend.places.misheard import Refusals
from contract.instants import NS_PER_MS

router = APIRouter(include_in_schema=False)


@router.get("/refusals")
def refusals(request: Request) -> Response:
    """Show whose input was refused and why; without a session only how many devices there are."""
    ports, session = Ports.of(request), session_of(request)
    found = cast(Refusals, request.app.state.refusals).all()
    now_ns = ports.clock()
    values = {
        "lost": [each for each in found if not each.partly],
        "partly": [each for each in found if each.partly],
        "now_ns": now_ns,
        "now_ms": now_ns // NS_PER_MS,
        "time_zone": ports.time_zone,
    }
    return page(render("refusals.html", session=session, **values))

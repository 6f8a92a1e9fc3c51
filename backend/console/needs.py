"""What the console's routes need beside what those of the API do; see `backend.api.needs`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from backend.console.streams import Streams
from backend.paging.links import Links
from backend.people.sessions import ConsoleSessions


async def links(request: Request) -> Links:
    """Return what opens the links of pages."""
    found: Links = request.app.state.links
    return found


async def sessions(request: Request) -> ConsoleSessions:
    """Return what knows which browsers were let in."""
    found: ConsoleSessions = request.app.state.sessions
    return found


async def streams(request: Request) -> Streams:
    """Return what browsers follow pages by."""
    found: Streams = request.app.state.streams
    return found


async def time_zone(request: Request) -> str:
    """Return the site's, IANA."""
    return str(request.app.state.time_zone)


TheLinks = Annotated[Links, Depends(links)]
TheSessions = Annotated[ConsoleSessions, Depends(sessions)]
TheStreams = Annotated[Streams, Depends(streams)]
TheTimeZone = Annotated[str, Depends(time_zone)]

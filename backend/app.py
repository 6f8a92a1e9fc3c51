"""Puts the HTTP application together."""

from __future__ import annotations

from dataclasses import fields

from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from backend.api import (
    clips,
    detections,
    health,
    incidents,
    pages,
    places,
    problems,
    reports,
    tags,
    warnings,
)
from backend.api.auth import protect
from backend.api.limits import BodyLimit, SecurityHeaders
from backend.api.openapi import describe
from backend.assembly import Parts
from backend.console import lost
from backend.console.films import router as console_films
from backend.console.links import router as console_links
from backend.console.places import router as console_places
from backend.console.routes import router as console
from backend.console.sign_in import router as console_sign_in
from backend.console.streams import MOST_STREAMS, Streams
from backend.console.troubles import Troubles
from backend.door.head import HeadAsGet
from backend.door.lanes import RequestLanes
from backend.door.origin import OurNames, OursAlone


def create_app(parts: Parts, names: OurNames | None = None, streams: int = MOST_STREAMS) -> FastAPI:
    """Return the application. It opens nothing and starts nothing.

    Parameters
    ----------
    names
        Under which names it is asked; None asks nobody, where it is not served.
    streams
        How many pages may be followed live at once.
    """
    app = FastAPI(
        title="Floorwatch",
        version="1",
        # The shipped pages of FastAPI fetch code from a stranger's server; ours may not.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        separate_input_output_schemas=False,
    )
    for part in fields(parts):
        setattr(app.state, part.name, getattr(parts, part.name))
    for resource in (detections, incidents, pages, places, tags, reports, warnings):
        app.include_router(resource.router, prefix="/api/v1", dependencies=[protect])
    app.include_router(clips.router, prefix="/api/v1")
    app.include_router(clips.delivery, prefix="/api/v1")
    app.include_router(health.router)
    app.include_router(console)
    app.include_router(console_links)
    app.include_router(console_sign_in)
    app.include_router(console_places)
    app.include_router(console_films)
    app.state.streams = Streams(most=streams)
    app.state.time_zone = parts.site.site.time_zone
    problems.install(app)
    lost.install(app)
    app.add_exception_handler(ClientDisconnect, _gone)
    describe(app)
    app.add_middleware(Troubles, lines=lambda: parts.watchman.lines)
    # The last one added is the first that a request meets.
    app.add_middleware(BodyLimit, metrics=parts.metrics)
    app.add_middleware(RequestLanes, metrics=parts.metrics)
    app.add_middleware(OursAlone, names=names, token=parts.token, metrics=parts.metrics)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    return app


async def _gone(request: Request, error: Exception) -> Response:
    """Whoever was sending a body has gone, or was cut off for being slow. Nobody hears this."""
    return Response(status_code=408)

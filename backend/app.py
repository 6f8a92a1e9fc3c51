"""Puts the HTTP application together."""

from __future__ import annotations

from dataclasses import fields

from fastapi import FastAPI

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
from backend.console.films import router as console_films
from backend.console.places import router as console_places
from backend.console.routes import router as console
from backend.console.streams import Streams


def create_app(parts: Parts) -> FastAPI:
    """Return the application. It opens nothing and starts nothing."""
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
    app.include_router(console_places)
    app.include_router(console_films)
    app.state.streams = Streams()
    app.state.time_zone = parts.site.site.time_zone
    problems.install(app)
    describe(app)
    app.add_middleware(BodyLimit, metrics=parts.metrics)
    app.add_middleware(SecurityHeaders)
    return app

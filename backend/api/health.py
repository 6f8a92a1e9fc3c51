"""`/healthz` for supervisors, `/metrics` for Prometheus."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from backend.database.connection import Database
from backend.due.engine import Engine
from backend.metrics import Metrics
from contract.instants import seconds

router = APIRouter(tags=["Health"])

PROBE_S = 2.0
"""How long a database may take to answer; nobody waits for the answer of a frozen one."""
STUCK_S = 15
"""A cycle runs every second. So long without one means that nobody is being paged."""


class Health(BaseModel):
    """How the backend is."""

    status: Literal["ok", "failing"] = Field(description="Whether it can page")
    database: bool = Field(description="It can be read")
    engine_age_s: float | None = Field(
        description="Since the paging engine last looked at everything; null before its first time"
    )


@router.get("/healthz", summary="Is it well?", responses={503: {"model": Health}})
def healthz(request: Request, response: Response) -> Health:
    """Answer 200 when the database can be read and pages go out, 503 otherwise."""
    state = request.app.state
    engine: Engine = state.engine
    last_ns = engine.last_cycle_ns
    age_s = None if last_ns is None else max(0.0, seconds(state.clock() - last_ns))
    database = _readable(state.database)
    well = database and (not engine.runs or (age_s is not None and age_s <= STUCK_S))
    response.status_code = 200 if well else 503
    return Health(status="ok" if well else "failing", database=database, engine_age_s=age_s)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def metrics(request: Request) -> Response:
    """Return counters and histograms in Prometheus's text format."""
    found: Metrics = request.app.state.metrics
    return Response(found.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _readable(database: Database) -> bool:
    return database.probe(PROBE_S).ok

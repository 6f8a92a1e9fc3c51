"""`/healthz` for supervisors, `/readyz` for people and monitors, `/metrics` for Prometheus.

All three answer from memory, whatever hangs.
"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, PlainTextResponse

from backend.api.needs import TheEngine, TheMetrics, TheReadiness
from backend.api.readiness import CheckResult

router = APIRouter(tags=["Health"])


class Health(BaseModel):
    """Whether the process lives."""

    status: Literal["ok", "failing"] = Field(
        description="failing: a thread has died, and starting it again would help"
    )


class CheckView(BaseModel):
    """One thing that must hold."""

    name: str = Field(description="What was looked at")
    holds: bool = Field(description="Whether it holds")
    problem: str | None = Field(description="What does not hold; null when it does")


class Ready(BaseModel):
    """Whether everything holds that paging stands on."""

    status: Literal["ready", "not-ready"] = Field(description="not-ready when one does not hold")
    checks: list[CheckView] = Field(description="What was looked at, at most some seconds ago")


@router.get("/healthz", summary="Does it live?", responses={503: {"model": Health}})
async def healthz(engine: TheEngine, response: Response) -> Health:
    """Answer 200 while the process lives, from memory.

    A supervisor starts anew what answers 503 here. That helps against a dead thread, and not
    against a full disk, a database that is away or a mail server that refuses: those are told by
    `/readyz`, and a pager that is restarted in an emergency pages nobody meanwhile.
    """
    response.status_code = 200 if engine.alive else 503
    return Health(status="ok" if engine.alive else "failing")


@router.get(
    "/readyz",
    summary="Does everything hold?",
    response_model=Ready,
    responses={503: {"model": Ready}, 200: {"content": {"text/plain": {}}}},
)
async def readyz(request: Request, readiness: TheReadiness) -> Response:
    """Answer 200 when everything holds that paging stands on, 503 otherwise, with what does not.

    `Accept: text/plain`, or a browser, gets a line each.
    """
    found = readiness.found()
    failing = [each for each in found if each.problem is not None]
    status = 503 if failing else 200
    if request.headers.get("accept", "").startswith("text/"):
        return PlainTextResponse("".join(map(_line, found)), status)
    told = Ready(
        status="not-ready" if failing else "ready",
        checks=[CheckView(name=f.name, holds=f.problem is None, problem=f.problem) for f in found],
    )
    return JSONResponse(told.model_dump(), status)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def metrics(found: TheMetrics) -> Response:
    """Return counters and histograms in Prometheus's text format."""
    return Response(found.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _line(found: CheckResult) -> str:
    return (
        f"ok    {found.name}\n"
        if found.problem is None
        else f"FAIL  {found.name}: {found.problem}\n"
    )

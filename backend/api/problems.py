"""Renders every error alike: `{"error", "detail", "hint"?}`, with a sentence that helps."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from backend.errors import BackendError, UnauthorisedError
from backend.metrics import Metrics

log = structlog.get_logger(__name__)
NAMES = {404: "UnknownError", 405: "MethodError"}


class Problem(BaseModel):
    """What every 4xx and 5xx answers."""

    error: str = Field(description="The error's name, for programs", examples=["UnknownError"])
    detail: str = Field(description="What is wrong", examples=["there is no incident 17"])
    hint: str | None = Field(None, description="What to do about it")


_SAID = {
    401: "The bearer token is missing or wrong",
    404: "There is no such thing",
    409: "The incident's state does not allow it, or the body contradicts it",
    413: "The body is larger than 2 MB",
    415: "The body is not application/json",
    422: "What was sent cannot be read, or does not hold together",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the answers of a route that are errors, for its description."""
    return {s: {"model": Problem, "description": _SAID[s]} for s in (401, *statuses)}


def install(app: FastAPI) -> None:
    """Make the application answer every error as a `Problem`."""
    app.add_exception_handler(BackendError, _ours)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(RequestValidationError, _of_a_parameter)
    app.add_exception_handler(Exception, _unforeseen)


def problem(
    status: int, error: str, detail: str, hint: str | None = None, **headers: str
) -> JSONResponse:
    """Return the answer."""
    body = Problem(error=error, detail=_printable(detail), hint=hint).model_dump(exclude_none=True)
    return JSONResponse(body, status, headers)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BackendError)
    name = type(error).__name__
    _metrics(request).refusals.labels(name).inc()
    log.warning("refused", path=request.url.path, status=error.status, reason=error.detail)
    extra = {"WWW-Authenticate": "Bearer"} if isinstance(error, UnauthorisedError) else {}
    return problem(error.status, name, error.detail, error.hint, **extra)


async def _of_the_framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    name = NAMES.get(error.status_code, "HttpError")
    _metrics(request).refusals.labels(name).inc()
    details = {
        404: f"there is nothing at {request.url.path}",
        405: f"{request.url.path} does not take {request.method}",
    }
    detail = details.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = _allowed(request) or headers["Allow"]
    return problem(error.status_code, name, detail, **headers)


def _allowed(request: Request) -> str:
    """Return every method of an address: the framework names those of its first route alone."""
    methods: set[str] = set()
    for path, operations in request.app.openapi()["paths"].items():
        if compile_path(path)[0].match(request.url.path):
            methods |= {method.upper() for method in operations}
    return ", ".join(sorted(methods))


async def _of_a_parameter(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    _metrics(request).refusals.labels("RefusedInputError").inc()
    said = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()[:3]]
    log.warning("refused", path=request.url.path, status=422, reason=said)
    return problem(422, "RefusedInputError", "; ".join(said))


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    log.error("a request failed", path=request.url.path, exc_info=error)
    return problem(500, "InternalError", "The backend has failed; its log says why", "Try again")


def _metrics(request: Request) -> Metrics:
    metrics = request.app.state.metrics
    assert isinstance(metrics, Metrics)
    return metrics


def _printable(text: str) -> str:
    # A lone surrogate from a strange address cannot be encoded.
    return text.encode("utf-8", "replace").decode()

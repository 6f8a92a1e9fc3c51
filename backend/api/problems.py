"""Renders every error alike: a `contract.problem.Problem`, with a sentence that helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from backend.errors import BackendError, UnauthorisedError
from backend.metrics import BackendMetrics
from contract.problem import MEDIA_TYPE
from contract.problem import problem as described

log = structlog.get_logger(__name__)
NAMES = {404: "UnknownError", 405: "MethodError"}


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
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {s: {"description": _SAID[s], "content": {MEDIA_TYPE: schema}} for s in (401, *statuses)}


def install(app: FastAPI) -> None:
    """Make the application answer every error as a `Problem`."""
    app.add_exception_handler(BackendError, _ours)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(RequestValidationError, _of_a_parameter)
    app.add_exception_handler(Exception, _unforeseen)


def problem(
    status: int,
    error: str,
    detail: str,
    hint: str | None = None,
    refused: tuple[str, bytes] | None = None,
    **headers: str,
) -> JSONResponse:
    """Return the answer; `refused` is the claim's id and the body that will never be taken."""
    told = described(status, error, _printable(detail), hint, refused)
    return JSONResponse(told.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


class Refusable(NamedTuple):
    """A body that was read, and how to tell which claim it is about."""

    body: bytes
    about: Callable[[], str | None]

    @property
    def refused(self) -> tuple[str, bytes] | None:
        """What a refusal says it is about. None if that cannot be told: then it is none."""
        about = self.about()
        return None if about is None else (about, self.body)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BackendError)
    name = type(error).__name__
    _metrics(request).refusals.labels(name).inc()
    log.warning("refused", path=request.url.path, status=error.status, reason=error.detail)
    extra = {"WWW-Authenticate": "Bearer"} if isinstance(error, UnauthorisedError) else {}
    refusable = getattr(request.state, "refusable", None) if error.final else None
    refused = refusable.refused if isinstance(refusable, Refusable) else None
    return problem(error.status, name, error.detail, error.hint, refused, **extra)


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
    return problem(error.status_code, name, detail, None, None, **headers)


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


def _metrics(request: Request) -> BackendMetrics:
    metrics = request.app.state.metrics
    assert isinstance(metrics, BackendMetrics)
    return metrics


def _printable(text: str) -> str:
    # A lone surrogate from a strange address cannot be encoded.
    return text.encode("utf-8", "replace").decode()

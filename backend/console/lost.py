"""What a browser is shown instead of an error for programs: a page, and a way on."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from backend.console.incident_pages import MEANWHILE
from backend.console.rendering import problem_page
from backend.console.responses import page
from backend.errors import BackendError

Handler = Callable[[Request, Exception], Awaitable[Response]]

FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics", "/openapi.json")
KEPT_HEADERS = ("allow", "retry-after")
TITLES = {
    404: "There is no such page",
    405: "This page does not take that",
    422: "This address cannot be read",
    500: "Floorwatch has failed here",
    503: "Not at this moment",
}
WAYS_ON = {
    404: "Look at the address: part of it may be missing. If you were paged, open the link in your "
    "message anew.",
    500: "Load the page again. What happened stands in the backend's log.",
    503: "Load the page again in a few seconds.",
}


def install(app: FastAPI) -> None:
    """Answer a browser with a page where a program is answered with a `Problem`."""
    for error in (BackendError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(error, _for_people(cast(Handler, app.exception_handlers[error])))


def wants_a_page(request: Request) -> bool:
    """Whether somebody is looking: what asks for HTML, outside of what is for programs.

    A program that takes anything (`*/*`) is told as a program.
    """
    asked = request.headers.get("accept", "")
    return "text/html" in asked and not request.url.path.startswith(FOR_PROGRAMS)


def _for_people(told_to_programs: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        told = await told_to_programs(request, error)  # it counts and logs as well
        if not wants_a_page(request):
            return told
        problem = json.loads(bytes(told.body))
        way_on = problem.get("hint") or WAYS_ON.get(told.status_code)
        todo = [each for each in (way_on, MEANWHILE) if each]
        title = TITLES.get(told.status_code, "Not done")
        shown = page(problem_page(title, problem["detail"], todo), told.status_code)
        shown.headers.update({k: told.headers[k] for k in KEPT_HEADERS if k in told.headers})
        return shown

    return answer

"""Completes the API's description with the messages that `backend.api.body` reads."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from backend.api.acts import Reasoned
from backend.api.incidents import Answered, Ended, Judged, Take, Tier
from backend.api.places import Evacuate, State
from backend.api.tags import Assign
from contract.detection import Detection, Waveform
from contract.problem import Problem
from contract.report import Report

READ = (
    *(Detection, Waveform, Report, Problem),
    *(Take, Answered, Reasoned, Ended, Judged, Tier),
    *(State, Evacuate, Assign),
)
TAGS = [
    {"name": "Detections", "description": "What the gateway reports. Safe to send again."},
    {"name": "Incidents", "description": "What people work on, and what they do about it."},
    {"name": "Pages", "description": "Who was called, over what, and whether it got through."},
    {"name": "Places", "description": "What holds at places, who must leave, who has not."},
    {"name": "Tags", "description": "Tags that nobody carries, and whose they are."},
    {"name": "Clips", "description": "What cameras saw of incidents, with faces blurred."},
    {"name": "Health", "description": "For supervisors and monitoring."},
]
SUMMARY = """\
Floorwatch keeps incidents, decides how bad they are, and pages until somebody answers.

Instants are UTC nanoseconds since 1970 (`…_ns`) or ISO 8601. Every error answers a `Problem` as
`application/problem+json` (RFC 9457). Lists go on with `after=` the `next` of the answer before.
"""


def describe(app: FastAPI) -> None:
    """Make `/openapi.json` whole."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _whole(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _whole(app: FastAPI) -> dict[str, Any]:
    described = get_openapi(
        title=app.title,
        version=app.version,
        description=SUMMARY,
        routes=app.routes,
        tags=TAGS,
        separate_input_output_schemas=False,
    )
    template = "#/components/schemas/{model}"
    _, read = models_json_schema([(m, "validation") for m in READ], ref_template=template)
    components = described["components"]["schemas"]
    for name, schema in read["$defs"].items():
        components.setdefault(name, schema)
    if app.state.token is None:
        # What is not asked for is not described: a generated client would ask its user for it.
        described["components"].pop("securitySchemes", None)
        for operations in described["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)
                operation["responses"].pop("401", None)
    return described

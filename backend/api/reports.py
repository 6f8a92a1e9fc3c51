"""`/api/v1/report`: the gateway's account, and what it is told in return."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from backend.api.body import described, reading
from backend.api.examples import REPORT
from backend.api.needs import TheClock, TheReports
from backend.api.problems import documented
from contract.report import Orders, Report

router = APIRouter(tags=["Detections"])


@router.post(
    "/report",
    summary="Take the gateway's report",
    responses=documented(413, 415, 422),
    openapi_extra=described(Report, REPORT),
)
def post_report(
    reports: TheReports, clock: TheClock, report: Annotated[Report, Depends(reading(Report))]
) -> Orders:
    """Keep unknown tags, what devices said of zones, and who is where for a purpose.

    Answers, after the commit, with what people have set here and the gateway does not hold yet.
    """
    return reports.receive(report, clock())

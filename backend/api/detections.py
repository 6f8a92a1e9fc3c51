"""`/api/v1/detections`: what the gateway's detectors claim, and the evidence for it."""

from __future__ import annotations

import json
import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from backend.api.body import described, reading, saying
from backend.api.examples import DETECTION, WAVEFORM
from backend.api.needs import TheClock, TheEmergency, TheEvidence, TheIntake
from backend.api.problems import documented
from backend.errors import DatabaseFullError
from contract.detection import Detection, Kept, Receipt, Waveform

router = APIRouter(tags=["Detections"])

DetectionId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="As in the detection")]


ID = re.compile(r"[0-9a-f]{32}")


def _claimed(request: Request, body: bytes) -> str | None:
    """Return which claim a body is about, although it could not be read as one."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    about = told.get("id") if isinstance(told, dict) else None
    return about if isinstance(about, str) and ID.fullmatch(about) else None


def _addressed(request: Request, body: bytes) -> str | None:
    """Return which claim's evidence it is, by the address."""
    return str(request.path_params["detection"])


@router.post(
    "/detections",
    summary="Take in a detection",
    response_model=Receipt,
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Detection, DETECTION),
)
def post_detection(
    intake: TheIntake,
    emergency: TheEmergency,
    clock: TheClock,
    detection: Annotated[Detection, Depends(reading(Detection, _claimed))],
) -> Response:
    """Open an incident or add to one. Answers only after the commit; safe to send again.

    The same `(id, phase, decided_ns)` again changes nothing. `incident` is 0 when a wearer's word
    (`cancel`, `all_right`, `check_in`) meets no open incident.
    """
    try:
        receipt = intake.receive(detection, clock())
    except DatabaseFullError:
        # Whoever lies there is called all the same; the detection stays with the gateway.
        emergency.page(detection)
        raise
    return saying(receipt.model_copy(update={"about": detection.id}))


@router.post(
    "/detections/{detection}/evidence",
    summary="Add the sensor window",
    response_model=Kept,
    responses=documented(404, 409, 413, 415, 422),
    openapi_extra=described(Waveform, WAVEFORM),
)
def post_evidence(
    evidence: TheEvidence,
    clock: TheClock,
    detection: DetectionId,
    waveform: Annotated[Waveform, Depends(reading(Waveform, _addressed))],
) -> Response:
    """Keep the samples around an event. A longer window replaces a shorter one."""
    incident = evidence.receive(detection, waveform, clock())
    return saying(Kept(about=detection, incident=incident))

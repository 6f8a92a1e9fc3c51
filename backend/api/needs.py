"""What routes need of the backend: a route names it as a parameter, and FastAPI brings it.

Each is a coroutine, so that none costs a thread; it finds what `backend.app` has put together.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from backend.api.readiness import Readiness
from backend.clips.clips import Clips
from backend.due.emergency import Emergency
from backend.due.engine import Engine
from backend.evidence.store import EvidenceStore
from backend.incidents.acknowledge import Acknowledger
from backend.incidents.intake import Intake
from backend.incidents.reader import Reader
from backend.metrics import BackendMetrics
from backend.places.misheard import RefusedInputs
from backend.places.muster import MusterList
from backend.places.reports import Reports
from backend.places.standing import Places
from backend.places.tags import Tags
from backend.policy.current import Warnings
from contract.instants import Clock


async def acknowledger(request: Request) -> Acknowledger:
    """Return what takes people's acts."""
    found: Acknowledger = request.app.state.acknowledger
    return found


async def clips(request: Request) -> Clips:
    """Return what cameras delivered."""
    found: Clips = request.app.state.clips
    return found


async def clock(request: Request) -> Clock:
    """Return the database's sense of time."""
    found: Clock = request.app.state.clock
    return found


async def emergency(request: Request) -> Emergency:
    """Return what calls people when nothing can be written."""
    found: Emergency = request.app.state.emergency
    return found


async def engine(request: Request) -> Engine:
    """Return what looks at what is due."""
    found: Engine = request.app.state.engine
    return found


async def evidence(request: Request) -> EvidenceStore:
    """Return what keeps sensor windows."""
    found: EvidenceStore = request.app.state.evidence
    return found


async def intake(request: Request) -> Intake:
    """Return what takes detections in."""
    found: Intake = request.app.state.intake
    return found


async def metrics(request: Request) -> BackendMetrics:
    """Return the figures for Prometheus."""
    found: BackendMetrics = request.app.state.metrics
    return found


async def muster(request: Request) -> MusterList:
    """Return what knows who is inside."""
    found: MusterList = request.app.state.muster
    return found


async def places(request: Request) -> Places:
    """Return what holds at places."""
    found: Places = request.app.state.places
    return found


async def readiness(request: Request) -> Readiness:
    """Return what knows whether everything holds that paging stands on."""
    found: Readiness = request.app.state.readiness
    return found


async def reader(request: Request) -> Reader:
    """Return what reads incidents."""
    found: Reader = request.app.state.reader
    return found


async def reports(request: Request) -> Reports:
    """Return what takes the gateway's accounts."""
    found: Reports = request.app.state.reports
    return found


async def tags(request: Request) -> Tags:
    """Return what knows whose tags are."""
    found: Tags = request.app.state.tags
    return found


async def refusals(request: Request) -> RefusedInputs:
    """Return who is heard and not understood."""
    found: RefusedInputs = request.app.state.refusals
    return found


async def warnings(request: Request) -> Warnings:
    """Return what knows what the site gets wrong in silence."""
    found: Warnings = request.app.state.warnings
    return found


TheAcknowledger = Annotated[Acknowledger, Depends(acknowledger)]
TheClips = Annotated[Clips, Depends(clips)]
TheClock = Annotated[Clock, Depends(clock)]
TheEmergency = Annotated[Emergency, Depends(emergency)]
TheEngine = Annotated[Engine, Depends(engine)]
TheEvidence = Annotated[EvidenceStore, Depends(evidence)]
TheIntake = Annotated[Intake, Depends(intake)]
TheMetrics = Annotated[BackendMetrics, Depends(metrics)]
TheMuster = Annotated[MusterList, Depends(muster)]
ThePlaces = Annotated[Places, Depends(places)]
TheReadiness = Annotated[Readiness, Depends(readiness)]
TheReader = Annotated[Reader, Depends(reader)]
TheReports = Annotated[Reports, Depends(reports)]
TheTags = Annotated[Tags, Depends(tags)]
TheRefusals = Annotated[RefusedInputs, Depends(refusals)]
TheWarnings = Annotated[Warnings, Depends(warnings)]

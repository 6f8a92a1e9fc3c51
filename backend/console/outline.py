"""What a browser without a session sees of incidents: how bad, where, since when. Pure.

It is a type of its own, and not the incident with names taken out: what is added to an incident
later is not shown to strangers by having been forgotten here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.console.answer import AnswerForms
from backend.console.rendering import Board, Live, render
from backend.incidents.view import IncidentSummary, IncidentView
from backend.paging.page import DANGERS
from contract.instants import NS_PER_MS
from contract.severity import Severity

PART = "_outlines.html"
"""The part of the first page that changes."""


@dataclass(frozen=True)
class Outline:
    """An incident without anybody in it."""

    id: int
    severity: Severity
    status: str
    zone_title: str | None
    onset_ns: int
    exercise: bool

    @classmethod
    def of(cls, incident: IncidentSummary) -> Outline:
        """Return the outline of an incident."""
        return cls(
            incident.id,
            incident.severity,
            incident.status,
            incident.zone_title or incident.zone,
            incident.onset_ns,
            incident.exercise,
        )


@dataclass(frozen=True)
class Outlines:
    """The board without anybody on it."""

    open: tuple[Outline, ...]
    acknowledged: tuple[Outline, ...]
    time_zone: str

    @classmethod
    def of(cls, board: Board) -> Outlines:
        """Return the outlines of what is open and what is taken."""
        return cls(_outlines(board.open), _outlines(board.acknowledged), board.time_zone)


def board_page(board: Board, live: Live, now_ns: int) -> str:
    """Return the first page for a browser without a session."""
    return render("board.html", part=PART, live=live, **_board(board, now_ns))


def board_fragment(board: Board, now_ns: int) -> str:
    """Return the part of it that changes."""
    return render(PART, **_board(board, now_ns))


def incident_page(incident: IncidentSummary, live: Live, time_zone: str, now_ns: int) -> str:
    """Return an incident's page for a browser without a session."""
    return render("outline_incident.html", live=live, **_incident(incident, time_zone, now_ns))


def call_page(incident: IncidentView, answer: AnswerForms, now_ns: int) -> str:
    """Return what a call of the last resort opens, until whoever was called has taken it."""
    values = _incident(incident, incident.time_zone, now_ns)
    danger = DANGERS.get(incident.hazard)
    return render("outline_call.html", answer=answer, danger=danger, **values)


def incident_fragment(incident: IncidentSummary, time_zone: str, now_ns: int) -> str:
    """Return the part of it that changes."""
    return render("_outline.html", **_incident(incident, time_zone, now_ns))


def _board(board: Board, now_ns: int) -> dict[str, object]:
    return {"board": Outlines.of(board), **_now(board.time_zone, now_ns)}


def _incident(incident: IncidentSummary, time_zone: str, now_ns: int) -> dict[str, object]:
    return {"incident": Outline.of(incident), **_now(time_zone, now_ns)}


def _now(time_zone: str, now_ns: int) -> dict[str, object]:
    return {"now_ns": now_ns, "now_ms": now_ns // NS_PER_MS, "time_zone": time_zone}


def _outlines(incidents: Sequence[IncidentSummary]) -> tuple[Outline, ...]:
    return tuple(map(Outline.of, incidents))

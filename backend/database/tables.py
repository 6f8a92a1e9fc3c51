"""All tables, so that `Base.metadata` is whole."""

from __future__ import annotations

from backend.database.base import Base
from backend.database.incident_tables import (
    AcknowledgementRow,
    DetectionRow,
    EvidenceRow,
    IncidentRow,
    TimelineRow,
)
from backend.database.page_tables import PageAttemptRow, PageRow
from backend.database.people_tables import ContactRow, OnCallRow, PersonRow, SiteVersionRow
from backend.database.place_tables import (
    AssignmentRow,
    GatewayRow,
    StandingRow,
    UnknownTagRow,
    WhereaboutsRow,
)
from backend.database.session_tables import ConsoleSessionRow
from backend.database.time_tables import ClockStepRow, TimeBaseRow
from backend.database.verdict_tables import AccessRow, VerdictRow

__all__ = [
    "AccessRow",
    "AcknowledgementRow",
    "AssignmentRow",
    "Base",
    "ClockStepRow",
    "ConsoleSessionRow",
    "ContactRow",
    "DetectionRow",
    "EvidenceRow",
    "GatewayRow",
    "IncidentRow",
    "OnCallRow",
    "PageAttemptRow",
    "PageRow",
    "PersonRow",
    "SiteVersionRow",
    "StandingRow",
    "TimeBaseRow",
    "TimelineRow",
    "UnknownTagRow",
    "VerdictRow",
    "WhereaboutsRow",
]

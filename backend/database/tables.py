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

__all__ = [
    "AcknowledgementRow",
    "Base",
    "ContactRow",
    "DetectionRow",
    "EvidenceRow",
    "IncidentRow",
    "OnCallRow",
    "PageAttemptRow",
    "PageRow",
    "PersonRow",
    "SiteVersionRow",
    "TimelineRow",
]

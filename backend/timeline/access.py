"""The record of who looked at what is known of people, or took it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from backend.database.tables import AccessRow


def note_access(
    session: Session, at_ns: int, who: str, what: str, details: Mapping[str, Any]
) -> None:
    """Append one entry. What is looked at is shown only after its commit."""
    session.add(AccessRow(at_ns=at_ns, who=who, what=what, details=dict(details)))
    session.flush()

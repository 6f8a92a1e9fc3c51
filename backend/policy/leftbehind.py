"""Notices that a backend runs on another database than the one in its state folder."""

from __future__ import annotations

from pathlib import Path

from backend.database.connection import Database
from contract.warning import SiteWarning, WarningCode


def left_behind(kept: Path, used: Database) -> tuple[SiteWarning, ...]:
    """Return a warning if `kept` is there and is not the database that is used.

    Somebody has named another one since: people are called about nothing that is open in this one.
    """
    used_file = used.url.database if used.dialect == "sqlite" else None
    if not kept.is_file() or (used_file and Path(used_file).resolve() == kept.resolve()):
        return ()
    return (
        SiteWarning(
            code=WarningCode.DATABASE_LEFT_BEHIND,
            sentence=f"{kept} is an earlier database of this backend, which now uses {used.name}: "
            "nobody is called about what is open in the earlier one",
            what_to_do=f"Look into it with --database sqlite:///{kept}; then move it elsewhere.",
        ),
    )

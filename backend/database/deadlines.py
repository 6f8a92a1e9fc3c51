"""Which columns are deadlines, and how all of them move when their clock is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Column, MetaData, Table, or_, update
from sqlalchemy.orm import Session

from backend.database.base import DEADLINE


def deadlines(metadata: MetaData) -> Mapping[Table, Sequence[Column[int]]]:
    """Return the deadlines of every table that has any, as their columns declare it."""
    found = {
        table: [column for column in table.columns if column.info.get(DEADLINE)]
        for table in metadata.sorted_tables
    }
    return {table: columns for table, columns in found.items() if columns}


def move_deadlines(session: Session, metadata: MetaData, by_ns: int) -> int:
    """Move every deadline, those of one row at once, and return how many rows had one."""
    moved = 0
    for table, columns in deadlines(metadata).items():
        result = session.connection().execute(
            update(table)
            .where(or_(*(column.is_not(None) for column in columns)))
            .values({column: column + by_ns for column in columns})
        )
        moved += result.rowcount
    return moved

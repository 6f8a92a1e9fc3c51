"""The base of every table, and the types that both databases share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase

Int64 = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both; SQLite's INTEGER has them, and only that name counts rows up by itself."""

Name = String(120)
"""Ids of people, devices, zones, channels. SQLite does not measure it, PostgreSQL does."""

DEADLINE = "deadline"
"""`mapped_column(info={DEADLINE: True})` marks an instant that is compared with now: something is
due at it, or so long after it. When the database's clock is set, all of them move with it; every
other instant is on record, and stays as the clock had it."""


class Base(DeclarativeBase):
    """Instants are UTC nanoseconds in 64 bits everywhere; a column for one ends in `_ns`."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads it from the class
        int: Int64,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }

"""Browsers that were let in to the console. Links and cookies are kept as hashes alone."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database.base import DEADLINE, Base, Name


class ConsoleSessionRow(Base):
    """One browser, let in by a printed link."""

    __tablename__ = "console_session"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    """Named on record: "console session 7"."""
    cookie: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what the browser holds."""
    link: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of the printed link that it came by."""
    begun_ns: Mapped[int]
    expires_ns: Mapped[int] = mapped_column(info={DEADLINE: True})
    ended_ns: Mapped[int | None]
    person: Mapped[str | None] = mapped_column(Name)
    """Who its user said that they are: a responder's id."""

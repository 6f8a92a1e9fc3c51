"""People and duties. The site file seeds them once; from then on the database owns them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.database.base import Base, Name


class PersonRow(Base):
    """A responder."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(Name, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]]
    left_ns: Mapped[int | None]
    """Since when they are not called any more. The row stays: old incidents name them."""


class ContactRow(Base):
    """One way to reach a responder: `email` or `phone`."""

    __tablename__ = "contact"

    person: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class OnCallRow(Base):
    """Who answers for a duty; position 0 is asked first."""

    __tablename__ = "on_call"

    duty: Mapped[str] = mapped_column(Name, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))


class SiteVersionRow(Base):
    """A site file that this backend has run with, so that an old decision can be explained."""

    __tablename__ = "site_version"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    first_used_ns: Mapped[int]
    content: Mapped[str] = mapped_column(Text)

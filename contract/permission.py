"""`[[permit]]`, `[[certificate]]`, `[[shift]]`, `[[calendar]]`: what allows, and until when.

Seeds: where a database holds permits and certificates, its export replaces these tables.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal

from pydantic import Field

from contract.message import Identifier
from contract.table import Table

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Permit(Table):
    """`[[permit]]`: a permit to work or to enter, from one instant to another.

    It holds what 29 CFR 1910.146(f) asks a permit to name and a machine can check: the space, the
    entrants, the attendants, the entry supervisor and the duration.
    """

    id: Identifier
    title: str = Field("", description="The purpose of the entry")
    zones: tuple[Identifier, ...] = Field(min_length=1, description="Where it holds")
    wearers: tuple[Identifier, ...] = Field(min_length=1, description="The entrants")
    attendants: tuple[Identifier, ...] = Field((), description="Who may stand outside for them")
    supervisor: str = Field("", description="Who authorised the entry")
    valid_from: datetime = Field(description="As 2026-11-02T07:00:00; the site's time if no offset")
    valid_to: datetime = Field(description="Not valid any more from this instant on")
    cancelled: bool = Field(False, description="Withdrawn: it allows nothing")


class Certificate(Table):
    """`[[certificate]]`: somebody was trained."""

    wearer: Identifier
    training: Identifier = Field(description="What for, as a zone's `training` names it")
    valid_from: date | None = Field(None, description="From the beginning of this day")
    expires: date | None = Field(None, description="Valid to the end of this day, the site's time")


class Shift(Table):
    """`[[shift]]`: hours of the week, on the site's clock, through every change of it.

    It begins on each of `days`. Where it ends no later than it begins, it ends on the next day.
    When the clock is changed, a time that it shows twice, or skips, can be read in two ways: a
    shift begins at the earlier and ends at the later.
    """

    id: Identifier
    title: str = ""
    days: tuple[Weekday, ...] = Field(WEEK, min_length=1, description="On which it begins")
    begins: time = Field(description="As 06:00:00")
    ends: time = Field(description="As 14:00:00; 00:00:00 is midnight")
    not_on: tuple[Identifier, ...] = Field(
        (), description="[[calendar]]s on whose dates it does not begin"
    )
    valid_from: date | None = Field(None, description="The first day on which it begins")
    valid_to: date | None = Field(None, description="The last day on which it begins")


class Calendar(Table):
    """`[[calendar]]`: dates that have something in common, as public holidays."""

    id: Identifier
    dates: tuple[date, ...] = Field(min_length=1, description="As [2026-12-25, 2026-12-26]")

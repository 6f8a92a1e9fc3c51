"""What is wrong with a site that runs all the same: a code, a sentence, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby

from pydantic import BaseModel, ConfigDict, Field


class WarningCode(StrEnum):
    """A thing that a site may get wrong in silence; what costs most comes first.

    docs/operations.md explains each; a test holds it to that.
    """

    DATABASE_LEFT_BEHIND = "database-left-behind"
    LAST_RESORT_EMPTY = "last-resort-empty"
    FIRST_AIDER_UNREACHED = "first-aider-unreached"
    PERSON_UNREACHED = "person-unreached"
    CHANNEL_REACHES_NOBODY = "channel-reaches-nobody"
    LINK_UNOPENABLE = "link-unopenable"
    LADDER_ENDS = "ladder-ends"
    PERSON_DIFFERS = "person-differs"
    DUTY_DIFFERS = "duty-differs"
    WEARER_UNWATCHED = "wearer-unwatched"
    DEVICE_UNWORN = "device-unworn"
    DEVICE_UNBOUND = "device-unbound"
    AGENT_IDLE = "agent-idle"
    SECRET_WEAK = "secret-weak"


class SiteWarning(BaseModel):
    """Something that may cost a call. What costs every call is refused at start instead."""

    model_config = ConfigDict(frozen=True)

    code: WarningCode = Field(description="The same for every warning of its kind")
    sentence: str = Field(description="What is wrong; no numbers or addresses of people")
    what_to_do: str = Field(description="How it is put right")


def in_order(warnings: Iterable[SiteWarning]) -> tuple[SiteWarning, ...]:
    """Return warnings with what costs most first; those of one code stay in their order."""
    codes = list(WarningCode)
    return tuple(sorted(warnings, key=lambda warning: codes.index(warning.code)))


def folded(
    warnings: Iterable[SiteWarning], most: int = 5
) -> Iterator[tuple[WarningCode, list[SiteWarning], int]]:
    """Yield, for a person to read, each code with `most` of its warnings and how many are left out.

    A site of thousands may have the same fault a thousand times.
    """
    for code, alike in groupby(in_order(warnings), key=lambda warning: warning.code):
        found = list(alike)
        yield code, found[:most], max(0, len(found) - most)

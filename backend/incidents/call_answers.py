"""What somebody says who was called, or who has an incident; and by what they say it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Via = Literal["link", "api", "console"]


@dataclass(frozen=True)
class By:
    """By what somebody acted: by a road, and which link or session of it."""

    via: Via
    through: str = ""

    def __str__(self) -> str:
        """Return it as the record says it."""
        return self.through or self.via


class Answer(StrEnum):
    """What somebody says who was called, or who has an incident."""

    ACKNOWLEDGE = "acknowledge"
    ON_SCENE = "on-scene"
    CANNOT = "cannot"
    GIVE_BACK = "give-back"


SAID = {
    Answer.ACKNOWLEDGE: "{name} has acknowledged by {by}",
    Answer.ON_SCENE: "{name} is on scene, by {by}",
    Answer.CANNOT: "{name} cannot come, by {by}",
    Answer.GIVE_BACK: "{name} gives it back",
}
WHAT = {
    Answer.ACKNOWLEDGE: "acknowledged",
    Answer.ON_SCENE: "on-scene",
    Answer.CANNOT: "cannot",
    Answer.GIVE_BACK: "unacknowledged",
}

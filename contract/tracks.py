"""`tracks/1`: people that a camera agent follows. Pictures stay on the box; tracks travel."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contract.message import Block, Message, Nanoseconds


class Track(Message):
    """One person in one frame."""

    track: int = Field(ge=0, description="The same number for the same person, frame to frame")
    box_px: tuple[float, float, float, float] = Field(description="left, top, width, height")
    foot_px: tuple[float, float] = Field(description="Where the feet stand: decides the zone")
    confidence: float = Field(ge=0, le=1)


class Frame(Message):
    """What was seen at one instant. A frame without tracks says that nobody was seen."""

    t_ns: Nanoseconds
    tracks: tuple[Track, ...] = Field((), max_length=256)


class TracksBlock(Block):
    """Frames of one camera."""

    message: Literal["tracks/1"] = "tracks/1"
    size_px: tuple[int, int] = Field(description="Width and height of the picture")
    frames: tuple[Frame, ...] = Field(min_length=1, max_length=1024)

    stream: ClassVar[str] = "tracks"

    @property
    def end_ns(self) -> int:
        """When the latest frame was taken."""
        return max(frame.t_ns for frame in self.frames)

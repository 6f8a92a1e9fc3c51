"""`tracks/1`: people that a camera agent follows. Pictures stay on the box; tracks travel."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contract.forgiving import VITAL
from contract.message import Block, Message, Nanoseconds

Pixels = Annotated[float, Field(ge=-1e5, le=1e5)]
Share = Annotated[float, Field(ge=0, le=1)]
Keypoint = tuple[Pixels, Pixels, Share]
"""x, y, and how sure the model is of it."""

KEYPOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""The order of a track's keypoints: that of the COCO data set."""

Seen = Literal["person", "vehicle", "motion"]
"""`motion` is something that moves: a model for motion only cannot say what."""
View = Literal["clear", "black", "covered", "frozen", "moved"]
"""Why a camera is blind. `moved`: it looks elsewhere than when its zones were drawn."""


class Track(Message):
    """One person in one frame, seen in it: where a lost one may be now is not for a tracker."""

    track: int = Field(ge=0, description="The same number for the same person, frame to frame")
    box_px: tuple[float, float, float, float] = Field(description="left, top, width, height")
    foot_px: tuple[float, float] = Field(description="Where the feet stand: decides the zone")
    confidence: float = Field(ge=0, le=1)
    seen: Seen = Field("person", description="What it is, as far as the model tells things apart")
    keypoints: tuple[Keypoint, ...] = Field(
        (), max_length=17, description="x, y and score of all 17, in COCO's order; or none"
    )


class Frame(Message):
    """What was seen at one instant. A frame without tracks says that nobody was seen."""

    t_ns: Nanoseconds
    tracks: tuple[Track, ...] = Field((), max_length=256)
    still: bool = Field(
        False,
        description="Nothing moved since the frame before, so the model was not asked: whoever was "
        "there still is, and is not repeated",
    )
    view: Annotated[View, VITAL] = Field(
        "clear", description="Whether the camera sees; if not, it says nothing"
    )


class TracksBlock(Block):
    """Frames of one camera."""

    message: Literal["tracks/1"] = "tracks/1"
    size_px: tuple[int, int] = Field(description="Width and height of the picture")
    frames: tuple[Frame, ...] = Field(min_length=1, max_length=1024)
    model: str = Field("", max_length=63, description="What saw them, as movenet-multipose-384")
    sees: Literal["people", "motion"] = Field(
        "people", description="`motion`: no model is at hand, and whatever moves is followed"
    )

    stream: ClassVar[str] = "tracks"

    @property
    def end_ns(self) -> int:
        """When the latest frame was taken."""
        return max(frame.t_ns for frame in self.frames)

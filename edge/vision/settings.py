"""How one camera is read, looked at and kept, as a site file says it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from contract.message import Identifier
from contract.suggestion import did_you_mean
from edge.vision.address import PASSWORD, has_password
from edge.vision.families import families
from edge.vision.model import Model


class CameraSettings(BaseModel):
    """What a camera's threads are told. The driver that opens it is `edge/sensors/camera.py`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    device: Identifier = Field(description="Which [[device]] it is; its `view` has the masks")
    url: str | None = Field(None, description="rtsp://…, http://…, /dev/video0 for USB, or a file")
    topic: str | None = Field(
        None, min_length=1, description="Instead: where it publishes JPEG by MQTT"
    )
    host: str | None = Field(None, description="The broker of `topic`; the site's if unset")
    port: int | None = Field(None, ge=1, le=65535)
    username: str | None = Field(
        None, description=f"At `url`; the password comes from {PASSWORD}_ID or {PASSWORD}"
    )
    fps: float = Field(10, gt=0, le=30, description="Pictures looked at a second, at most")
    block_s: float = Field(0.2, ge=0, le=5, description="Frames of so long travel together")
    gated: bool = Field(True, description="Ask the model rarely while nothing moves")
    silent_s: float = Field(5, gt=0, le=60, description="A stream that sends nothing has stalled")
    frozen_s: float = Field(20, ge=2, le=600, description="The same picture to the bit for so long")
    hardware: str | None = Field(
        None, pattern=r"^[a-z0-9]+$", description="Decode with vaapi, cuda …, where FFmpeg can"
    )
    ring_s: float = Field(
        120, ge=45, le=900, description="Kept in memory for clips, as the camera sent it"
    )
    ring_mb: int = Field(64, ge=1, le=4096, description="And so much of it at most")
    originals_days: float = Field(
        7, gt=0, le=365, description="How long an unblurred clip stays on this box …"
    )
    originals_mb: int = Field(1000, ge=1, description="… and so much of them at most")
    repeat: bool = Field(False, description="Play a file again and again")
    model: Model = Field(Model(), description="What finds people in the picture")

    @field_validator("model")
    @classmethod
    def _is_there(cls, model: Model) -> Model:
        there = families()
        if model.kind not in there:
            told = did_you_mean(model.kind, there)
            raise ValueError(f'there is no people model "{model.kind}"{told}')
        return model

    @field_validator("url")
    @classmethod
    def _keeps_no_password(cls, url: str | None) -> str | None:
        if url is not None and has_password(url):
            raise ValueError(
                "a password does not belong in a site file, which is copied and versioned: "
                f"give username, and set {PASSWORD} for the agent"
            )
        return url

    @model_validator(mode="after")
    def _has_one_source(self) -> CameraSettings:
        if (self.url is None) == (self.topic is None):
            raise ValueError("give `url`, or `topic`: one of the two")
        return self

    @property
    def is_file(self) -> bool:
        """Whether it plays a file of this machine: at its own pace, and it has an end."""
        return self.url is not None and "://" not in self.url and self.url[:5] != "/dev/"

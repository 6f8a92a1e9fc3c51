"""A camera: RTSP, HTTP, USB or a file; or one that publishes JPEG by MQTT. People leave as tracks.

The pictures stay on the box. A camera has a thread that reads and one that looks, with room for one
picture between them: what cannot be looked at in time is dropped, so what is told is never old.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import structlog
from pydantic import Field, field_validator, model_validator

from contract.command import Command
from contract.message import Identifier
from edge.errors import SensorError
from edge.sensors.sensor import Context, Emit, Refuse, Sensor, Source
from edge.vision.address import PASSWORD, has_password
from edge.vision.extra import ExtraMissingError, needed
from edge.vision.model import Model

if TYPE_CHECKING:
    from edge.evidence.keeper import Keeper

log = structlog.get_logger(__name__)


class Camera(Sensor):
    """Watches one camera. A box has a table for each; they share one model."""

    kind: ClassVar[str] = "camera"

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
    model: Model = Model()

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
    def _has_one_source(self) -> Camera:
        if (self.url is None) == (self.topic is None):
            raise ValueError("give `url`, or `topic`: one of the two")
        return self

    @property
    def is_file(self) -> bool:
        """Whether it plays a file of this machine: at its own pace, and it has an end."""
        return self.url is not None and "://" not in self.url and self.url[:5] != "/dev/"

    def open(self, context: Context) -> Source:
        """Return the source, or raise `SensorError` when packages are missing, or a file is."""
        try:
            needed("cv2", "av")
        except ExtraMissingError as error:
            raise SensorError(f'[[agent.sensors]] "camera" {self.device}: {error}') from None
        if self.is_file and not Path(str(self.url)).is_file():
            raise SensorError(
                f'[[agent.sensors]] "camera" {self.device}: there is no file {self.url}'
            )
        return CameraSource(self, context)


class CameraSource(Source):
    """A camera at work. OpenCV and FFmpeg are loaded when it starts."""

    def __init__(self, settings: Camera, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._stopping = threading.Event()
        self._looks: threading.Thread | None = None
        self._keeps: threading.Thread | None = None
        self._keeper: Keeper | None = None

    def start(self, emit: Emit, refuse: Refuse) -> None:
        """Begin to read and to look, on two threads."""
        from edge.evidence.keeping import keeper_of
        from edge.vision.eye import Eye
        from edge.vision.feed import feed_of
        from edge.vision.latest import Latest
        from edge.vision.shot import Shot

        # Of its own for each start: a read that FFmpeg has not come back from must not go on.
        self._stopping = stopping = threading.Event()
        latest: Latest[Shot] = Latest()
        self._keeper = keeper = keeper_of(self._settings, self._context, refuse)
        feed = feed_of(self._settings, self._context, latest, refuse, keeper)
        eye = Eye(self._settings, self._context, latest, emit, refuse)
        name = f"camera-{self._settings.device}"
        reads = threading.Thread(target=feed, args=(stopping,), name=f"{name}-reads", daemon=True)
        self._looks = threading.Thread(
            target=eye.run, args=(stopping,), name=f"{name}-looks", daemon=True
        )
        reads.start()
        self._looks.start()
        if keeper is not None:
            self._keeps = threading.Thread(
                target=keeper.run, args=(stopping,), name=f"{name}-keeps", daemon=True
            )
            self._keeps.start()

    def command(self, command: Command) -> bool:
        """Take on a clip of this camera. Of one that must store nothing there is none."""
        if command.device != self._settings.device or command.command != "clip":
            return False
        if self._keeper is None:
            log.warning("no clip: nothing is stored of this camera", camera=command.device)
        else:
            self._keeper.ask(command)
        return True

    def stop(self) -> None:
        """End what emits, and wait for it. What reads ends when FFmpeg comes back to it."""
        self._stopping.set()
        for thread in (self._looks, self._keeps):
            if thread is not None:
                thread.join()
        self._looks = self._keeps = None

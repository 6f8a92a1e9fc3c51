"""A camera: RTSP, HTTP, USB or a file; or one that publishes JPEG by MQTT. People leave as tracks.

The pictures stay on the box. A camera has a thread that reads and one that looks, with room for one
picture between them: what cannot be looked at in time is dropped, so what is told is never old.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import structlog

from contract.command import Command
from edge.errors import SensorError
from edge.sensor import Context, Emit, Refuse, Sensor, Source
from edge.vision.extra import ExtraMissingError, needed
from edge.vision.settings import CameraSettings

log = structlog.get_logger(__name__)


class Camera(CameraSettings, Sensor):
    """Watches one camera. A box has a table for each; they share one model."""

    kind: ClassVar[str] = "camera"

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
        self._ask_for_clip: Callable[[Command], None] | None = None

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
        keeper = keeper_of(self._settings, self._context, refuse)
        self._ask_for_clip = keeper.ask if keeper is not None else None
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
        if self._ask_for_clip is None:
            log.warning("no clip: nothing is stored of this camera", camera=command.device)
        else:
            self._ask_for_clip(command)
        return True

    def stop(self) -> None:
        """End what emits, and wait for it. What reads ends when FFmpeg comes back to it."""
        self._stopping.set()
        for thread in (self._looks, self._keeps):
            if thread is not None:
                thread.join()
        self._looks = self._keeps = None

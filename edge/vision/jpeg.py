"""Cameras that publish JPEG by MQTT: ESP32-CAM, Frigate's snapshots. Raw bytes, or base64."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from functools import partial

import cv2
import numpy as np

from edge.connection import Connection, Received
from edge.localbroker import local_broker
from edge.sensor import Context
from edge.vision.keeps import Keeps
from edge.vision.latest import Latest
from edge.vision.people import Picture
from edge.vision.settings import CameraSettings
from edge.vision.shot import NotAPictureError, Shot

MAX_BYTES = 10_000_000
MAX_SIDE_PX = 8192
LOOK_AFTER_S = 1.0
_JPEG = b"\xff\xd8"
_SCAN, _END = 0xDA, b"\xff\xd9"
_BASE64_JPEG = b"/9j/"
_DATA_URL = b"data:image/"


class JpegFeed:
    """A subscription whose newest picture waits to be looked at."""

    def __init__(
        self,
        settings: CameraSettings,
        context: Context,
        latest: Latest[Shot],
        keeper: Keeps | None = None,
    ) -> None:
        assert settings.topic is not None
        self._clock = context.clock
        self._latest = latest
        self._keeper = keeper
        self._connection = Connection(
            local_broker(context.broker, settings.host, settings.port),
            f"floorwatch-{context.site.id}-{context.agent}-camera-{settings.device}",
            [settings.topic],
            on_message=self._received,
            # Once is enough: pictures that a broker kept for us would be told as if they were new.
            qos=0,
        )

    def run(self, stopping: threading.Event) -> None:
        """Listen until told to stop."""
        self._connection.start()
        try:
            while not stopping.wait(LOOK_AFTER_S):
                self._connection.check()
        finally:
            self._connection.stop()

    def _received(self, message: Received) -> None:
        if message.retained:  # of an unknown age
            return
        now_ns = self._clock()
        if self._keeper is not None:
            self._keeper.jpeg(now_ns, message.payload)
        self._latest.put(Shot(now_ns, time.monotonic_ns(), partial(developed, message.payload)))


def developed(payload: bytes) -> Picture:
    """Return the picture of a payload, or raise `NotAPictureError`."""
    if len(payload) > MAX_BYTES:
        raise NotAPictureError(f"{len(payload)} bytes in one picture; at most {MAX_BYTES} are read")
    if payload.startswith(_DATA_URL):
        payload = payload.partition(b",")[2]
    if payload.startswith(_BASE64_JPEG):
        try:
            payload = base64.b64decode(payload, validate=False)
        except binascii.Error as error:
            raise NotAPictureError(f"neither JPEG nor base64 of one: {error}") from None
    if not payload:
        raise NotAPictureError("an empty message")
    if payload.startswith(_JPEG):
        payload = _to_its_end(payload)
    try:
        picture = cv2.imdecode(np.frombuffer(payload, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise NotAPictureError(f"no picture: {error.err}") from None
    if picture is None:
        raise NotAPictureError(f"{len(payload)} bytes that are no JPEG or PNG")
    if max(picture.shape[:2]) > MAX_SIDE_PX or min(picture.shape[:2]) < 16:
        raise NotAPictureError(f"a picture of {picture.shape[1]} x {picture.shape[0]}")
    return np.asarray(picture, np.uint8)


def _to_its_end(payload: bytes) -> bytes:
    """Return a JPEG without what stands behind it: a line end, a MIME boundary, a maker's trailer.

    Raises
    ------
    NotAPictureError
        When its end is missing. That of a thumbnail in it is not its own.
    """
    at = len(_JPEG)
    while at + 4 <= len(payload) and payload[at] == 0xFF and payload[at + 1] != _SCAN:
        # A fill byte, or a segment that says its length.
        at += 1 if payload[at + 1] == 0xFF else 2 + int.from_bytes(payload[at + 2 : at + 4], "big")
    end = payload.find(_END, at)
    if end < 0:
        raise NotAPictureError(f"half a JPEG: {len(payload)} bytes, and no end marker")
    return payload[: end + len(_END)]

"""Brings a camera's pictures, for ever: opened anew when it breaks off, and waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial

import structlog
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from contract.instants import NS_PER_S, Clock
from edge.sensor import Context, Refuse
from edge.vision.address import password_of, told, with_credentials
from edge.vision.jpeg import JpegFeed
from edge.vision.keeps import Keeps
from edge.vision.latest import Latest
from edge.vision.settings import CameraSettings
from edge.vision.shot import Shot
from edge.vision.stream import Stream, StreamEndedError, StreamError, open_stream, picture_of
from host.backoff import Backoff

log = structlog.get_logger(__name__)

FIRST_WAIT_S = 0.5
MAX_WAIT_S = 30.0
TELL_DAMAGE_S = 60.0


def feed_of(
    settings: CameraSettings,
    context: Context,
    latest: Latest[Shot],
    refuse: Refuse,
    keeper: Keeps | None = None,
) -> Callable[[threading.Event], None]:
    """Return what brings a camera's pictures until it is told to stop."""
    if settings.topic is not None:
        return JpegFeed(settings, context, latest, keeper).run
    return StreamFeed(settings, context.clock, latest, refuse, keeper).run


class StreamFeed:
    """A stream that is opened again and again, ever more patiently, or a file that is played."""

    def __init__(
        self,
        settings: CameraSettings,
        clock: Clock,
        latest: Latest[Shot],
        refuse: Refuse,
        keeper: Keeps | None = None,
    ) -> None:
        assert settings.url is not None
        self._settings = settings
        self._is_file = settings.is_file
        self._address = told(settings.url)
        self._url = with_credentials(settings.url, settings.username, password_of(settings.device))
        self._clock = clock
        self._latest = latest
        self._refuse = refuse
        self._keeper = keeper
        self._pictures = 0
        self._damage_told_s = -TELL_DAMAGE_S

    def run(self, stopping: threading.Event) -> None:
        """Bring pictures until told to stop."""
        backoff = Backoff(FIRST_WAIT_S, MAX_WAIT_S)
        while not stopping.is_set():
            before = self._pictures
            try:
                self._bring(stopping)
            except StreamEndedError as error:
                if self._is_file:
                    if not self._settings.repeat:
                        log.info("a recording was played", camera=self._settings.device)
                        return
                    continue
                why = str(error)
            except StreamError as error:
                why = str(error)
            except Exception as error:  # no fault of one camera's may end it, or another's
                log.exception("a camera's feed failed", camera=self._settings.device)
                why = f"{self._address}: {type(error).__name__}"
            if stopping.is_set():
                return
            if self._pictures - before > 100:
                backoff.succeeded()
            self._refuse(self._settings.device, f"no picture: {why}")
            stopping.wait(backoff.failed())

    def _bring(self, stopping: threading.Event) -> None:
        settings = self._settings
        stream = open_stream(self._url, silent_s=settings.silent_s, hardware=settings.hardware)
        with closing(stream), self._kept(stream) as keep:
            log.info("a camera is there", camera=settings.device, codec=stream.codec)
            began_ns: int | None = None
            for packet, frames in stream.read():
                keep(self._clock(), packet)
                for frame in frames:
                    if self._is_file:
                        began_ns = self._wait_for(frame, began_ns, stopping)
                    self._pictures += 1
                    self._latest.put(self._shot(frame))
                if stopping.is_set():
                    return
                self._tell_damage(stream)

    @contextmanager
    def _kept(self, stream: Stream) -> Iterator[Callable[[int, Packet[VideoStream]], None]]:
        """Yield what takes a packet for clips, while this stream is open."""
        if self._keeper is None:
            yield lambda _t_ns, _packet: None
            return
        self._keeper.opened(stream.video)
        try:
            yield self._keeper.packet
        finally:
            self._keeper.closed()

    def _wait_for(self, frame: VideoFrame, began_ns: int | None, stopping: threading.Event) -> int:
        """Wait until it is a recorded frame's turn."""
        at_ns = round((frame.time or 0.0) * NS_PER_S)
        now_ns = time.monotonic_ns()
        if began_ns is None:
            return now_ns - at_ns
        stopping.wait(max(0, began_ns + at_ns - now_ns) / NS_PER_S)
        return began_ns

    def _shot(self, frame: VideoFrame) -> Shot:
        return Shot(self._clock(), time.monotonic_ns(), partial(picture_of, frame))

    def _tell_damage(self, stream: Stream) -> None:
        if not any(stream.damage.values()):
            return
        if time.monotonic() - self._damage_told_s < TELL_DAMAGE_S:
            return
        self._damage_told_s = time.monotonic()
        spoilt, resized = stream.damage["undecodable"], stream.damage["resized"]
        stream.damage = {"undecodable": 0, "resized": 0}
        if spoilt:
            self._refuse(
                self._settings.device, f"{self._address}: {spoilt} packets could not be decoded"
            )
        if resized:
            log.warning("a camera changed its resolution", camera=self._settings.device)

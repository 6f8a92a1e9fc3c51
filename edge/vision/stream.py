"""A camera's stream, or a file, as packets and pictures: FFmpeg by PyAV.

What can go wrong with a camera is ordinary. It comes out as `StreamError` with a sentence; a
picture that cannot be decoded is counted and passed over, and the stream goes on.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from typing import Any, Literal

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from contract.instants import Clock, seconds
from edge.errors import EdgeError
from edge.vision.address import told
from edge.vision.people import Picture

OPEN_S = 8.0
PROBE_BYTES = "1000000"
PROBE_US = "1000000"
USUAL_RATE = 25
"""Of a film that says neither its times nor its rate."""
MAX_SPOILT = 250
"""So many packets in a row without a picture, and the stream is opened anew …"""
MAX_SPOILT_S = 30.0
"""… or for so long: of garbage FFmpeg makes few and large packets. Cameras send a key picture
more often."""

Damage = Literal["undecodable", "resized"]


class StreamError(EdgeError):
    """A stream could not be opened, or broke off. The text says what to do, and no password."""


class StreamEndedError(StreamError):
    """There is no more of it: the end of a file, or a camera that hung up."""


class Stream:
    """An open stream. It is read on one thread, which may wait up to `silent_s` for a packet."""

    def __init__(self, container: InputContainer, address: str, monotonic: Clock) -> None:
        self._container = container
        self._address = address
        self._monotonic = monotonic
        self.video = container.streams.video[0]
        self.video.codec_context.thread_count = 1  # cameras share the cores; this is one of them
        self.damage: dict[Damage, int] = {"undecodable": 0, "resized": 0}
        self._size: tuple[int, int] | None = None
        self._untimed = 0

    @property
    def codec(self) -> str:
        """The name of its codec, as h264."""
        return str(self.video.codec_context.name)

    def read(self) -> Iterator[tuple[Packet[VideoStream], list[VideoFrame]]]:
        """Yield each packet with the pictures that it completes, as they come.

        Raises
        ------
        StreamError
            When the stream breaks off, stalls, or sends nothing that is a picture for long.
        """
        spoilt, good_ns = 0, self._monotonic()
        with _in_words(self._address):
            for packet in self._container.demux(self.video):
                frames = self._decoded(packet)  # an empty packet, at the end, flushes the decoder
                spoilt = 0 if frames else spoilt + 1
                lasts_s = seconds(self._monotonic() - good_ns)
                if spoilt > MAX_SPOILT or (spoilt and lasts_s > MAX_SPOILT_S):
                    raise StreamError(
                        f"{self._address}: {spoilt} packets in {lasts_s:.0f} s and no picture in "
                        "them; is it a video that this FFmpeg can decode?"
                    )
                yield packet, frames
                if frames:
                    good_ns = self._monotonic()  # after it was used: a file waits for its time
        raise StreamEndedError(f"{self._address}: it ended")

    def _decoded(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            self.damage["undecodable"] += 1
            return []
        good = [frame for frame in frames if not frame.is_corrupt]
        self.damage["undecodable"] += len(frames) - len(good)
        for frame in good:
            self._timed(frame)
            size = frame.width, frame.height
            if self._size not in (None, size):
                self.damage["resized"] += 1
            self._size = size
        return good

    def _timed(self, frame: VideoFrame) -> None:
        """Give a picture its time where the film has none: raw H.264 only says how often."""
        if frame.pts is None:
            rate = self.video.guessed_rate or self.video.average_rate or USUAL_RATE
            frame.pts, frame.time_base = self._untimed, 1 / Fraction(rate)
            self._untimed += 1

    def close(self) -> None:
        """Hang up."""
        self._container.close()


def open_stream(
    url: str,
    *,
    silent_s: float = 5.0,
    hardware: str | None = None,
    monotonic: Clock = time.monotonic_ns,
) -> Stream:
    """Open an address: rtsp, http, a file, or a device of this machine as /dev/video0.

    Parameters
    ----------
    silent_s
        A stream of which no packet is whole for so long has stalled.
    hardware
        What FFmpeg is to decode with, as vaapi, cuda or v4l2m2m; without it where that fails.

    Raises
    ------
    StreamError
        When it cannot be opened, or there is no video in it that can be decoded.
    """
    address = told(url)
    options = {"probesize": PROBE_BYTES, "analyzeduration": PROBE_US}
    given: dict[str, Any] = {}
    if url.startswith(("rtsp://", "rtsps://")):
        # Over UDP a lost datagram is half a picture; over TCP it is a picture that comes late.
        options["rtsp_transport"] = "tcp"
    if url.startswith("/dev/"):
        given["format"] = "v4l2"
        options = {"framerate": "15"}
    if hardware is not None:
        from av.codec.hwaccel import HWAccel

        given["hwaccel"] = HWAccel(device_type=hardware, allow_software_fallback=True)
    with _in_words(address):
        container = av.open(url, timeout=(OPEN_S, silent_s), options=options, **given)
    try:
        if not container.streams.video:
            raise StreamError(f"{address}: there is no video in it")
        if container.streams.video[0].codec_context is None:
            raise StreamError(f"{address}: FFmpeg has no decoder for its codec here")
        return Stream(container, address, monotonic)
    except BaseException:
        container.close()
        raise


def pictures(url: str) -> Iterator[tuple[float, Picture]]:
    """Yield the pictures of a file, each with its second in it."""
    with closing(open_stream(url)) as stream:
        try:
            for _packet, frames in stream.read():
                for frame in frames:
                    yield frame.time or 0.0, picture_of(frame)
        except StreamEndedError:
            return


def picture_of(frame: VideoFrame) -> Picture:
    """Return a decoded frame as a picture that may be written to, upright as its film says."""
    picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    quarters = round(frame.rotation / 90) % 4  # counter-clockwise, as `rot90` turns
    return np.ascontiguousarray(np.rot90(picture, quarters)) if quarters else picture


@contextmanager
def _in_words(address: str) -> Iterator[None]:
    try:
        yield
    except StopIteration:
        raise
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise StreamError(f"{address}: {_words(error)}") from None


def _words(error: BaseException) -> str:
    """Return what is wrong. FFmpeg's own text holds the address, and with it the password."""
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words
    code = getattr(error, "errno", None)
    if code == errno.EBUSY:
        return "another program uses it"
    if isinstance(code, int) and code > 0:
        return os.strerror(code)
    return told(str(getattr(error, "strerror", None) or type(error).__name__))


_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (av.error.HTTPUnauthorizedError, "it refuses the user name or the password (401)"),
    (av.error.HTTPForbiddenError, "it refuses this user (403)"),
    (av.error.HTTPNotFoundError, "it answers, but has no such stream (404); look at the path"),
    (av.error.HTTPError, "it answers with an HTTP error"),
    (av.error.FileNotFoundError, "there is no such file or device"),
    (av.error.PermissionError, "this user may not open it"),
    (av.error.ConnectionRefusedError, "nothing listens at that port"),
    (av.error.ConnectionResetError, "it hung up"),
    (av.error.TimeoutError, "it does not answer"),
    (av.error.ExitError, "no packet of video came from it for too long"),
    (av.error.DecoderNotFoundError, "FFmpeg has no decoder for its codec here"),
    (av.error.ProtocolNotFoundError, "FFmpeg does not know that protocol"),
    (av.error.DemuxerNotFoundError, "FFmpeg does not know that format"),
    (av.error.EOFError, "it ended at once"),
    (av.error.InvalidDataError, "what it sends is no video that FFmpeg can read"),
)

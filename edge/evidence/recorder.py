"""Puts a stream's packets into the ring as they are: nothing is decoded or encoded again."""

from __future__ import annotations

import io

import av
import av.error
import structlog
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from contract.instants import seconds
from edge.evidence.ring import Ring, Segment

log = structlog.get_logger(__name__)

SEGMENT_S = 2.0
"""A segment ends at the first key picture after so long …"""
LONGEST_S = 60.0
"""… and what comes after so long without one is let go until the next."""
UNPACKED = ("rawvideo",)
"""A USB camera's raw pictures: two minutes would be gigabytes."""


class Recorder:
    """The packets of one open stream, cut into segments at its key pictures."""

    def __init__(self, ring: Ring, camera: str, template: VideoStream) -> None:
        self._ring = ring
        self._camera = camera
        self._template = template
        self._refused = template.codec_context.name in UNPACKED
        if self._refused:
            log.warning("raw video is not kept: there will be no clip", camera=camera)
        self._file: io.BytesIO | None = None
        self._container: OutputContainer | None = None
        self._from_ns = self._to_ns = 0
        self._first: int | None = None

    @property
    def open_since_ns(self) -> int | None:
        """When the segment began that is not in the ring yet."""
        return self._from_ns if self._container is not None else None

    def packet(self, t_ns: int, packet: Packet[VideoStream]) -> None:
        """Take in a packet that came now, and was decoded already. Never raises."""
        if self._refused or packet.size == 0:
            return
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None:
            return
        age_s = seconds(t_ns - self._from_ns)
        if packet.is_keyframe and (self._container is None or age_s >= SEGMENT_S):
            self.close()
            self._begin(t_ns, stamp)
        elif age_s >= LONGEST_S:
            self.close()
        if self._container is None or self._first is None:
            return
        try:
            packet.stream = self._container.streams.video[0]
            packet.dts = stamp - self._first
            packet.pts = (packet.pts if packet.pts is not None else stamp) - self._first
            self._container.mux_one(packet)
            self._to_ns = t_ns
        except (av.error.FFmpegError, ValueError, OverflowError):
            self._container = None  # times that jump: this segment ends here, the next is whole

    def close(self) -> None:
        """Put what there is into the ring."""
        container, self._container = self._container, None
        if container is None or self._file is None:
            return
        try:
            container.close()
        except av.error.FFmpegError:
            return
        self._ring.add(Segment(self._from_ns, self._to_ns, self._file.getvalue(), "matroska"))

    def _begin(self, t_ns: int, first: int) -> None:
        self._file = io.BytesIO()
        self._from_ns = self._to_ns = t_ns
        self._first = first
        try:
            self._container = av.open(self._file, "w", format="matroska")
            self._container.add_stream_from_template(self._template)
        except (av.error.FFmpegError, ValueError):
            log.warning("what this camera sends cannot be kept", camera=self._camera)
            self._container, self._refused = None, True

"""Who keeps what a camera sends: the feed hands it on, and does not know what becomes of it."""

from __future__ import annotations

from typing import Protocol

from av.packet import Packet
from av.video.stream import VideoStream


class Keeps(Protocol):
    """What a feed hands on as it comes, by the thread that reads. `edge/evidence` keeps it."""

    def opened(self, template: VideoStream) -> None:
        """Be told that the camera's stream was opened."""

    def packet(self, t_ns: int, packet: Packet[VideoStream]) -> None:
        """Take in a packet as the camera sent it."""

    def jpeg(self, t_ns: int, payload: bytes) -> None:
        """Take in a picture that came by itself."""

    def closed(self) -> None:
        """Be told that the stream has ended."""

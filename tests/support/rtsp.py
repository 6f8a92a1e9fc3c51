"""A small real RTSP server: H.264 over RTP, interleaved in the TCP connection (RFC 2326, 6184).

It plays a file in real time to whoever asks, and misbehaves on demand as cameras do.
"""

from __future__ import annotations

import base64
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import av
from av.bitstream import BitStreamFilterContext

MTU = 1400
Fault = Literal["stall", "garbage", "hang-up", "half"]


@dataclass
class RtspServer:
    """Serves one file at `rtsp://127.0.0.1:PORT/stream1`."""

    file: Path
    credentials: tuple[str, str] | None = None
    fault: Fault | None = None
    fault_after: int = 10
    """Pictures that are sent before the fault."""
    speed: float = 1.0
    served: int = 0
    """How many players were sent a picture."""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.port: int = self._listener.getsockname()[1]
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/stream1"

    def _spawn(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(0.2)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting = b""
            while not self._stopping.is_set():
                try:
                    more = connection.recv(4096)
                except TimeoutError:
                    continue
                except OSError:
                    return
                if not more:
                    return
                waiting += more
                while b"\r\n\r\n" in waiting:
                    head, _, waiting = waiting.partition(b"\r\n\r\n")
                    try:
                        if self._answer(connection, head.decode()):
                            self._play(connection)
                            return
                    except OSError:
                        return

    def _answer(self, connection: socket.socket, request: str) -> bool:
        """Answer one request; True when it was PLAY."""
        first, *rest = request.split("\r\n")
        method = first.split(" ")[0]
        headers = dict(line.split(": ", 1) for line in rest if ": " in line)
        reply = [f"CSeq: {headers.get('CSeq', '0')}"]
        status, body = "200 OK", ""
        if method == "OPTIONS":
            reply.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif not self._knows(headers.get("Authorization", "")):
            status = "401 Unauthorized"
            reply.append('WWW-Authenticate: Basic realm="camera"')
        elif method == "DESCRIBE":
            body = (
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
                "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
                "a=fmtp:96 packetization-mode=1\r\na=control:trackID=0\r\n"
            )
            reply += ["Content-Type: application/sdp", f"Content-Base: {self.url}/"]
        elif method == "SETUP":
            reply += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"]
        elif method == "PLAY":
            reply.append("Session: 1")
        if body:
            reply.append(f"Content-Length: {len(body)}")
        text = "\r\n".join([f"RTSP/1.0 {status}", *reply]) + "\r\n\r\n" + body
        connection.sendall(text.encode())
        return method == "PLAY" and status == "200 OK"

    def _knows(self, given: str) -> bool:
        if self.credentials is None:
            return True
        return given == "Basic " + base64.b64encode(":".join(self.credentials).encode()).decode()

    def _play(self, connection: socket.socket) -> None:
        self.served += 1
        sequence, sent, base = 0, 0, 0.0
        began_s = time.monotonic()
        while not self._stopping.is_set():
            at_s = 0.0
            for at_s, last_nal_first in _pictures(self.file):
                due_s = began_s + (base + at_s) / self.speed
                if self._stopping.wait(max(0.0, due_s - time.monotonic())):
                    return
                nals = last_nal_first
                if self.fault is not None and sent >= self.fault_after:
                    if self.fault == "hang-up":
                        return
                    if self.fault == "stall":
                        self._stopping.wait(30)
                        return
                    if self.fault == "garbage":
                        nals = [bytes(range(256)) * 8]
                    if self.fault == "half":
                        nals = [nal[: len(nal) // 2] for nal in nals]
                stamp = round((base + at_s) * 90_000) & 0xFFFFFFFF
                for payload, marker in _payloads(nals):
                    header = struct.pack(
                        ">BBHII", 0x80, 96 | (0x80 if marker else 0), sequence & 0xFFFF, stamp, 7
                    )
                    packet = header + payload
                    connection.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                    sequence += 1
                sent += 1
            base += at_s + 0.04


def _pictures(file: Path) -> list[tuple[float, list[bytes]]]:
    """Return the NAL units of each picture of an H.264 file, in order of decoding."""
    found: list[tuple[float, list[bytes]]] = []
    with av.open(str(file)) as container:
        video = container.streams.video[0]
        to_annex_b = BitStreamFilterContext("h264_mp4toannexb", video)
        for packet in container.demux(video):
            if packet.size == 0:
                continue
            at_s = float((packet.dts or 0) * packet.time_base)
            found += [(at_s, _nals(bytes(each))) for each in to_annex_b.filter(packet)]
    first_s = found[0][0]
    return [(at_s - first_s, nals) for at_s, nals in found]


def _nals(annex_b: bytes) -> list[bytes]:
    parts = annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


def _payloads(nals: list[bytes]) -> list[tuple[bytes, bool]]:
    out: list[tuple[bytes, bool]] = []
    for nal in nals:
        if len(nal) <= MTU:
            out.append((nal, False))
            continue
        indicator, kind, rest = (nal[0] & 0xE0) | 28, nal[0] & 0x1F, nal[1:]
        for at in range(0, len(rest), MTU):
            bits = (0x80 if at == 0 else 0) | (0x40 if at + MTU >= len(rest) else 0)
            out.append((bytes((indicator, bits | kind)) + rest[at : at + MTU], False))
    return [(payload, n == len(out) - 1) for n, (payload, _last) in enumerate(out)]

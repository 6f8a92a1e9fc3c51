"""Impinj R700 and its kin, by their IoT device interface: MQTT, webhook, or the HTTP stream.

Fields are switched on in the reader's preset, so only the EPC can be counted on. `epcHex` goes
before `epc`, which is base64 as the reader is delivered; levels are hundredths of a dBm.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import ClassVar

import httpx
from pydantic import Field

from edge.errors import SensorError
from edge.sensor import Context, Emit, Refuse, Source
from edge.sensors.heard import Heard, Part, Unread, UnreadableError, each_tag, shaped
from edge.sensors.notation import AnyEpc, CentiDbm, HexEpc, Instant, Name, Point, Shape, name
from edge.sensors.reading import Entry
from edge.sensors.redial import LineLostError, Redial
from edge.sensors.vendor import Vendor

PASSWORD = "FLOORWATCH_READER_PASSWORD"
MAX_LINE_BYTES = 100_000
CONNECT_S = 10.0


class _TagInventory(Shape):
    epc: AnyEpc | None = None
    epc_hex: HexEpc | None = None
    antenna_port: Point = "1"
    peak_rssi_cdbm: CentiDbm = None
    last_seen_time: Instant = None


class _Event(Shape):
    timestamp: Instant = None
    hostname: Name = None
    tag_inventory_event: _TagInventory


class Impinj(Vendor):
    """Reads an Impinj R700's own events."""

    kind: ClassVar[str] = "impinj"

    url: str | None = Field(
        None, pattern=r"^https?://", description="The reader itself, for its HTTP stream"
    )
    username: str = Field("root", description=f"At `url`; the password comes from {PASSWORD}")
    ca_file: str | None = Field(None, description="Whose certificate to believe at an https `url`")
    silent_s: float = Field(
        60, gt=0, le=3600, description="The stream is opened again when nothing came for so long"
    )

    def ways_in(self) -> Mapping[str, bool]:
        """Return the settings that say how events come in, and which of them are given."""
        return {**super().ways_in(), "url": self.url is not None}

    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take one event, a list of them, or lines of them apart."""
        return each_tag(payload, _parts, _is_event)

    def open(self, context: Context) -> Source:
        """Return the source, or raise `SensorError` when `ca_file` is no certificate."""
        return super().open(context) if self.url is None else ImpinjStream(self, context)


class ImpinjStream(Redial):
    """The HTTP stream of one reader: a line of JSON an event, for as long as it is open."""

    def __init__(self, settings: Impinj, context: Context) -> None:
        assert settings.url is not None
        super().__init__(settings.url)
        self._settings = settings
        self._url = settings.url.rstrip("/") + "/api/v1/data/stream"
        self._called = httpx.URL(settings.url).host
        self._clock = context.clock
        self._socket: socket.socket | None = None
        # Of a plain http URL there is nothing to verify.
        self._verify: ssl.SSLContext | bool = settings.url.startswith("https:")
        if settings.ca_file is not None:
            try:
                self._verify = ssl.create_default_context(cafile=settings.ca_file)
            except OSError as error:  # an ssl.SSLError is one, too
                told = f'[[agent.sensors]] "impinj": ca_file {settings.ca_file}: {error}'
                raise SensorError(told) from None

    def stop(self) -> None:
        """End at once, although the reader may be silent."""
        self._stopping.set()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        super().stop()

    def talk(self, emit: Emit, refuse: Refuse, stopping: threading.Event) -> None:
        """Read the stream until it ends."""
        auth = (self._settings.username, os.environ.get(PASSWORD, ""))
        timeout = httpx.Timeout(CONNECT_S, read=self._settings.silent_s)
        try:
            with (
                httpx.Client(auth=auth, timeout=timeout, verify=self._verify) as client,
                client.stream("GET", self._url) as response,
            ):
                response.raise_for_status()
                self._socket = response.extensions["network_stream"].get_extra_info("socket")
                self.took_us_in()
                if stopping.is_set():
                    return
                for lines in _lines(response.iter_bytes()):
                    self._take(lines, emit, refuse)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise LineLostError(f"{type(error).__name__}: {error}") from None
        finally:
            self._socket = None

    def _take(self, lines: Sequence[bytes], emit: Emit, refuse: Refuse) -> None:
        parts = (part for line in lines for part in self._settings.parse(line, self._url))
        measured, refused = self._settings.intake().take(parts, self._called, self._clock())
        for refusal in refused:
            refuse(refusal.device, refusal.reason, partly=refusal.partly)
        for part in measured:
            emit(part.block, way=part.way())


def _is_event(entry: Entry) -> bool:
    return "eventType" in entry or "tagInventoryEvent" in entry


def _parts(entry: Entry) -> Iterator[Part]:
    kind = entry.get("eventType", "tagInventory")
    if kind == "overflow" or "overflowEvent" in entry:
        yield Unread("it could not keep up, and reads are lost", name(entry.get("hostname")))
    elif kind == "tagInventory" or "tagInventoryEvent" in entry:
        event = yield from shaped(_Event, entry)
        tag = event.tag_inventory_event
        epc = tag.epc_hex or tag.epc
        if epc is None:
            raise UnreadableError("a tag without its EPC: switch epcHex on in the preset")
        yield Heard(
            tag=epc,
            reader=event.hostname,
            point=tag.antenna_port,
            t_ns=tag.last_seen_time or event.timestamp,
            rssi_dbm=tag.peak_rssi_cdbm,
        )


def _lines(chunks: Iterable[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield the lines that each chunk completes; an empty line only says that the reader lives."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            lines, rest = [*lines, rest], b""
        if full := [line for line in lines if line.strip()]:
            yield full

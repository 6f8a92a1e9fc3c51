"""Impinj Speedway Connect, which runs on the reader: lines on a TCP port, or HTTP posts.

A line is JSON, or values with commas between them, whose order is set up in the reader and so in
`fields`. A post is a form that names its fields itself.
"""

from __future__ import annotations

import csv
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Self
from urllib.parse import parse_qs

from pydantic import AliasChoices, Field, model_validator

from contract.batch import MAX_PAYLOAD_BYTES
from edge.sensor import Context, Emit, Refuse, Source
from edge.sensors.heard import Heard, Part, Unread, each_tag, one, shaped
from edge.sensors.notation import Dbm, HexEpc, Instant, Name, Point, Shape
from edge.sensors.reading import Entry, text_of
from edge.sensors.redial import LineLostError, Redial
from edge.sensors.vendor import Vendor

CONNECT_S = 10.0
LOOK_S = 0.25
MAX_LINE_BYTES = 100_000
FIELDS = ("antenna_port", "epc", "first_seen_timestamp", "peak_rssi")


class _Tag(Shape):
    epc: HexEpc
    antenna_port: Point = Field("1", validation_alias=AliasChoices("antenna_port", "antennaPort"))
    peak_rssi: Dbm = Field(None, validation_alias=AliasChoices("peak_rssi", "peakRssi"))
    first_seen: Instant = Field(
        None, validation_alias=AliasChoices("first_seen_timestamp", "firstSeenTimestamp")
    )
    reader_name: Name = Field(None, validation_alias=AliasChoices("reader_name", "readerName"))
    is_heart_beat: bool = Field(False, validation_alias=AliasChoices("isHeartBeat"))


class SpeedwayConnect(Vendor):
    """Reads the output of Impinj's Speedway Connect."""

    kind: ClassVar[str] = "speedway_connect"

    connect: str | None = Field(
        None, pattern=r"^[^:\s]+:[0-9]{1,5}$", description="host:port of the reader's TCP output"
    )
    fields: tuple[str, ...] = Field(FIELDS, description="What a line that is not JSON holds")

    @model_validator(mode="after")
    def _hold_tags(self) -> Self:
        if "epc" not in self.fields:
            raise ValueError('fields: without "epc" a line names no tag')
        return self

    def ways_in(self) -> Mapping[str, bool]:
        """Return the settings that say how lines come in, and which of them are given."""
        return {**super().ways_in(), "connect": self.connect is not None}

    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take lines, or a posted form, apart."""
        if len(payload) > MAX_PAYLOAD_BYTES:
            told = f"{len(payload)} bytes in one message; at most {MAX_PAYLOAD_BYTES} are read"
            return (Unread(told),)
        text = text_of(payload)
        if text.startswith(("{", "[")):
            return each_tag(payload, _parts, lambda entry: "epc" in entry)
        if "field_values=" in text or "field_names=" in text:
            return _form(text)
        return _rows(text, self.fields, ",", None)

    def open(self, context: Context) -> Source:
        """Return the source."""
        if self.connect is None:
            return super().open(context)
        host, _, port = self.connect.rpartition(":")
        return SpeedwayLines(self, context, host, int(port))


class SpeedwayLines(Redial):
    """The TCP output of one reader."""

    def __init__(self, settings: SpeedwayConnect, context: Context, host: str, port: int) -> None:
        super().__init__(f"{host}:{port}")
        self._settings = settings
        self._host, self._port = host, port
        self._clock = context.clock

    def talk(self, emit: Emit, refuse: Refuse, stopping: threading.Event) -> None:
        """Read lines until the reader hangs up."""
        try:
            with socket.create_connection((self._host, self._port), CONNECT_S) as line:
                # A reader whose power fails says no goodbye.
                line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                line.settimeout(LOOK_S)
                self.took_us_in()
                rest = b""
                while not stopping.is_set():
                    try:
                        came = line.recv(65_536)
                    except TimeoutError:
                        continue
                    if not came:
                        raise LineLostError("it hung up")
                    whole, end, rest = (rest + came).rpartition(b"\n")
                    if len(rest) > MAX_LINE_BYTES:
                        refuse(self._settings.reader, f"a line of over {MAX_LINE_BYTES} bytes")
                        rest = b""
                    if end and whole.strip():
                        self._take(whole, emit, refuse)
        except OSError as error:
            raise LineLostError(str(error)) from None

    def _take(self, lines: bytes, emit: Emit, refuse: Refuse) -> None:
        parts = self._settings.parse(lines, "")
        measured, refused = self._settings.intake().take(parts, self._host, self._clock())
        for refusal in refused:
            refuse(refusal.device, refusal.reason, partly=refusal.partly)
        for part in measured:
            emit(part.block, way=part.way())


def _parts(entry: Entry) -> Iterator[Part]:
    if entry.get("isHeartBeat") is True:
        return
    tag = yield from shaped(_Tag, entry)
    yield Heard(tag.epc, tag.reader_name, tag.antenna_port, tag.first_seen, tag.peak_rssi)


def _values(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))


def _form(text: str) -> Iterator[Part]:
    try:
        form = {key: values[-1] for key, values in parse_qs(text, max_num_fields=64).items()}
    except ValueError as error:
        yield Unread(f"not a form: {error}")
        return
    called = form.get("reader_name") or form.get("mac_address")
    called = called.strip().strip('"') if called else None
    if "field_names" not in form or "field_values" not in form:
        yield Unread("a form without field_names and field_values", called)
        return
    delimiter = form.get("field_delim", ",")
    names = [name.strip() for name in form["field_names"].split(delimiter or ",")]
    yield from _rows(form["field_values"], names, delimiter, called)


def _rows(text: str, names: Iterable[str], delimiter: str, called: str | None) -> Iterator[Part]:
    columns = list(names)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        yield Unread(f"fields cannot be told apart by {delimiter[:20]!r}", called)
        return
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            values = _values(line, delimiter)
            if len(values) != len(columns) and ";" in line:
                values = _values(line, ";")  # as a reader set to a decimal comma has it
        except (csv.Error, StopIteration) as error:
            yield Unread(f"a line that is none: {error}", called)
            continue
        if len(values) != len(columns):
            wanted = ", ".join(columns)[:200]
            comma = delimiter == "," and len(values) > len(columns)
            perhaps = ": is the reader set to a decimal comma? Set it to a point" if comma else ""
            told = f"a line of {len(values)} values; {wanted} are wanted{perhaps}"
            yield Unread(told, called)
            continue
        entry = {name: value.strip() for name, value in zip(columns, values, strict=True)}
        yield from one({"reader_name": called, **entry}, _parts)

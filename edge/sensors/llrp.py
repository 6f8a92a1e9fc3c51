"""Any RFID reader that speaks LLRP – Impinj, Zebra and others – through llrpkit.

The agent is the reader's only client: it gives it a reader operation (ROSpec), starts it, and asks
after it all the time. A reader that does not answer, or does not run it any longer, is dialled
again, for ever. What it had read meanwhile it has not kept: that gap nobody can close.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from llrpkit import LLRPError, Reader, TagReport
from llrpkit.client import check_status
from llrpkit.inventory import DEFAULT_ROSPEC_ID, build_rospec
from llrpkit.protocol import LLRPMessage, enums, messages, params
from pydantic import Field

from contract.message import Identifier
from edge.sensor import Context, Emit, Refuse, Source
from edge.sensors.heard import Heard, Part, Unread
from edge.sensors.notation import level_dbm
from edge.sensors.redial import LineLostError, Redial
from edge.sensors.vendor import ReaderTable

GATHERED_S = 0.1
"""Reads of so long share a block: a reader reports each by itself, hundreds a second."""
NS_PER_US = 1000


class Llrp(ReaderTable):
    """Runs an inventory on one LLRP reader."""

    kind: ClassVar[str] = "llrp"

    reader: Identifier = Field(description="The device that this reader is")
    host: str
    port: int = Field(5084, ge=1, le=65535)
    antennas: tuple[int, ...] = Field((), description="Antenna ports to use; all if empty")
    session: int = Field(
        0, ge=0, le=3, description="Gen2 session; in 0 a tag answers as often as it can"
    )
    tx_power_dbm: float | None = Field(None, description="As the reader is set up if unset")
    mode_index: int | None = Field(None, ge=0, description="RF mode; as set up if unset")
    search_mode: int | None = Field(None, ge=0, description="Impinj only: inventory search mode")
    tag_population: int = Field(32, ge=1, le=65535, description="Tags expected at once")
    keepalive_s: float = Field(
        5, ge=0.1, le=300, description="How often the reader is asked whether it still reads"
    )

    def open(self, context: Context) -> Source:
        """Return the source."""
        return LlrpSource(self, context)


class LlrpSource(Redial):
    """The connection to one reader, on an event loop of its own."""

    def __init__(self, settings: Llrp, context: Context) -> None:
        super().__init__(f"{settings.host}:{settings.port}")
        self._settings = settings
        self._clock = context.clock

    def talk(self, emit: Emit, refuse: Refuse, stopping: threading.Event) -> None:
        """Run the inventory until the reader is lost."""
        try:
            asyncio.run(_until(stopping, self._talk(emit, refuse)))
        except (LLRPError, OSError) as error:
            raise LineLostError(str(error)) from None

    async def _talk(self, emit: Emit, refuse: Refuse) -> None:
        wanted = self._settings
        async with Reader(wanted.host, wanted.port) as reader:
            await reader.set_keepalive(round(wanted.keepalive_s * 1000))
            await self._start_inventory(reader)
            self.took_us_in()
            loop = asyncio.get_running_loop()
            dropped, ask_at_s = 0, loop.time() + wanted.keepalive_s
            while True:
                await asyncio.sleep(GATHERED_S)
                parts = [*_waiting(reader.client.reports), *_events(reader.client.events)]
                if reader.client.dropped_reports > dropped:
                    lost = reader.client.dropped_reports - dropped
                    dropped += lost
                    parts.append(Unread(f"{lost} reports came faster than they could be kept"))
                # It may wait for room, and the reader wants its keepalives answered meanwhile.
                await asyncio.to_thread(self._take, parts, emit, refuse)
                if loop.time() >= ask_at_s:
                    await _ask_after_inventory(reader)
                    ask_at_s = loop.time() + wanted.keepalive_s
                if not reader.client.connected:
                    raise LineLostError("the reader hung up")

    async def _start_inventory(self, reader: Reader) -> None:
        wanted, client = self._settings, reader.client
        power = wanted.tx_power_dbm
        ro_spec = build_rospec(
            antennas=wanted.antennas,
            session=wanted.session,
            search_mode=wanted.search_mode if reader.impinj_extensions_enabled else None,
            mode_index=wanted.mode_index,
            transmit_power_index=(
                reader.capabilities.power_index_for_dbm(power) if power is not None else None
            ),
            tag_population=wanted.tag_population,
            enable_impinj_reports=reader.impinj_extensions_enabled,
        )
        # One of ours is still there after a power cut of the agent. No other is touched.
        await client.transact(messages.DELETE_ROSPEC(ro_spec_id=DEFAULT_ROSPEC_ID))
        check_status(await client.transact(messages.ADD_ROSPEC(ro_spec=ro_spec)))
        for step in (messages.ENABLE_ROSPEC, messages.START_ROSPEC):
            check_status(await client.transact(step(ro_spec_id=DEFAULT_ROSPEC_ID)))

    def _take(self, parts: Sequence[Part], emit: Emit, refuse: Refuse) -> None:
        measured, refused = self._settings.intake().take(parts, None, self._clock())
        for refusal in refused:
            refuse(refusal.device, refusal.reason, partly=refusal.partly)
        for part in measured:
            emit(part.block, way=part.way())


def heard(report: messages.RO_ACCESS_REPORT) -> Iterator[Part]:
    """Yield the tags of a report. Pure; never raises."""
    for data in report.tag_report_datas:
        tag = TagReport.from_param(data)
        if not tag.epc:
            yield Unread("a tag without an EPC")
            continue
        # A report of several reads is of the last one: who has gone is not said to be here.
        seen_us = tag.last_seen_us or tag.first_seen_us
        yield Heard(
            tag=tag.epc_hex,
            point="1" if tag.antenna is None else str(tag.antenna),
            t_ns=None if seen_us is None else seen_us * NS_PER_US,
            rssi_dbm=level_dbm(tag.rssi_dbm),
        )


def told(message: LLRPMessage) -> Iterator[Unread]:
    """Yield what a reader's own events say that concerns its reads. Pure."""
    if not isinstance(message, messages.READER_EVENT_NOTIFICATION):
        return
    data = message.reader_event_notification_data
    antenna = data.antenna_event
    if antenna is not None and int(antenna.event_type) == int(
        enums.AntennaEventType.Antenna_Disconnected
    ):
        yield Unread(f"antenna {antenna.antenna_id} is disconnected: nobody is seen there")
    if data.report_buffer_overflow_error_event is not None:
        yield Unread("its buffer overflowed, and reads are lost")
    if data.reader_exception_event is not None:
        yield Unread(f"it reports: {data.reader_exception_event.message[:200]}")


def _waiting(reports: asyncio.Queue[messages.RO_ACCESS_REPORT]) -> Iterator[Part]:
    while not reports.empty():
        yield from heard(reports.get_nowait())


def _events(events: asyncio.Queue[LLRPMessage]) -> Iterator[Part]:
    while not events.empty():
        yield from told(events.get_nowait())


async def _ask_after_inventory(reader: Reader) -> None:
    """Raise `LLRPError` or `LineLostError` unless the reader answers, and still reads for us."""
    answer = check_status(await reader.client.transact(messages.GET_ROSPECS()))
    specs: Iterable[params.ROSpec] = getattr(answer, "ro_specs", ())
    if not any(
        spec.ro_spec_id == DEFAULT_ROSPEC_ID
        and int(spec.current_state) == int(enums.ROSpecState.Active)
        for spec in specs
    ):
        raise LineLostError("it does not run our inventory any longer")


async def _until(stopping: threading.Event, work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end, or cancel it once `stopping` is set."""
    task = asyncio.create_task(work)
    while not task.done() and not stopping.is_set():
        await asyncio.wait({task}, timeout=GATHERED_S)
    if task.done():
        task.result()
        return
    task.cancel()
    with suppress(asyncio.CancelledError, LLRPError, OSError):
        await task

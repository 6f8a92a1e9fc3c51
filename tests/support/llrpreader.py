"""An LLRP reader to talk to: llrpkit's emulator on a real socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llrpkit.emulator import EmulatedTag, LLRPEmulator

TAGS = (
    EmulatedTag(epc=bytes.fromhex("e28011606000020a00010001"), antennas=(1,), rssi_dbm=-50),
    EmulatedTag(epc=bytes.fromhex("e280"), antennas=(3,), rssi_dbm=-60),
)


class LlrpReader:
    """The emulator, asked from a test's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, emulator: LLRPEmulator) -> None:
        self._loop = loop
        self.emulator = emulator

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.emulator.port

    @property
    def keepalives(self) -> int:
        """How many keepalives its client has answered."""
        return self.emulator.keepalive_acks

    def hang_up(self) -> None:
        """Break the connection, as a cable that is pulled and put back."""

        async def close() -> None:
            writer = self.emulator._writer
            assert writer is not None
            writer.transport.abort()

        self.do(close())

    def forget_inventory(self) -> None:
        """Lose the reader operation, as when somebody else has reset the reader."""

        async def clear() -> None:
            self.emulator._rospecs.clear()
            self.emulator._sync_reporting()

        self.do(clear())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something on the reader's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


@contextmanager
def llrp_reader(
    tags: Sequence[EmulatedTag] = TAGS, *, port: int = 0, reads_per_s: float = 200
) -> Iterator[LlrpReader]:
    """A reader that hears `tags`; no longer there after the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="llrp-reader", daemon=True)
    thread.start()
    emulator = LLRPEmulator(tags=tags, port=port, reads_per_sec=reads_per_s)
    reader = LlrpReader(loop, emulator)
    reader.do(emulator.start())
    try:
        yield reader
    finally:
        reader.do(_ended(emulator))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _ended(emulator: LLRPEmulator) -> None:
    # Whoever is still connected is cut off first: from Python 3.12 on `stop` waits for them.
    if emulator._writer is not None:
        emulator._writer.transport.abort()
    await emulator.stop()
    for _ in range(3):
        await asyncio.sleep(0)
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)

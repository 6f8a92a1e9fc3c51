"""Live streams: whole states, beats that mean something, and an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx
import pytest

from backend.console.streams import Streams
from backend.errors import BackendError
from tests.backend.console.memory_backend import MemoryBackend
from tests.backend.console.sample_incidents import fall
from tests.backend.console.served_console import served, wait_until


@dataclass
class Store:
    """A value that can be looked at, changed, and out of reach."""

    value: str = "one"
    away: bool = False
    looks: int = 0
    after: dict[int, Callable[[Store], None]] = field(default_factory=dict)

    def look(self) -> str:
        self.looks += 1
        if self.looks in self.after:
            self.after[self.looks](self)
        if self.away:
            raise BackendError("out of reach")
        return self.value


def follow(streams: Streams, store: Store) -> AsyncIterator[str]:
    return streams.follow("store", store.look, lambda found: f"<p>{found}</p>", lambda: 42)


async def first(count: int, stream: AsyncIterator[str]) -> list[str]:
    async with asyncio.timeout(10):
        return [await anext(stream) for _ in range(count)]


RETRY = "retry: 2000\n\n"
ONE, TWO = ("event: state\ndata: <p>one</p>\n\n", "event: state\ndata: <p>two</p>\n\n")
BEAT = "event: beat\ndata: 42\n\n"


def test_it_begins_with_the_whole_state_then_beats() -> None:
    streams = Streams(look_s=0.01, beat_s=0)
    assert asyncio.run(first(4, follow(streams, Store()))) == [RETRY, ONE, BEAT, BEAT]


def test_a_change_is_sent_whole() -> None:
    def change(store: Store) -> None:
        store.value = "two"

    streams = Streams(look_s=0.01, beat_s=60)
    assert asyncio.run(first(3, follow(streams, Store(after={5: change})))) == [RETRY, ONE, TWO]


def test_a_store_out_of_reach_is_silence_and_never_a_beat() -> None:
    def leave(store: Store) -> None:
        store.away = True

    def come_back(store: Store) -> None:
        store.away, store.value = False, "two"

    store = Store(after={2: leave, 20: come_back})
    assert asyncio.run(first(3, follow(Streams(0.01, beat_s=0), store))) == [RETRY, ONE, TWO]
    assert store.looks >= 20


def test_streams_of_one_thing_share_their_looks_and_each_begins_fresh() -> None:
    async def both() -> tuple[int, int, int]:
        streams, store = Streams(look_s=0.05, beat_s=0), Store()
        many = [follow(streams, store) for _ in range(20)]
        await asyncio.gather(*(first(2, stream) for stream in many))
        fresh = store.looks
        await asyncio.gather(*(first(10, stream) for stream in many))
        open_now = streams.following
        for stream in many:
            await stream.aclose()  # type: ignore[attr-defined]
        return fresh, store.looks - fresh, open_now - streams.following

    fresh, shared, ended = asyncio.run(both())
    assert fresh == 20
    assert shared < 60  # 200 events to 20 readers
    assert ended == 20


def test_close_ends_every_stream() -> None:
    async def ended() -> list[str]:
        streams = Streams(look_s=0.01, beat_s=60)
        stream = follow(streams, Store())
        await first(2, stream)
        streams.close()
        async with asyncio.timeout(10):
            return [late async for late in stream]

    assert asyncio.run(ended()) == []


@pytest.mark.parametrize("path", ["/events", "/i/4127/events"])
def test_a_server_stops_while_a_browser_listens(path: str) -> None:
    """The stream outlives the server's context, which fails when the server hangs."""
    backend = MemoryBackend.of([fall()])
    with httpx.Client(timeout=10) as client:
        with served(backend) as address:
            answer = client.send(client.build_request("GET", address + path), stream=True)
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            assert next(line for line in lines if line.startswith("event:")) == "event: state"
        assert not [line for line in lines if line == "event: state"]  # it ends, it is not cut
        answer.close()


def test_a_browser_that_goes_is_forgotten() -> None:
    backend = MemoryBackend.of([fall()])
    with served(backend) as address, httpx.Client(timeout=10) as client:
        with client.stream("GET", f"{address}/events") as answer:
            lines = answer.iter_lines()  # held: when it goes, the connection does
            next(lines)
            wait_until(lambda: backend.streams.following == 1)
        wait_until(lambda: backend.streams.following == 0)

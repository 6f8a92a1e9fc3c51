"""What a mad device, a foreign program or a broken cable may put on a topic."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from contract import topics

SITE = "bench"
HUGE_BYTES = 10_000_000
_SAID = (
    b"",
    b"\x00",
    b"null",
    b"[]",
    b"{}",
    b'{"message":"batch/1"}',
    b'{"message":"batch/1","agent":"edge-1","sent_ns":1,"blocks":[1,null,{"message":"imu/1"}]}',
    b'{"message":"ack/1","gateway":"x","devices":[{"block":"imu/1"}]}',
    b'{"message":"ack/1","gateway":"gateway","devices":[{"block":1,"held":[[9,"a"]]}]}',
    b'{"message":"cmd/1","id":"x","device":"belt-0"}',
    b'{"message":"status/1","agent":"edge-1","state":"dancing"}',
    b'{"message":"imu/1","device":"belt-0","boot":1,"seq":NaN,"t0_ns":-1}',
    b'{"odr_hz":1e308,"x":[1e999],"y":[0],"z":[0]}',
    b'{"event":7}',
    b"[" * 20_000,
    b'{"a":' * 20_000,
    "Ünïcödé \U0001f4a5".encode("utf-16"),
)


def garbage(random: Random, agents: tuple[str, ...]) -> Iterator[tuple[str, bytes, bool]]:
    """Yield topic, payload and whether it is retained: each shape, and noise, on every topic."""
    for topic in _topics(agents):
        for said in _SAID:
            yield topic, said, random.random() < 0.1
        yield topic, random.randbytes(random.randint(1, 3000)), False
    yield f"{topics.ROOT}/{SITE}/nobody/batch", b"{}", False
    yield f"floorwatch/2/{SITE}/edge-1/batch", b"{}", True


def device_garbage(random: Random, agents: tuple[str, ...]) -> Iterator[tuple[str, bytes, bool]]:
    """Yield the same for the devices' own broker."""
    for agent in agents:
        for topic in (f"{agent}/belt-0/imu", f"{agent}/BAD NAME/x", f"{agent}//"):
            for said in (*_SAID, random.randbytes(500)):
                yield topic, said, False


def huge(agents: tuple[str, ...]) -> Iterator[tuple[str, bytes, bool]]:
    """Yield 10 MB for every stream that an agent or the gateway listens to."""
    for stream in ("batch", "imu", "ack", "cmd"):
        yield topics.topic(SITE, agents[0], stream), b"x" * HUGE_BYTES, False


def _topics(agents: tuple[str, ...]) -> Iterator[str]:
    for agent in (*agents, "gateway"):
        for stream in topics.STREAMS:
            yield topics.topic(SITE, agent, stream)

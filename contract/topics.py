"""The topic tree: `floorwatch/1/{site}/{agent}/{stream}`.

>>> topic("dock-7", "edge-1", "imu")
'floorwatch/1/dock-7/edge-1/imu'
>>> parse("floorwatch/1/dock-7/edge-1/imu")
Topic(site='dock-7', agent='edge-1', stream='imu')
"""

from __future__ import annotations

import re
from typing import NamedTuple

from contract.errors import UnknownTopicError

ROOT = "floorwatch/1"
UPWARD = (
    *("batch", "imu", "reads", "tracks", "event", "door", "zone_state", "evacuation"),
    "refused",
    "assignment",
)
"""Streams that carry blocks to the gateway: an agent's, and the backend's."""
STREAMS = (*UPWARD, "status", "tick", "ack", "cmd")
"""Each has one direction, so a signature that names the stream names the direction."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Topic(NamedTuple):
    """A topic taken apart."""

    site: str
    agent: str
    stream: str


def topic(site: str, agent: str, stream: str) -> str:
    """Return where an agent's stream is published; `+` for a part makes it a filter."""
    return f"{ROOT}/{site}/{agent}/{stream}"


def parse(text: str) -> Topic:
    """Take a topic apart, or raise `UnknownTopicError` with what is wrong."""
    match text.split("/"):
        case ["floorwatch", "1", site, agent, stream]:
            pass
        case ["floorwatch", version, *_] if version != "1":
            raise UnknownTopicError(f"topic version {version!r}; this is version 1")
        case _:
            raise UnknownTopicError(f"{text[:200]!r} is not {ROOT}/<site>/<agent>/<stream>")
    for name in (site, agent):
        if not _NAME.fullmatch(name):
            raise UnknownTopicError(
                f"{name[:80]!r} in topic {text[:200]!r}: lower-case letters, digits, hyphens only"
            )
    if stream not in STREAMS:
        raise UnknownTopicError(f"stream {stream[:80]!r}; there are {', '.join(STREAMS)}")
    return Topic(site, agent, stream)

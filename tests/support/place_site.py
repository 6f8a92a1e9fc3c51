"""A site with a robot cell, an assembly point and a way out, for the tests about places."""

from __future__ import annotations

from contract.assignment import AssignmentBlock
from contract.reads import Read, ReadsBlock
from contract.report import SPEAKER
from contract.site import Site
from contract.sitefile import parse
from tests.support.pages import SITE, START_NS

MORE = """
[[agent]]
id = "edge-1"

[[zone]]
id = "yard"
title = "Yard"
muster = true

[[zone]]
id = "gatehouse"
title = "Gatehouse"
way_out = true

[[device]]
id = "reader-1"
kind = "reader"
points = { 1 = "robot-cell", 2 = "yard" }

[[device]]
id = "plc-3"
kind = "plc"
zone = "robot-cell"
evacuates = true

[[device]]
id = "badge-03"
kind = "badge"
wearer = "m-keller"
tag = "e280aa03"
"""
LONELY = """
[[wearer]]
id = "t-berg"
name = "Tove Berg"
"""


def place_site(more: str = "") -> Site:
    """Return it, with more tables."""
    return parse(SITE + MORE + LONELY + more)


def heard(
    *tags: str, seq: int = 0, point: str = "1", t0_ns: int = START_NS, times: int = 1
) -> ReadsBlock:
    """Return a block in which the reader hears each of these tags so many times."""
    reads = tuple(
        Read(tag=tag, point=point, t_ns=t0_ns + n, rssi_dbm=-50.0)
        for tag in tags
        for n in range(times)
    )
    return ReadsBlock(device="reader-1", boot=1, seq=seq, t0_ns=t0_ns, reads=reads)


def assigned(
    tag: str, wearer: str | None, *, seq: int = 1, t0_ns: int = START_NS
) -> AssignmentBlock:
    """Return that somebody in the console gave a tag to a wearer, or with None took it back."""
    return AssignmentBlock(
        device=SPEAKER, boot=1, seq=seq, t0_ns=t0_ns, tag=tag, wearer=wearer, by="karin-ek"
    )

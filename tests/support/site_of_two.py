"""A small site, and blocks of its devices: two belts, a badge, a reader, and a known fall."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from contract import sitefile
from contract.batch import Batch
from contract.event import EventBlock, EventName
from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.message import Block
from contract.reads import Read, ReadsBlock
from contract.site import Site
from simulators.body.accelerometer import Accelerometer
from simulators.body.movement import Build
from simulators.body.script import Script, Step

START_NS = 1_700_000_000 * NS_PER_S
ODR_HZ = 50.0
SCALE_G = 1 / 2048

TEXT = """
[site]
id = "dock-2"

[gateway]
id = "gateway"
{gateway}

[[zone]]
id = "lane"
hazard = "B"

[[agent]]
id = "edge-1"

[[agent]]
id = "edge-2"

[[wearer]]
id = "n-falk"
name = "Nora Falk"

[[wearer]]
id = "b-holm"
name = "Bo Holm"

[[device]]
id = "belt-1"
kind = "imu"
wearer = "n-falk"
worn = "trunk"
can_ask = true

[[device]]
id = "belt-2"
kind = "imu"
wearer = "b-holm"
worn = "trunk"
agent = "edge-2"

[[device]]
id = "badge-1"
kind = "badge"
wearer = "n-falk"
tag = "e280aa01"

[[device]]
id = "reader-1"
kind = "reader"
points = {{ 1 = "lane" }}

[[device]]
id = "camera-1"
kind = "camera"

[[detector]]
kind = "fall"

[[detector]]
kind = "button"
"""


def site(gateway: str = "") -> Site:
    """Return the site, with more lines for its `[gateway]` table."""
    return sitefile.parse(site_text(gateway))


def site_text(gateway: str = "") -> str:
    """Return its site file."""
    return TEXT.format(gateway=gateway)


def imu(
    seq: int = 0,
    *,
    device: str = "belt-1",
    boot: int = 1,
    t0_ns: int | None = None,
    accel_g: tuple[tuple[float, float, float], ...] = ((0.0, 1.0, 0.0),) * 50,
) -> ImuBlock:
    """Return a block of one second; block `seq` starts `seq` seconds after the start."""
    steps = np.rint(np.asarray(accel_g) / SCALE_G).astype("<i2")
    return ImuBlock(
        device=device,
        boot=boot,
        seq=seq,
        t0_ns=START_NS + seq * NS_PER_S if t0_ns is None else t0_ns,
        odr_hz=ODR_HZ,
        accel_i16=steps.tobytes(),
        scale_g=SCALE_G,
        battery=0.5,
    )


def event(seq: int = 0, name: EventName = "sos", *, t0_ns: int = START_NS) -> EventBlock:
    """Return a press on the belt."""
    return EventBlock(device="belt-1", boot=1, seq=seq, t0_ns=t0_ns, event=name)


def reads(seq: int = 0, *, t0_ns: int = START_NS) -> ReadsBlock:
    """Return one read of the badge in the lane."""
    read = Read(tag="e280aa01", point="1", t_ns=t0_ns, rssi_dbm=-60.0)
    return ReadsBlock(device="reader-1", boot=1, seq=seq, t0_ns=t0_ns, reads=(read,))


IMPACT_BLOCK = 14
SETTLED_BLOCK = 15
"""The block that settles the fall: the first look is 0.9 s after the impact."""


def fall(device: str = "belt-1", *, boot: int = 1, t0_ns: int = START_NS) -> Iterator[ImuBlock]:
    """Yield forty blocks: somebody stands, falls in `IMPACT_BLOCK`, and lies still."""
    for seq, samples in enumerate(_fall()):
        yield imu(seq, device=device, boot=boot, t0_ns=t0_ns + seq * NS_PER_S, accel_g=samples)


@cache
def _fall() -> tuple[tuple[tuple[float, float, float], ...], ...]:
    steps = (Step("stand", 13.5), Step("fall_backward"), Step("lie_still", 30.0))
    motion = Script(steps).motion(Accelerometer(), seed=3, build=Build())
    accel = [(x, y, z) for x, y, z in motion.accel_g.tolist()]
    return tuple(tuple(accel[second * 50 : (second + 1) * 50]) for second in range(40))


def batch(*blocks: Block, agent: str = "edge-1") -> bytes:
    """Return a publish of blocks, as an agent makes it."""
    whole = Batch(agent=agent, sent_ns=START_NS, blocks=blocks)
    return whole.model_dump_json(exclude_none=True).encode()

"""The site and the wearers of the benchmarks: simulated, so that anybody can run them."""

from __future__ import annotations

import numpy as np

from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.site import Site
from contract.sitefile import parse
from simulators.body.script import Script, Step

ODR_HZ = 50.0
SAMPLES = int(ODR_HZ)
SCALE_G = 1 / 2048
AGENT = "edge-1"


def toml(wearers: int, channel: str = 'kind = "console"') -> str:
    """Return the site file of a hall of `wearers` people, each with a device on the belt."""
    tables = [
        f"""
[site]
id = "bench"
[[zone]]
id = "hall"
[[agent]]
id = "{AGENT}"
[[person]]
id = "officer"
name = "Officer"
roles = ["ehs"]
[[on_call]]
id = "ehs"
people = ["officer"]
[[detector]]
kind = "fall"
[[channel]]
{channel}"""
    ]
    tables += [
        f"""
[[escalation]]
severity = "{tier}"
steps = [{{ to = ["on-call:ehs"], wait_s = 3600 }}]"""
        for tier in ("SEV1", "SEV2", "SEV3")
    ]
    tables += [
        f"""
[[wearer]]
id = "w-{n}"
name = "Wearer {n}"
[[device]]
id = "belt-{n}"
kind = "imu"
wearer = "w-{n}"
worn = "trunk"
agent = "{AGENT}"
zone = "hall" """
        for n in range(wearers)
    ]
    return "".join(tables)


def site(wearers: int) -> Site:
    """Return the same as a site."""
    return parse(toml(wearers))


def motion(*steps: Step, seed: int) -> bytes:
    """Return what a belt feels, as whole seconds of int16 triples."""
    accel = Script(steps).motion(seed=seed).accel_g
    whole = len(accel) // SAMPLES * SAMPLES
    counts = np.clip(np.rint(accel[:whole] / SCALE_G), -32768, 32767)
    return bytes(counts.astype("<i2").tobytes())


def calm(variants: int) -> list[bytes]:
    """Return some people's ordinary minute of walking, standing and bending.

    Some of their steps reach the fall detector's trigger: 440 an hour, as in scripted activity.
    """
    walk = Step("walk", 12, {"cadence_hz": 1.5})
    day = (walk, Step("stand", 6), Step("bend_and_lift", 6), walk)
    return [motion(*day, seed=seed) for seed in range(variants)]


def falls(variants: int) -> list[bytes]:
    """Return some falls, each after some walking and followed by lying still."""
    kinds = ("fall_forward", "fall_backward", "fall_sideways")
    return [
        motion(Step("walk", 5), Step(kinds[seed % 3]), Step("lie_still", 6), seed=100 + seed)
        for seed in range(variants)
    ]


def block(device: str, seq: int, t0_ns: int, piece: bytes, second: int) -> ImuBlock:
    """Return one second of a piece, which begins again when it has ended."""
    size = SAMPLES * 6
    at = second * size % len(piece)
    return ImuBlock(
        device=device,
        boot=1,
        seq=seq,
        t0_ns=t0_ns,
        odr_hz=ODR_HZ,
        accel_i16=piece[at : at + size],
        scale_g=SCALE_G,
        range_g=16,
    )


def second_ns(start_ns: int, second: int) -> int:
    """Return the beginning of a second."""
    return start_ns + second * NS_PER_S

"""What a client on the broker says that has no key: other people's words, again and forged."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from random import Random

from contract import topics
from contract.ack import Ack, Held
from contract.batch import read
from contract.command import Command
from contract.event import EventBlock
from contract.instants import ns
from contract.message import Block
from contract.report import SPEAKER
from contract.signing import split
from contract.zonestate import EvacuationBlock
from tests.chaos.rubbish import SITE
from tests.support.site_of_two import batch

BELTS = 10
AHEAD = 5
"""Numbers that a belt will use next, used up before it."""
REPLAYED = 200

Said = tuple[str, bytes, bool]
"""Topic, payload, and whether it is retained."""


def rogue(
    random: Random, agents: Sequence[str], overheard: Sequence[tuple[str, bytes]]
) -> Iterator[Said]:
    """Yield what it publishes; `overheard` is what it has heard on the same broker."""
    for topic, payload in random.sample(list(overheard), min(REPLAYED, len(overheard))):
        yield topic, payload, False
        yield from _squatting(random, agents, payload)
    for agent in agents:
        everything = tuple(
            Held(block=kind, device=f"belt-{n}", boot=boot, held=((0, 10**6),))
            for kind in ("imu/1", "event/1")
            for n in range(BELTS)
            for boot in (0, 1)
        )
        yield _on(agent, Ack(gateway="gateway", devices=everything))
        for n in range(BELTS):
            yield _on(agent, _ask(f"belt-{n}", random))
            pressed = [_press(f"belt-{n}", seq) for seq in range(9)]
            yield topics.topic(SITE, agent, "batch"), batch(*pressed, agent=agent), False
    ends = EvacuationBlock(device=SPEAKER, seq=1, t0_ns=time.time_ns(), on=False, by="nobody")
    for agent in (SPEAKER, "stranger"):
        yield topics.topic(SITE, agent, "batch"), batch(ends, agent=agent), False


def _squatting(random: Random, agents: Sequence[str], payload: bytes) -> Iterator[Said]:
    """Yield the numbers that come after those of a batch, used up in any agent's name."""
    _, blocks, _ = read(split(payload)[0])
    ahead = [
        block.model_copy(update={"seq": block.seq + by})
        for block in blocks
        for by in range(1, AHEAD)
    ]
    if ahead:
        agent = random.choice([*agents, "stranger"])
        yield topics.topic(SITE, agent, "batch"), batch(*ahead, agent=agent), False


def _press(device: str, seq: int) -> Block:
    """Return a call for help that nobody made."""
    return EventBlock(device=device, boot=1, seq=seq, t0_ns=time.time_ns(), event="sos")


def _ask(device: str, random: Random) -> Command:
    return Command(
        id=f"{random.randrange(2**60):x}",
        device=device,
        command="ask-all-right",
        expires_ns=time.time_ns() + ns(60),
    )


def _on(agent: str, message: Ack | Command) -> Said:
    topic = topics.topic(SITE, agent, message.stream)
    return topic, message.model_dump_json(exclude_none=True).encode(), False

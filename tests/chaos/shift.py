"""A shift of simulated wearers who fall at known times, and what undisturbed detectors see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.site import Site
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from simulators.body.script import Step
from tests.benchmarks import stage
from tests.chaos.faults import AGENTS

WEARERS = 10
BETWEEN_S = 30
"""About so long from one fall of a wearer to the next."""
SAME_FALL_S = 10


@dataclass(frozen=True)
class Fall:
    """A fall that the detectors see when nothing is broken."""

    person: str
    onset_ns: int


@dataclass(frozen=True)
class Shift:
    """Every block in the order of its hand-over."""

    blocks: Sequence[ImuBlock]
    falls: Sequence[Fall]
    first: Sequence[ImuBlock]
    """A block of each belt from before: the same body, worn the same way."""
    last: Sequence[ImuBlock]
    """One of each belt from the end, to be offered when all is mended."""

    def later(self, by_ns: int) -> Shift:
        """Return the same, shifted in time; `first` stays where it is."""
        return replace(
            self,
            blocks=[_later(block, by_ns) for block in self.blocks],
            falls=[replace(fall, onset_ns=fall.onset_ns + by_ns) for fall in self.falls],
            last=[_later(block, by_ns) for block in self.last],
        )


def site_toml(device_port: int, endpoint_url: str) -> str:
    """Return the site file: two agents that listen to the devices' own broker."""
    text = stage.toml(WEARERS, f'kind = "webhook"\nurl = "{endpoint_url}/page"')
    head, _, rest = text.partition(f'[[agent]]\nid = "{stage.AGENT}"\n')
    agents = "".join(
        f'[[agent]]\nid = "{agent}"\n[[agent.sensors]]\nkind = "mqtt"\n'
        f'topics = ["{agent}/+/+"]\nhost = "127.0.0.1"\nport = {device_port}\n'
        for agent in AGENTS
    )
    for n in range(WEARERS):
        mine = f'id = "belt-{n}"\nkind = "imu"\nwearer = "w-{n}"\nworn = "trunk"\n'
        rest = rest.replace(f'{mine}agent = "{stage.AGENT}"', f'{mine}agent = "{agent_of(n)}"')
    return f'{head}{agents}{rest}\n[broker]\ntrust = "keys"\n'


def agent_of(n: int) -> str:
    """Return the agent of a wearer's device."""
    return AGENTS[n % len(AGENTS)]


def shift(site: Site, seed: int, start_ns: int, span_s: int) -> Shift:
    """Return a shift that begins at `start_ns`; each wearer falls about once in 30 s."""
    random = Random(seed)
    blocks: list[ImuBlock] = []
    falls: list[Fall] = []
    for n in range(WEARERS):
        day, seen = _plain_day(site, n, random, start_ns, span_s)
        blocks += day
        falls += seen
    blocks.sort(key=lambda block: block.t0_ns)
    begin, until = blocks[:WEARERS], len(blocks) - WEARERS
    first = [block.model_copy(update={"seq": 0}) for block in begin]
    return Shift(blocks[:until], falls, first, blocks[until:])


def _plain_day(
    site: Site, n: int, random: Random, start_ns: int, span_s: int
) -> tuple[Sequence[ImuBlock], Sequence[Fall]]:
    """Return the day of one wearer about whom there are no two opinions.

    Where undisturbed detectors see a fall in somebody's walk, or two in one, what they say hangs on
    where they began to look. That is a matter for tests/accuracy, not for this one.
    """
    falls = max(1, span_s // BETWEEN_S)
    while True:
        felt = stage.motion(*_day(random, falls, span_s), seed=random.randrange(2**31))
        blocks = [
            stage.block(
                f"belt-{n}",
                second + 1,
                stage.second_ns(start_ns, second) + n * NS_PER_S // WEARERS,
                felt,
                second,
            )
            for second in range(span_s)
        ]
        seen = _seen(site, blocks)
        if len(seen) == falls:
            return blocks, seen


def _later(block: ImuBlock, by_ns: int) -> ImuBlock:
    return block.model_copy(update={"t0_ns": block.t0_ns + by_ns})


def _day(random: Random, falls: int, span_s: int) -> Sequence[Step]:
    """Return what a wearer does: walk, fall, lie, get up, and so on, without a break."""
    steps: list[Step] = []
    for _ in range(falls):
        kind = random.choice(("fall_forward", "fall_backward", "fall_sideways"))
        steps += (Step("walk", random.uniform(3, 10)), Step(kind), Step("lie_still", 12))
        steps += (Step("get_up_from_floor"), Step("stand", 2))
    return (*steps, Step("walk", span_s))


def _seen(site: Site, blocks: Sequence[ImuBlock]) -> Sequence[Fall]:
    """Return every claim that undisturbed detectors make."""
    pipeline = Pipeline(site, build(site))
    return [
        Fall(str(found.person), found.onset_ns)
        for block in blocks
        for found in pipeline.feed(block).detections
        if found.phase == "onset"
    ]


def same_fall(fall: Fall, other: Fall) -> bool:
    """Whether two claims are about one event, as the backend sees it."""
    near = abs(fall.onset_ns - other.onset_ns) <= SAME_FALL_S * NS_PER_S
    return fall.person == other.person and near

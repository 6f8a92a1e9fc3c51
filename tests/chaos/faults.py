"""What is broken, and when: a schedule that a seed gives, the same each time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

AGENTS = ("edge-1", "edge-2")
REST_S = 3.0
"""A part is left alone for so long after a fault: what a full disk kept in memory is written."""


class Kind(StrEnum):
    """A kind of fault."""

    KILL = "kill -9"
    EMPTY_STORE = "kill -9, store lost"
    FREEZE = "frozen"
    FULL_DISK = "disk full"
    SECOND_GATEWAY = "second gateway"
    BACKEND_REFUSES = "backend refuses"
    LIES = "a proxy answers for the backend"
    ENDPOINT_DOWN = "endpoint down"
    DRIPS = "endpoint drips"
    CLOCK = "clock set"
    GARBAGE = "garbage on every topic"
    ROGUE = "a rogue on the broker"
    HUGE = "10 MB publishes"


@dataclass(frozen=True)
class Fault:
    """One fault: what happens to whom, and for how long."""

    at_s: float
    lasts_s: float
    kind: Kind
    part: str

    @property
    def end_s(self) -> float:
        """When it is over."""
        return self.at_s + self.lasts_s


SHORT_S = (0.5, 4.0)
NONE_S = (0.0, 0.0)
WAYS: Sequence[tuple[Kind, str, tuple[float, float]]] = (
    *((Kind.KILL, part, SHORT_S) for part in ("broker", "gateway", "backend", *AGENTS)),
    *((Kind.FREEZE, part, (1.0, 8.0)) for part in ("broker", "gateway", "backend", *AGENTS)),
    *((Kind.FULL_DISK, part, (1.0, 5.0)) for part in ("gateway", "backend", *AGENTS)),
    (Kind.EMPTY_STORE, "broker", SHORT_S),
    (Kind.SECOND_GATEWAY, "second", (5.0, 9.0)),
    (Kind.BACKEND_REFUSES, "gate", (1.0, 6.0)),
    (Kind.LIES, "gate", (1.0, 8.0)),
    (Kind.ENDPOINT_DOWN, "endpoint", (1.0, 6.0)),
    (Kind.DRIPS, "endpoint", (1.0, 8.0)),
    *((Kind.CLOCK, part, (2.0, 8.0)) for part in ("gateway", "backend", *AGENTS)),
    (Kind.GARBAGE, "garbage", NONE_S),
    (Kind.HUGE, "garbage", NONE_S),
    (Kind.ROGUE, "rogue", NONE_S),
)
"""Every kind, whom it may hit, and how long it lasts."""
ALSO_BUSY = {"second": ("gateway", "broker")}
"""Two gateways share no memory. While one of them is away the other alone acknowledges, and a fall
that lies on both sides of that is whole in neither: docs/chaos.md names this limit."""


def schedule(seed: int, count: int, from_s: float, to_s: float) -> Sequence[Fault]:
    """Return `count` faults in the order of their beginning: every kind, then every way, then any.

    No part has two faults at a time; different parts have.

    Raises
    ------
    ValueError
        When so many do not fit.
    """
    random = Random(seed)
    for _attempt in range(100):
        found = _attempted(random, count, from_s, to_s)
        if found is not None:
            return sorted(found, key=lambda fault: fault.at_s)
    raise ValueError(f"{count} faults do not fit between {from_s} and {to_s} s")


def _attempted(random: Random, count: int, from_s: float, to_s: float) -> list[Fault] | None:
    ways = random.sample(WAYS, len(WAYS))
    one_a_kind = list({way[0]: way for way in ways}.values())
    rest = [way for way in ways if way not in one_a_kind]
    wanted = (one_a_kind + rest + random.choices(WAYS, k=count))[:count]
    # Those that last longest are the hardest to place.
    wanted.sort(key=lambda way: -way[2][1])
    busy: dict[str, list[Fault]] = defaultdict(list)
    found: list[Fault] = []
    for kind, part, (least_s, most_s) in wanted:
        parts = (part, *ALSO_BUSY.get(part, ()))
        for _try in range(200):
            lasts_s = random.uniform(least_s, most_s)
            fault = Fault(random.uniform(from_s, to_s - lasts_s), lasts_s, kind, part)
            if not any(_meet(fault, other) for each in parts for other in busy[each]):
                break
        else:
            return None
        for each in parts:
            busy[each].append(fault)
        found.append(fault)
    return found


def _meet(fault: Fault, other: Fault) -> bool:
    return fault.at_s < other.end_s + REST_S and other.at_s < fault.end_s + REST_S

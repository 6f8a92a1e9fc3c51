"""Writes the input of the replay cases with our own simulators: `python -m tests.replay.record`.

The recordings stay as they are when the simulators change; run this to make them anew, accept what
is then detected, and look at both diffs.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from contract import sitefile
from contract.event import EventBlock, EventName
from contract.instants import ns
from contract.message import Block, Message
from contract.tick import Tick
from simulators.body.accelerometer import Accelerometer
from simulators.body.movement import Build
from simulators.body.script import Script, Step
from simulators.hall import START_NS, Hall
from simulators.scenario import Scenario, Visit
from tests.support.eventful import time_ns
from tests.support.motions import blocks

FOLDER = Path(__file__).parent
SITE = sitefile.parse((FOLDER / "site.toml").read_text(encoding="utf-8"))


def script(*steps: Step) -> Iterator[Message]:
    """Yield what the belt of one person sends who does this."""
    motion = Script(steps).motion(Accelerometer(), seed=1, build=Build())
    yield from blocks(motion.accel_g.astype(float), device="belt-keller", t0_ns=START_NS)


def pressed(belt: Iterator[Message], *presses: tuple[float, EventName]) -> Iterator[Message]:
    """Yield the belt's blocks, and its button presses among them at their times."""
    events = (
        EventBlock(device="belt-keller", seq=seq, t0_ns=START_NS + ns(at_s), event=name)
        for seq, (at_s, name) in enumerate(presses)
    )
    return heapq.merge(belt, events, key=time_ns)


def ticked(belt: Iterator[Message], until_s: int) -> Iterator[Message]:
    """Yield the belt's blocks, and a tick at every full second, longer than the belt is heard."""
    ticks = (Tick(at_ns=START_NS + ns(second)) for second in range(until_s))
    return heapq.merge(belt, ticks, key=time_ns)


def hall(scenario: Scenario, until_s: float) -> Iterator[Message]:
    """Yield what all devices of the site send, and a tick at every full second."""
    ticks = ((START_NS + ns(second), Tick(at_ns=START_NS + ns(second))) for second in range(10**6))
    timeline: Iterator[tuple[int, Block]] = Hall(SITE, scenario, seed=3).timeline()
    for due_ns, message in heapq.merge(ticks, timeline, key=lambda pair: pair[0]):
        if due_ns > START_NS + ns(until_s):
            return
        yield message


CASES: Mapping[str, Callable[[], Iterator[Message]]] = {
    "fall-from-standing": lambda: script(
        Step("stand", 12), Step("fall_forward"), Step("lie_still", 20)
    ),
    "fall-while-jogging": lambda: script(
        *(Step("walk", 6), Step("jog", 12), Step("fall_after_recovery_attempt")),
        *(Step("lie_moving", 8), Step("get_up_from_floor"), Step("walk", 10)),
    ),
    "a-day-without-a-fall": lambda: script(
        *(Step("walk", 10), Step("bend_and_lift"), Step("sit_down"), Step("get_up")),
        *(Step("climb_stairs", 8), Step("jump"), Step("jog", 8), Step("stumble"), Step("stand", 5)),
    ),
    "breach-of-robot-cell": lambda: hall(
        Scenario([Visit("keller", 6.0, "robot-cell", stay_s=10.0)]), until_s=80
    ),
    "sos-then-cancel": lambda: pressed(
        script(Step("walk", 30)), (8.0, "sos"), (20.0, "cancel"), (25.0, "all-right")
    ),
    "slumped-then-silent": lambda: ticked(
        script(Step("walk", 8), Step("sit_down"), Step("lie_still", 160)), until_s=280
    ),
}


def main() -> None:
    """Write input.jsonl of every case."""
    for name, made in CASES.items():
        case = FOLDER / "cases" / name
        case.mkdir(parents=True, exist_ok=True)
        written = "".join(m.model_dump_json(exclude_none=True) + "\n" for m in made())
        (case / "input.jsonl").write_text(written, encoding="utf-8")
        print(f"{name}: {len(written.splitlines())} lines, {len(written) // 1000} kB")


if __name__ == "__main__":
    main()

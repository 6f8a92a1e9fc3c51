from __future__ import annotations

import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from contract.command import Command
from contract.instants import ns
from edge.drivers import Drivers
from edge.inbox import Offer
from edge.refusals import MAX_NAMES, OTHERS, Refusals
from edge.sensor import Emit, LoopSource, Refuse, Source
from tests.edge.agents import running_with
from tests.edge.samples import T0_NS, imu
from tests.support.brokers import Broker, wait_until
from tests.support.gatewaypeer import gateway_peer

ASK = Command(id="ask-1", device="belt-01", command="ask-all-right", expires_ns=T0_NS)


class Steady(Source):
    """Emits one block at its start, and takes commands."""

    def __init__(self, device: str = "belt-01") -> None:
        self.device = device
        self.commands: list[Command] = []

    def start(self, emit: Emit, refuse: Refuse) -> None:
        emit(imu(0, self.device))

    def stop(self) -> None: ...

    def command(self, command: Command) -> bool:
        self.commands.append(command)
        return True


class Broken(Source):
    """Raises wherever it can, for its first few starts."""

    def __init__(self, starts: int = 99) -> None:
        self.failures = starts
        self.started = 0

    def start(self, emit: Emit, refuse: Refuse) -> None:
        self.started += 1
        if self.started <= self.failures:
            raise OSError("no such port")

    def stop(self) -> None:
        raise OSError("gone")

    def command(self, command: Command) -> bool:
        raise OSError("gone")

    def check(self) -> None:
        raise OSError("gone")


class Failing(LoopSource):
    """Fails after its first block, each time it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = 0

    def run(self, emit: Emit, refuse: Refuse, stopping: threading.Event) -> None:
        self.runs += 1
        emit(imu(self.runs))
        if self.runs == 1:
            raise ValueError("unplugged")


class Clock:
    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def drivers(*sources: Source) -> tuple[Drivers, list[Offer], Refusals, Clock]:
    offers: list[Offer] = []
    refusals, clock = Refusals(), Clock()
    at_work = Drivers(sources, offers.append, refusals, clock, dice=max)
    return at_work, offers, refusals, clock


def test_a_driver_that_does_not_start_is_tried_again_later_and_later() -> None:
    broken = Broken(starts=3)
    at_work, _, refusals, clock = drivers(broken)
    starts = []
    for second in range(12):
        clock.now_ns = ns(second)
        at_work.look_after()
        starts.append(broken.started)
    assert starts == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]
    assert refusals.total == 3 + 4, "three starts, and four checks that failed after"


def test_a_driver_that_raises_everywhere_harms_no_other_one() -> None:
    steady = Steady()
    at_work, offers, refusals, _ = drivers(Broken(starts=0), steady)
    at_work.look_after()
    at_work.look_after()
    assert [offer.block.device for offer in offers] == ["belt-01"]
    assert at_work.command(ASK)
    assert steady.commands == [ASK]
    at_work.stop()
    assert refusals.total == 2, "one check, one stop"


def test_a_command_goes_to_the_driver_that_speaks_for_the_device() -> None:
    mine, other = Steady("belt-01"), Steady("belt-02")
    at_work, _, _, _ = drivers(other, mine)
    at_work.look_after()
    assert at_work.command(ASK)
    assert (mine.commands, other.commands) == ([ASK], [])


def test_nothing_is_started_once_it_was_stopped() -> None:
    broken = Broken(starts=1)
    at_work, _, _, clock = drivers(broken)
    at_work.look_after()
    at_work.stop()
    clock.now_ns = ns(100)
    at_work.look_after()
    assert broken.started == 1


def test_with_broken_drivers_the_agent_goes_on(broker: Broker, tmp_path: Path) -> None:
    failing = Failing()
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        running_with(broker, tmp_path, [Broken(), failing, Steady("belt-02")]) as agent,
    ):
        wait_until(lambda: ("belt-02", 0) in gateway.names, "the steady driver's block")
        wait_until(lambda: ("belt-01", 2) in gateway.names, "the failing driver's second run")
        wait_until(lambda: agent.pending() == 0, "their acknowledgement")
        assert agent.refusals.total >= 2


@pytest.mark.parametrize("count", [1, 5, 1000])
def test_refusals_are_all_counted_and_some_are_logged(count: int) -> None:
    refusals = Refusals()
    with capture_logs() as logs:
        for _ in range(count):
            refusals.add("belt-01", "no JSON")
    assert refusals.of("belt-01") == refusals.total == count
    assert len(logs) == count.bit_length()
    assert logs[0]["device"] == "belt-01"
    assert logs[0]["reason"] == "no JSON"


def test_names_without_end_do_not_fill_the_memory() -> None:
    refusals = Refusals()
    for number in range(MAX_NAMES + 10):
        refusals.add(f"stranger-{number}", "who?")
    assert refusals.total == MAX_NAMES + 10
    assert refusals.of(OTHERS) == 10

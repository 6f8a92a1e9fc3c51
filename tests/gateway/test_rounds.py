"""The thread under the sender, the evidence, the history and the reports."""

from __future__ import annotations

import threading

import pytest

from gateway.rounds import Rounds
from host.backoff import Backoff

NEVER_S = 3600.0
PROMPT_S = 30.0


class Counted(Rounds):
    """Counts its rounds; the first ones may fail, or do something else."""

    def __init__(self, failing: int = 0) -> None:
        super().__init__("counted", Backoff(0.001, 0.001))
        self.rounds = 0
        self.closed = 0
        self.done = threading.Semaphore(0)
        self._failing = failing

    def in_round(self) -> None:
        """Do more in a test."""

    def _round(self) -> float:
        self.rounds += 1
        self.in_round()
        self.done.release()
        if self.rounds <= self._failing:
            raise RuntimeError("the disk in trouble")
        return NEVER_S

    def _close(self) -> None:
        self.closed += 1


def test_a_round_that_fails_is_followed_by_another() -> None:
    work = Counted(failing=3)
    work.start()
    for _ in range(4):
        assert work.done.acquire(timeout=PROMPT_S)
    assert work.alive
    work.stop()
    assert (work.rounds, work.closed) == (4, 1)


def test_a_kick_begins_the_next_round_at_once() -> None:
    work = Counted()
    work.start()
    assert work.done.acquire(timeout=PROMPT_S)
    work.kick()
    assert work.done.acquire(timeout=PROMPT_S)
    work.stop()


def test_a_kick_in_a_round_is_not_lost() -> None:
    class Kicked(Counted):
        def in_round(self) -> None:
            if self.rounds == 1:
                self.kick()

    work = Kicked()
    work.start()
    assert work.done.acquire(timeout=PROMPT_S)
    assert work.done.acquire(timeout=PROMPT_S)
    work.stop()


@pytest.mark.parametrize(
    "begun", [pytest.param(True, id="while it runs"), pytest.param(False, id="before it began")]
)
def test_it_stops_without_waiting(begun: bool) -> None:
    work = Counted()
    if begun:
        work.start()
        assert work.done.acquire(timeout=PROMPT_S)
    stopper = threading.Thread(target=work.stop)
    stopper.start()
    stopper.join(PROMPT_S)
    assert not stopper.is_alive()
    assert not work.alive
    assert work.closed == 1


def test_a_stop_between_two_rounds_is_seen() -> None:
    """A stop may come just before the thread forgets that it was kicked."""
    work = Counted()
    clear = work._kicked.clear

    def stopped_meanwhile() -> None:
        work._stopping.set()
        work._kicked.set()
        clear()

    work._kicked.clear = stopped_meanwhile  # type: ignore[method-assign]
    work.start()
    work._thread.join(PROMPT_S)
    assert not work.alive
    assert work.rounds == 0
    work.stop()

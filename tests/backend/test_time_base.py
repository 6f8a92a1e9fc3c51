"""Deadlines survive clocks: nobody is paged late, early or twice because a clock was set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.orm import Session

from backend.database.tables import IncidentRow, PersonRow
from backend.errors import ClockMovedError
from contract.instants import ns
from tests.support.set_clocks import Called, World, assert_alike

pytestmark = pytest.mark.slow

HOUR_S = 3600
DAY_S = 86_400
LONG_S = 260
"""Past the last rung of the ladder that a fall climbs, whoever else is asked after that."""


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    yield world
    world.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Called]:
    """Who is called of a fall at 10 s, where nobody touches a clock."""
    world = World(f"sqlite:///{tmp_path_factory.mktemp('undisturbed') / 'backend.sqlite'}")
    world.start()
    world.passes(10)
    world.falls()
    world.passes(LONG_S - 10)
    world.close()
    assert len(world.calls) >= 3
    return world.calls


def set_while_it_runs(by_s: float) -> Callable[[World], None]:
    def act(world: World) -> None:
        world.passes(20)
        world.set_clock(by_s)

    return act


def set_and_set_back(world: World) -> None:
    world.passes(20)
    world.set_clock(HOUR_S)
    world.passes(20)
    world.set_clock(-HOUR_S)


def set_while_it_restarts(by_s: float) -> Callable[[World], None]:
    def act(world: World) -> None:
        world.passes(20)
        world.stop()
        world.set_clock(by_s)
        world.start()

    return act


def set_as_it_dies(world: World) -> None:
    """Set between its last look and its end: nothing of this process has seen it."""
    world.passes(20)
    world.set_clock(-HOUR_S)
    world.stop()
    world.goes_by(2)
    world.start()


def drifts(world: World) -> None:
    world.tick_s = 0.5
    world.drift_ppm = 5000
    world.passes(60)
    world.drift_ppm = -5000


def two_see_it(world: World) -> None:
    world.start(1)
    world.passes(20)
    world.set_clock(-HOUR_S)


def two_two_minutes_apart(world: World) -> None:
    world.hosts[1].wall_off_ns += ns(120)
    world.start(1)
    world.passes(20)
    world.set_clock(HOUR_S)


@pytest.mark.parametrize(
    ("disturb", "steps_s"),
    [
        pytest.param(set_while_it_runs(HOUR_S), [3600], id="an hour ahead"),
        pytest.param(set_while_it_runs(-HOUR_S), [-3600], id="an hour back"),
        pytest.param(set_while_it_runs(DAY_S), [86_400], id="a day ahead"),
        pytest.param(set_while_it_runs(-DAY_S), [-86_400], id="a day back"),
        pytest.param(set_while_it_runs(-1.5), [], id="a second and a half is made up for"),
        pytest.param(set_and_set_back, [3600, -3600], id="set, and set back"),
        pytest.param(set_while_it_restarts(HOUR_S), [3600], id="ahead in a restart"),
        pytest.param(set_while_it_restarts(-DAY_S), [-86_400], id="back in a restart"),
        pytest.param(set_as_it_dies, [-3600], id="back, unseen, and killed"),
        pytest.param(drifts, [], id="a clock that drifts is followed"),
        pytest.param(two_see_it, [-3600], id="two backends see one step"),
    ],
)
def test_a_clock_that_is_set_calls_nobody_late_early_or_again(
    world: World,
    undisturbed: list[Called],
    disturb: Callable[[World], None],
    steps_s: list[float],
) -> None:
    world.start()
    world.passes(10)
    world.falls()
    disturb(world)
    world.passes(LONG_S - world.true_ns / 1e9)
    assert_alike(world.calls, undisturbed)
    assert [by_s for _, by_s, _ in world.steps()] == steps_s


def test_backends_whose_hosts_are_two_minutes_apart(
    world: World, undisturbed: list[Called]
) -> None:
    world.start()
    world.passes(10)
    world.falls()
    two_two_minutes_apart(world)
    world.passes(LONG_S - world.true_ns / 1e9)
    assert_alike(world.calls, undisturbed)
    # Of PostgreSQL's clock it does not matter what the hosts think. SQLite's host has one clock;
    # where a process thinks otherwise, that is one step and not a quarrel each second.
    expected = [3600] if world.on_server else [120, 3600]
    assert [by_s for _, by_s, _ in world.steps()] == expected
    apart_ns = world.backends[0].clock() - world.backends[1].clock()
    assert abs(apart_ns) < ns(1)


@pytest.mark.parametrize(
    ("off_s", "wall_s", "steps_s"),
    [
        pytest.param(30, 0, [], id="the clock goes on as it should"),
        pytest.param(30, HOUR_S, [], id="ahead: due by the clock as it stands"),
        pytest.param(30, -HOUR_S, [-3570], id="behind: due as though no time had passed"),
        pytest.param(30, -30, [], id="it stood still while it was off"),
    ],
)
def test_across_a_reboot_a_deadline_is_due_by_the_earlier_reading(
    world: World, undisturbed: list[Called], off_s: float, wall_s: float, steps_s: list[float]
) -> None:
    world.start()
    world.passes(10)
    world.falls()
    world.passes(20)
    world.stop()
    world.hosts[0].reboot()
    world.goes_by(off_s)
    world.set_clock(wall_s)
    world.start()
    world.passes(LONG_S - world.true_ns / 1e9)
    assert [pytest.approx(by_s, abs=5) for by_s in steps_s] == [by for _, by, _ in world.steps()]
    planned = sorted(call.at_s for call in undisturbed)
    by_hand = sorted(call.at_s for call in world.calls)
    assert len(by_hand) >= len(planned) - 1
    for called_s, planned_s in zip(by_hand, planned, strict=False):
        # Never later than planned but for the time that it was off, in which nobody could page.
        assert called_s <= planned_s + off_s + 5


def test_a_write_by_the_old_clock_is_refused_and_by_the_new_one_is_not(world: World) -> None:
    world.start()
    second = world.start(1)
    second.clock()
    world.set_clock(-HOUR_S)
    world.goes_by(3)
    assert world.backends[0].time_base is not None
    world.backends[0].time_base.look()
    second.clock()  # it has not looked yet
    with pytest.raises(ClockMovedError), second.database.write() as session:
        session.add(PersonRow(id="late", name="Late", roles=[]))
    second.clock()
    with second.database.write("incident:1") as session:
        session.add(PersonRow(id="on-time", name="On Time", roles=[]))
    with second.database.read() as session:
        people = {row.id for row in session.query(PersonRow)}
    assert "on-time" in people
    assert "late" not in people


def test_of_two_who_move_at_the_same_moment_one_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start()
    world.start(1)
    world.passes(10)
    world.falls()
    faster, slower = (world.backends[n].time_base for n in (0, 1))
    assert faster is not None
    assert slower is not None
    planned_ns = _next_ns(world)
    write = slower._database.write

    def overtaken(*keys: str, patient: bool = False) -> AbstractContextManager[Session]:
        """Let the other have its whole step between what this one has seen and what it does."""
        faster.look()
        return write(*keys, patient=patient)

    monkeypatch.setattr(slower._database, "write", overtaken)
    world.set_clock(-HOUR_S)
    world.goes_by(3)
    slower.look()
    assert [by_s for _, by_s, _ in world.steps()] == [-HOUR_S]
    assert _next_ns(world) == pytest.approx(planned_ns - ns(HOUR_S), abs=ns(0.1))
    assert abs(faster.now_ns() - slower.now_ns()) < ns(0.1)


@pytest.mark.postgres
def test_a_host_that_stood_still_does_not_move_what_another_has_seen(
    postgres: object, undisturbed: list[Called]
) -> None:
    world = World(postgres.database())  # type: ignore[attr-defined]
    try:
        world.start()
        world.start(1)
        world.passes(10)
        world.falls()
        spare = world.backends.pop(1)
        world.passes(60)
        world.hosts[1].still_ns += ns(60)
        world.backends[1] = spare
        world.passes(LONG_S - 70)
        assert world.steps() == []
        assert_alike(world.calls, undisturbed)
    finally:
        world.close()


def _next_ns(world: World) -> int:
    with world.backends[0].database.read() as session:
        next_ns = session.query(IncidentRow).one().next_ns
    assert next_ns is not None
    return next_ns

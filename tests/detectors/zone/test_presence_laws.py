"""What holds of presence whatever is heard: order, copies, cuts, exclusiveness, support."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.door import DoorEvent
from contract.instants import ns
from contract.reads import Read
from detectors.zone.crossing import Crossing
from detectors.zone.presence import Presence
from tests.support.motions import T0_NS
from tests.support.premises import MODEL, POINT, at, door, located, premises, stay

pytestmark = pytest.mark.slow

Heard = Read | DoorEvent
LATE_S = MODEL.settings.reorder_s * 0.95
SITE = premises()

STAYS = st.lists(
    st.tuples(
        st.sampled_from([*POINT, None]),
        st.floats(0.5, 25.0).map(lambda s: round(s, 1)),
        st.sampled_from([2.0, 7.0]),
        st.sampled_from([-50.0, -66.0]),
    ),
    min_size=1,
    max_size=5,
)
OTHERS = st.lists(
    st.one_of(
        st.tuples(
            st.floats(0, 90), st.sampled_from(["gate", "vault-door"]),
            st.sampled_from(["in", "out", "unknown"]), st.booleans(),
        ).map(lambda each: door(*each)),
        st.tuples(st.floats(0, 90), st.floats(-5, 35), st.floats(-5, 25)).map(
            lambda each: located(*each)
        ),
    ),
    max_size=6,
)  # fmt: skip


def reads_of(stays: Sequence[tuple[str | None, float, float, float]]) -> list[Read]:
    found: list[Read] = []
    begin_s = 0.0
    for zone, lasts_s, hz, level in stays:
        if zone is not None:
            found += stay(begin_s, begin_s + lasts_s, zone, level=level, hz=hz)
        begin_s += lasts_s
    return found


def in_time(heard: Sequence[Heard]) -> list[Heard]:
    return sorted(heard, key=lambda each: (each.t_ns, repr(each)))


def told(heard: Sequence[Heard], cuts: Sequence[int] = (), end_s: float = 400.0) -> list[Crossing]:
    """Return the crossings of what is heard in this order, cut into blocks after some."""
    return run(heard, cuts, end_s)[1]


def run(
    heard: Sequence[Heard], cuts: Sequence[int], end_s: float
) -> tuple[Presence, list[Crossing]]:
    presence, crossings = MODEL.start("ann"), list[Crossing]()
    edges = sorted({0, len(heard), *(cut % (len(heard) + 1) for cut in cuts)})
    for first, last in pairwise(edges):
        presence, new = MODEL.observe(presence, "reader-1", heard[first:last])
        crossings += new
    presence, new = MODEL.reach(presence, at(end_s))
    return presence, crossings + list(new)


@given(stays=STAYS, others=OTHERS, data=st.data())
@settings(max_examples=60, deadline=None)
def test_order_inside_the_reorder_window_changes_nothing(
    stays: list[tuple[str | None, float, float, float]],
    others: list[Heard],
    data: st.DataObject,
) -> None:
    heard = in_time([*reads_of(stays), *others])
    late = data.draw(st.lists(st.floats(0, LATE_S), min_size=len(heard), max_size=len(heard)))
    keys = [each.t_ns + ns(late_s) for each, late_s in zip(heard, late, strict=True)]
    shuffled = [heard[i] for i in sorted(range(len(heard)), key=keys.__getitem__)]
    every = range(len(heard))
    assert told(shuffled, every) == told(heard, every)


@given(stays=STAYS, others=OTHERS, data=st.data())
@settings(max_examples=60, deadline=None)
def test_copies_change_nothing(
    stays: list[tuple[str | None, float, float, float]],
    others: list[Heard],
    data: st.DataObject,
) -> None:
    heard = in_time([*reads_of(stays), *others])
    again = data.draw(st.lists(st.integers(0, 2), min_size=len(heard), max_size=len(heard)))
    twice = [each for each, more in zip(heard, again, strict=True) for _ in range(1 + more)]
    cuts = data.draw(st.lists(st.integers(0, 1000), max_size=20))
    late = [*twice, *heard]  # and everything once more, when it is long over
    assert told(twice, cuts) == told(heard)
    assert told(late, range(len(late))) == told(heard)


@given(stays=STAYS, others=OTHERS, cuts=st.lists(st.integers(0, 1000), max_size=40))
@settings(max_examples=60, deadline=None)
def test_where_blocks_are_cut_changes_nothing(
    stays: list[tuple[str | None, float, float, float]], others: list[Heard], cuts: list[int]
) -> None:
    heard = in_time([*reads_of(stays), *others])
    whole, crossings = run(heard, (), 400.0)
    cut, same = run(heard, cuts, 400.0)
    assert same == crossings
    assert cut == whole


@given(stays=STAYS, others=OTHERS)
@settings(max_examples=80, deadline=None)
def test_a_person_is_in_one_exclusive_zone_and_every_entry_has_its_exit(
    stays: list[tuple[str | None, float, float, float]], others: list[Heard]
) -> None:
    heard = in_time([*reads_of(stays), *others])
    presence, crossings = run(heard, range(len(heard)), 400.0)
    inside: dict[str, int] = {}
    told_ns = T0_NS
    for crossing in crossings:
        assert crossing.at_ns <= crossing.decided_ns
        assert crossing.decided_ns >= told_ns
        told_ns = crossing.decided_ns
        if crossing.direction == "entry":
            assert crossing.zone not in inside
            inside[crossing.zone] = crossing.at_ns
            outer = SITE.zones[crossing.zone].within
            assert set(inside) <= {crossing.zone, outer}
            assert outer is None or outer in inside
        else:
            assert inside.pop(crossing.zone) <= crossing.at_ns
    # Whoever still is somewhere is where nothing hears, and nothing but a door ends it.
    assert set(inside) == {each.zone for each in presence.stays}
    assert set(inside) <= {"vault"}


@given(stays=STAYS, others=OTHERS)
@settings(max_examples=80, deadline=None)
def test_nobody_is_in_a_zone_that_nothing_supports(
    stays: list[tuple[str | None, float, float, float]], others: list[Heard]
) -> None:
    heard = in_time([*reads_of(stays), *others])
    supported = {zone for zone, *_ in stays if zone is not None}
    for each in others:
        if isinstance(each, DoorEvent):
            guarded = SITE.doors[each.door]
            supported |= {guarded.zone, guarded.outside or guarded.zone} if each.granted else set()
        else:
            assert each.position_m is not None
            number = {i: zone for zone, i in MODEL.known.number.items()}
            supported |= {number[zone] for zone, _ in MODEL.plan.inside(each.position_m, None)}
    supported |= {o for z in tuple(supported) if (o := SITE.zones[z].within)}
    for crossing in told(heard, range(len(heard))):
        assert crossing.zone in supported

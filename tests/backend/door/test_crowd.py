"""The order in which connections give way is the same as a search would find."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from backend.door.crowd import Crowd
from backend.door.phases import Phase, gives_way, rank_of


@dataclass(eq=False)
class Seen:
    phase: Phase = Phase.HEADERS
    since_s: float = 0
    proved: bool = False
    gone: bool = field(default=False)


MOVES = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from([*Phase, None]), st.booleans(), st.floats(0, 1)),
    max_size=60,
)


@given(MOVES)
def test_it_is_what_a_search_finds(moves: list[tuple[int, Phase | None, bool, float]]) -> None:
    crowd: Crowd[Seen] = Crowd()
    everybody = [Seen() for _ in range(10)]
    here: set[Seen] = set()
    now_s = 0.0
    for number, phase, proved, later_s in moves:
        one, now_s = everybody[number], now_s + later_s
        if phase is None:
            crowd.drop(one)
            here.discard(one)
        else:
            one.phase, one.proved, one.since_s = phase, proved, now_s
            crowd.put(one, rank_of(one))
            here.add(one)
        assert len(crowd) == len(here)
        found, wanted = gives_way(crowd.longest_waiting(), now_s), gives_way(here, now_s)
        if found is None or wanted is None:
            assert found is wanted
        else:
            assert (rank_of(found), found.since_s) == (rank_of(wanted), wanted.since_s)

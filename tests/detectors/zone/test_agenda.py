"""The agenda is always in order, and has each matter once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectors.zone.agenda import Agenda, Due, Matter

MATTERS = st.builds(Matter, st.sampled_from(["kiln", "lane"]), st.sampled_from(["", "anna", "ben"]))
PUTS = st.lists(st.tuples(MATTERS, st.none() | st.integers(0, 5)))


@given(puts=PUTS)
def test_what_is_due_first_is_first(puts: list[tuple[Matter, int | None]]) -> None:
    agenda, plain = Agenda(), dict[Matter, int]()
    for matter, at_ns in puts:
        before = agenda.dues
        agenda, was = agenda.put(matter, plain.pop(matter, None), at_ns), agenda
        assert was.dues == before
        if at_ns is not None:
            plain[matter] = at_ns
        assert list(agenda.dues) == sorted(Due(at, which) for which, at in plain.items())
        assert agenda.first == (agenda.dues[0] if plain else None)

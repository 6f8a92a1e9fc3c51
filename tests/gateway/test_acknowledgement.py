"""An acknowledgement names what is durable, all of it and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.acknowledgement import MAX_RUNS, acknowledgements
from gateway.effects import Identity, RefuseBlock

IDENTITIES = st.builds(
    Identity,
    agent=st.sampled_from(["edge-1", "edge-2"]),
    block=st.sampled_from(["imu/1", "event/1"]),
    device=st.sampled_from(["belt-1", "belt-2"]),
    boot=st.integers(0, 2),
    seq=st.integers(0, 30) | st.integers(2**53 - 3, 2**53 - 1),
)


def named(held: list[Identity], refused: list[RefuseBlock]) -> tuple[set[Identity], set[Identity]]:
    """Return what the acknowledgements say, taken apart again."""
    yes: set[Identity] = set()
    no: set[Identity] = set()
    for agent, ack in acknowledgements("gateway", held, refused):
        for entry in ack.devices:
            for first, last in entry.held:
                numbers = range(first, last + 1)
                yes |= {Identity(agent, entry.block, entry.device, entry.boot, n) for n in numbers}
            numbers_refused = (refusal.seq for refusal in entry.refused)
            no |= {
                Identity(agent, entry.block, entry.device, entry.boot, n) for n in numbers_refused
            }
    return yes, no


@given(st.lists(IDENTITIES), st.lists(IDENTITIES))
@pytest.mark.slow
def test_it_names_what_it_is_given_and_a_good_copy_wins(
    held: list[Identity], bad: list[Identity]
) -> None:
    yes, no = named(held, [RefuseBlock(identity, "why") for identity in bad])
    assert yes == set(held)
    assert no == set(bad) - set(held)


def test_more_holes_than_fit_are_told_in_more_entries() -> None:
    held = [Identity("edge-1", "imu/1", "belt-1", 0, 2 * n) for n in range(3 * MAX_RUNS)]
    assert named(held, []) == (set(held), set())


def test_nothing_to_say_is_not_said() -> None:
    assert not list(acknowledgements("gateway", [], []))

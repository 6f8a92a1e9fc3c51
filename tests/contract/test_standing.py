"""Whose word holds of a zone and of an evacuation: the table of `contract.standing`."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.report import SPEAKER
from contract.standing import DANGER, Call, Word, evacuation_that_holds, state_that_holds
from contract.zonestate import EnergyState

LOCKED: EnergyState = "locked_out"
LIVE: EnergyState = "energised"
WORK: EnergyState = "maintenance"


def word(speaker: str, t0_ns: int, state: EnergyState) -> Word:
    return Word(speaker, t0_ns, state)


@pytest.mark.parametrize(
    ("declared", "words", "held"),
    [
        pytest.param(LOCKED, [], None, id="nobody has spoken"),
        pytest.param(LOCKED, [word("plc-1", 1, LIVE)], LIVE, id="a PLC energises a locked zone"),
        pytest.param(LIVE, [word("plc-1", 1, LOCKED)], None, id="a PLC does not lock what is live"),
        pytest.param(WORK, [word("plc-1", 1, LOCKED)], None, id="nor what is worked on"),
        pytest.param(LIVE, [word(SPEAKER, 1, LOCKED)], LOCKED, id="a person does"),
        pytest.param(
            LIVE, [word(SPEAKER, 1, LOCKED), word("plc-1", 2, LIVE)], LIVE,
            id="a PLC energises what a person locked",
        ),
        pytest.param(
            LIVE, [word(SPEAKER, 2, LOCKED), word("plc-1", 1, LIVE)], LOCKED,
            id="but not by what it said before",
        ),
        pytest.param(
            LOCKED, [word(SPEAKER, 1, LIVE), word("plc-1", 2, LOCKED)], LIVE,
            id="a PLC does not lower what a person set",
        ),
        pytest.param(
            LOCKED, [word("plc-1", 1, WORK), word("plc-2", 2, LIVE)], LIVE,
            id="of two PLCs the more dangerous",
        ),
        pytest.param(
            LOCKED, [word("plc-1", 3, LOCKED), word("plc-2", 2, WORK)], WORK,
            id="one PLC does not lower what another said",
        ),
    ],
)  # fmt: skip
def test_the_state_of_a_zone(
    declared: EnergyState, words: list[Word], held: EnergyState | None
) -> None:
    for said in permutations(words):
        found = state_that_holds(declared, said)
        assert (found.state if found else None) == held


STATES = st.sampled_from(sorted(DANGER))
DEVICES = st.dictionaries(
    st.sampled_from(["plc-1", "plc-2", "plc-3"]), st.tuples(st.integers(0, 9), STATES)
)


@given(STATES, st.none() | st.tuples(st.integers(0, 9), STATES), DEVICES)
def test_no_device_makes_a_zone_less_dangerous(
    declared: EnergyState,
    person: tuple[int, EnergyState] | None,
    devices: dict[str, tuple[int, EnergyState]],
) -> None:
    people = [Word(SPEAKER, *person)] if person else []
    base = person[1] if person else declared
    held = state_that_holds(declared, [*people, *(Word(d, *said) for d, said in devices.items())])
    assert DANGER[held.state if held else declared] >= DANGER[base]


@pytest.mark.parametrize(
    ("calls", "held"),
    [
        pytest.param([], None, id="nobody has called"),
        pytest.param([Call("panel", 1, True)], ("panel", True, ()), id="a device begins one"),
        pytest.param([Call("panel", 1, False)], None, id="a device ends nothing"),
        pytest.param(
            [Call(SPEAKER, 1, True), Call("panel", 2, False)], (SPEAKER, True, ()),
            id="not what a person ordered",
        ),
        pytest.param(
            [Call(SPEAKER, 2, False), Call("panel", 1, True)], (SPEAKER, False, ()),
            id="a person ends what a device began",
        ),
        pytest.param(
            [Call(SPEAKER, 1, False), Call("panel", 2, True)], ("panel", True, ()),
            id="a device begins another after it",
        ),
        pytest.param(
            [Call(SPEAKER, 1, True, ("cell",)), Call("panel", 2, True, ("yard",))],
            (SPEAKER, True, ("cell", "yard")), id="two at once: the zones of either",
        ),
        pytest.param(
            [Call("panel", 1, True), Call(SPEAKER, 2, True, ("cell",))], (SPEAKER, True, ("cell",)),
            id="a person says later which zones must be empty",
        ),
        pytest.param(
            [Call(SPEAKER, 1, True, ("cell",)), Call("panel", 2, True)], (SPEAKER, True, ()),
            id="one of them everywhere",
        ),
    ],
)  # fmt: skip
def test_an_evacuation(calls: list[Call], held: tuple[str, bool, tuple[str, ...]] | None) -> None:
    for said in permutations(calls):
        found = evacuation_that_holds(said)
        assert ((found.speaker, found.on, found.zones) if found else None) == held

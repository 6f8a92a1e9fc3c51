"""What the gateway really holds, against what is on record here: a sentence where they differ."""

from __future__ import annotations

from contract.report import Standing
from contract.standing import Call, calls_of, evacuation_that_holds, state_that_holds, words_of
from contract.zone import Zone
from contract.zonestate import EnergyState

Told = tuple[Standing, ...] | None
"""What a gateway reported last; None where that is not known."""


def state_differs(zone: Zone, state: EnergyState, told: Told) -> str | None:
    """Return by which other state the gateway judges a zone, and who said so."""
    if told is None:
        return None
    held = state_that_holds(zone.declared_state, words_of(told, zone.id))
    really = held.state if held else zone.declared_state
    if really == state:
        return None
    whose = held.speaker if held else "the site file"
    return f'the gateway does not hold this: it judges by "{really}", said by {whose}'


def evacuation_differs(call: Call | None, told: Told) -> str | None:
    """Return which other evacuation stands for the gateway, or that none does."""
    if told is None:
        return None
    held = evacuation_that_holds(calls_of(told))
    if _scope(held) == _scope(call):
        return None
    if held is None or not held.on:
        return "the gateway does not hold this: for it no evacuation stands"
    where = ", ".join(held.zones) or "everywhere"
    return f"the gateway does not hold this: for it one stands ({where}), by {held.speaker}"


def _scope(call: Call | None) -> tuple[str, ...] | None:
    """Return which zones are to be left, none for all of them; None while no evacuation stands."""
    return tuple(sorted(call.zones)) if call is not None and call.on else None

"""Who is called next, and when, as a table. Whatever state it is in, it has an instant."""

from __future__ import annotations

from enum import StrEnum

from backend.machine import StateMachine


class EscalationState(StrEnum):
    """What an incident waits for. `incident.next_ns` is when it stops waiting for that."""

    HELD = "held"
    """For the wearer's answer, before anybody is paged."""
    CLIMBING = "climbing"
    """For somebody on the rung that was paged."""
    LAST_RESORT = "last_resort"
    """For anybody at all: the ladder has ended, everybody has been called."""
    LEASED = "leased"
    """For whoever took it, or is there, to say more: then they are asked."""
    ASKED = "asked"
    """For the answer of whoever has it: then they are passed over."""
    DIGEST = "digest"
    """For somebody to read of it: a tier that calls nobody."""
    OVER = "over"


class Move(StrEnum):
    """What happens to an escalation."""

    CALL = "page for"
    HOLD = "hold"
    LIST = "list"
    EXHAUST = "exhaust"
    TAKE = "take"
    ASK = "ask about"
    LAPSE = "let lapse"
    END = "end"


_H, _C, _L = EscalationState.HELD, EscalationState.CLIMBING, EscalationState.LAST_RESORT
_T, _A, _D, _O = (
    EscalationState.LEASED,
    EscalationState.ASKED,
    EscalationState.DIGEST,
    EscalationState.OVER,
)
_ALWAYS = {Move.CALL: _C, Move.LIST: _D, Move.TAKE: _T, Move.END: _O}

ESCALATION: StateMachine[EscalationState, Move] = StateMachine(
    "an escalation",
    EscalationState,
    {
        _H: {**_ALWAYS, Move.HOLD: _H},
        _C: {**_ALWAYS, Move.HOLD: _H, Move.EXHAUST: _L},
        _L: {**_ALWAYS, Move.EXHAUST: _L},
        _T: {**_ALWAYS, Move.ASK: _A},
        _A: {**_ALWAYS, Move.LAPSE: _C},
        _D: {**_ALWAYS, Move.HOLD: _H},
        _O: {Move.CALL: _C, Move.HOLD: _H, Move.LIST: _D, Move.END: _O},
    },
)

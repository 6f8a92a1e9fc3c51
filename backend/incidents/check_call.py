"""The question to the wearer, "are you all right?", as a table."""

from __future__ import annotations

from enum import StrEnum

from backend.machine import StateMachine


class CheckCall(StrEnum):
    """How far the question to the wearer has come."""

    NONE = "none"
    """Nobody was asked: no device can, or it is not about a person who may be down."""
    ASKING = "asking"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


class CheckMove(StrEnum):
    """What happens to the question to the wearer."""

    ASK = "ask about"
    ANSWER = "answer about"
    RUN_OUT = "run out on"
    DROP = "drop the question about"
    """The incident is over before anybody answered."""


_N, _G, _Y, _U = CheckCall.NONE, CheckCall.ASKING, CheckCall.ANSWERED, CheckCall.UNANSWERED

CHECK_CALL: StateMachine[CheckCall, CheckMove] = StateMachine(
    "a wearer's check-call",
    CheckCall,
    {
        _N: {CheckMove.ASK: _G, CheckMove.ANSWER: _Y, CheckMove.DROP: _N},
        _G: {CheckMove.ANSWER: _Y, CheckMove.RUN_OUT: _U, CheckMove.DROP: _U},
        _Y: {CheckMove.ASK: _G, CheckMove.ANSWER: _Y, CheckMove.DROP: _Y},
        _U: {CheckMove.ASK: _G, CheckMove.ANSWER: _Y, CheckMove.DROP: _U},
    },
)

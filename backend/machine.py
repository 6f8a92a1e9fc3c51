"""A state machine as one table: what is not in it is illegal, and the error names the move."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from backend.errors import IllegalTransitionError

S = TypeVar("S", bound=StrEnum)
M = TypeVar("M", bound=StrEnum)


class Machine(Generic[S, M]):
    """States, moves, and where each move leads.

    Parameters
    ----------
    name
        What moves, in words, as an error says it.
    states
        The enum of its states, for rows that hold them as text.
    table
        State → move → state.
    """

    def __init__(self, name: str, states: type[S], table: Mapping[S, Mapping[M, S]]) -> None:
        self.name = name
        self.states = states
        self.table = table

    def after(self, state: S | str, move: M) -> S:
        """Return the state that a move leads to.

        Raises
        ------
        IllegalTransitionError
            Which names the move, the state, and what is possible instead.
        """
        now = self.states(state)
        possible = self.table[now]
        if move not in possible:
            raise IllegalTransitionError(
                f"cannot {move} {self.name} that is {now.replace('_', ' ')}",
                hint=f"possible now: {', '.join(possible)}",
            )
        return possible[move]

    def allows(self, state: S | str, move: M) -> bool:
        """Whether a move is in the table."""
        return move in self.table[self.states(state)]

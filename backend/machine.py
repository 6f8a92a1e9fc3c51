"""A state machine as one table: what is not in it is illegal, and the error names the move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Generic, TypeVar

from backend.errors import IllegalTransitionError

S = TypeVar("S", bound=StrEnum)
M = TypeVar("M", bound=StrEnum)


class StateMachine(Generic[S, M]):
    """States, moves, and where each move leads: the one reader of every such table.

    Parameters
    ----------
    name
        What moves, in words, as an error says it.
    states
        The enum of its states, for rows that hold them as text.
    table
        State → move → state.
    offers
        What a person can do about it, move → words. The other moves are the system's, and no
        error offers them to anybody.
    """

    def __init__(
        self,
        name: str,
        states: type[S],
        table: Mapping[S, Mapping[M, S]],
        offers: Mapping[M, str] | None = None,
    ) -> None:
        self.name = name
        self.states = states
        self.table = table
        self.offers = offers or {}

    def after(self, state: S | str, move: M) -> S:
        """Return the state that a move leads to.

        Raises
        ------
        IllegalTransitionError
            Which names the move and the state, and what a person can do instead.
        """
        now = self.states(state)
        possible = self.table[now]
        if move not in possible:
            raise IllegalTransitionError(
                f"cannot {move} {self.name} that is {now.replace('_', ' ')}",
                hint=_listed([words for act, words in self.offers.items() if act in possible]),
            )
        return possible[move]

    def allows(self, state: S | str, move: M) -> bool:
        """Whether a move is in the table."""
        return move in self.table[self.states(state)]

    def sources(self, move: M) -> tuple[S, ...]:
        """Return the states that a move leads out of: what a conditional update asks for."""
        return tuple(state for state, moves in self.table.items() if move in moves)


def _listed(offers: Sequence[str]) -> str | None:
    """Return a hint of what is possible; None where a person can do nothing.

    >>> _listed(["take it", "resolve it", "reopen it"])
    'possible now: take it, resolve it or reopen it'
    """
    if not offers:
        return None
    *others, last = offers
    return f"possible now: {', '.join(others)} or {last}" if others else f"possible now: {last}"

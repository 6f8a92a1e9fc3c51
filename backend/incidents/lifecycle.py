"""The life of an incident, as a table. What is not in it is illegal."""

from __future__ import annotations

from enum import StrEnum

from backend.machine import StateMachine


class Life(StrEnum):
    """Where an incident is in its life."""

    OPEN = "open"
    """Nobody has it, or nobody any more: people are being called."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody has said that they take it. That holds for a while, and then they are asked."""
    ON_SCENE = "on_scene"
    """Somebody has said that they are there. They are asked again, less often."""
    RESOLVED = "resolved"


class Act(StrEnum):
    """What changes an incident's life. From `PASS_OVER` on it is the system that does it."""

    ACKNOWLEDGE = "acknowledge"
    ARRIVE = "arrive at"
    GIVE_BACK = "give back"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    PASS_OVER = "pass over"
    """Whoever had it was asked and did not answer."""
    OUTGROW = "outgrow"
    """Its tier was raised above the one that it was taken at."""
    RELAPSE = "relapse"
    """Evidence measured after it was resolved says that it is not over."""
    BECOME_REAL = "make real"
    """It was an exercise, and a real event has joined it."""


_O, _A, _S, _R = Life.OPEN, Life.ACKNOWLEDGED, Life.ON_SCENE, Life.RESOLVED

LIFE: StateMachine[Life, Act] = StateMachine(
    "an incident",
    Life,
    {
        _O: {Act.ACKNOWLEDGE: _A, Act.ARRIVE: _S, Act.RESOLVE: _R},
        _A: {
            Act.ACKNOWLEDGE: _A,
            Act.ARRIVE: _S,
            Act.GIVE_BACK: _O,
            Act.PASS_OVER: _O,
            Act.OUTGROW: _O,
            Act.BECOME_REAL: _O,
            Act.RESOLVE: _R,
        },
        _S: {
            Act.ARRIVE: _S,
            Act.GIVE_BACK: _O,
            Act.PASS_OVER: _O,
            Act.BECOME_REAL: _O,
            Act.RESOLVE: _R,
        },
        _R: {Act.REOPEN: _O, Act.RELAPSE: _O},
    },
    offers={
        Act.ACKNOWLEDGE: "acknowledge it",
        Act.ARRIVE: "say that you are on scene",
        Act.GIVE_BACK: "give it back",
        Act.RESOLVE: "resolve it",
        Act.REOPEN: "reopen it",
    },
)


def after(status: Life | str, act: Act) -> Life:
    """Return the status that `act` leads to.

    Raises
    ------
    IllegalTransitionError
        Which names the act and the status, and what a person can do instead.

    Examples
    --------
    >>> after("open", Act.ACKNOWLEDGE)
    <Life.ACKNOWLEDGED: 'acknowledged'>
    """
    return LIFE.after(status, act)

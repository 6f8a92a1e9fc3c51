"""The life of an incident, as a table. What is not in it is illegal."""

from __future__ import annotations

from enum import StrEnum

from backend.errors import IllegalTransitionError


class Status(StrEnum):
    """Where an incident is in its life."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Act(StrEnum):
    """What somebody can do about an incident."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    RESOLVE = "resolve"
    REOPEN = "reopen"


TRANSITIONS: dict[Status, dict[Act, Status]] = {
    Status.OPEN: {
        Act.ACKNOWLEDGE: Status.ACKNOWLEDGED,
        Act.RESOLVE: Status.RESOLVED,
    },
    Status.ACKNOWLEDGED: {
        Act.UNACKNOWLEDGE: Status.OPEN,
        Act.RESOLVE: Status.RESOLVED,
    },
    Status.RESOLVED: {
        Act.REOPEN: Status.OPEN,
    },
}


def after(status: Status | str, act: Act) -> Status:
    """Return the status that `act` leads to.

    Raises
    ------
    IllegalTransitionError
        Which names the act, the status, and what is possible instead.

    Examples
    --------
    >>> after("open", Act.ACKNOWLEDGE)
    <Status.ACKNOWLEDGED: 'acknowledged'>
    """
    now = Status(status)
    possible = TRANSITIONS[now]
    if act not in possible:
        raise IllegalTransitionError(
            f"cannot {act} an incident that is {now}",
            hint=f"possible now: {', '.join(possible)}",
        )
    return possible[act]

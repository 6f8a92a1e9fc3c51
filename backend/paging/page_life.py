"""The life of a page, as a table. What is not in it is illegal.

No page fails for good. While the call is wanted it is tried, however hard the answers are; whoever
ends the need recalls it (`backend/paging/recall.py`).
"""

from __future__ import annotations

from enum import StrEnum

from backend.machine import StateMachine


class PageStatus(StrEnum):
    """Where a page is in its life."""

    DUE = "due"
    """Wanted, and in nobody's hands. It may be refused, and is tried all the same."""
    SENDING = "sending"
    """In the hands of one engine, under a lease."""
    SENT = "sent"
    """A channel has taken it."""
    WITHDRAWN = "withdrawn"
    """Nobody wants it any more, and as far as we know it did not go out."""


class PageAct(StrEnum):
    """What becomes of a page."""

    CLAIM = "claim"
    """An engine takes it, to hand it off."""
    TAKE_OVER = "take over"
    """Another engine takes it: the lease of the first has run out."""
    HAND_OFF = "hand off"
    """A channel took it."""
    FAIL = "fail"
    """A channel did not take it, and it is wanted still."""
    DROP = "drop"
    """A channel did not take it, or its lease ran out, and it was recalled meanwhile."""
    WITHDRAW = "withdraw"
    """It was recalled before anybody had it in hand."""


PAGE_LIFE: StateMachine[PageStatus, PageAct] = StateMachine(
    "a page",
    PageStatus,
    {
        PageStatus.DUE: {
            PageAct.CLAIM: PageStatus.SENDING,
            # A hand-off that was given up as hung, and then came to a good end.
            PageAct.HAND_OFF: PageStatus.SENT,
            PageAct.WITHDRAW: PageStatus.WITHDRAWN,
        },
        PageStatus.SENDING: {
            PageAct.TAKE_OVER: PageStatus.SENDING,
            PageAct.HAND_OFF: PageStatus.SENT,
            PageAct.FAIL: PageStatus.DUE,
            PageAct.DROP: PageStatus.WITHDRAWN,
        },
        PageStatus.SENT: {},
        PageStatus.WITHDRAWN: {
            # What went out went out, whoever had stopped to wait for it.
            PageAct.HAND_OFF: PageStatus.SENT,
        },
    },
)

UNSETTLED = (PageStatus.DUE, PageStatus.SENDING)
"""A page that may still reach somebody."""


def page_after(status: PageStatus | str, act: PageAct) -> PageStatus:
    """Return the status that `act` leads to, or raise `IllegalTransitionError`.

    Examples
    --------
    >>> page_after("due", PageAct.CLAIM)
    <PageStatus.SENDING: 'sending'>
    """
    return PAGE_LIFE.after(status, act)

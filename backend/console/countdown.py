"""The times that an incident's page counts down to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from backend.incidents.lifecycle import Life
from backend.incidents.view import IncidentView
from contract.instants import NS_PER_S


@dataclass(frozen=True)
class Countdown:
    """From a beginning to an end."""

    start_ns: int
    until_ns: int

    def left_s(self, now_ns: int) -> float:
        """Return the time that is left; zero when it is over."""
        return max(0, self.until_ns - now_ns) / NS_PER_S

    def share_left(self, now_ns: int) -> float:
        """Return how much of it is left, 1 to 0.

        >>> Countdown(0, 60 * NS_PER_S).share_left(45 * NS_PER_S)
        0.25
        """
        whole_ns = self.until_ns - self.start_ns
        if whole_ns <= 0:
            return 0.0
        return min(1.0, max(0.0, (self.until_ns - now_ns) / whole_ns))


def next_step(view: IncidentView) -> Countdown | None:
    """Return the time to the next rung; it began when the last page fell due."""
    if view.next_step_ns is None or view.status != Life.OPEN:
        return None
    earlier = [page.due_ns for page in view.pages if page.due_ns < view.next_step_ns]
    return Countdown(max(earlier, default=view.opened_ns), view.next_step_ns)


def lease(view: IncidentView) -> Countdown | None:
    """Return how long whoever has it is believed, or has to answer; None when nobody has it."""
    if view.lease_until_ns is None:
        return None
    since_ns = view.on_scene_ns or view.acknowledged_ns or view.opened_ns
    return Countdown(since_ns, view.lease_until_ns)


def asking(view: IncidentView, now_ns: int) -> Countdown | None:
    """Return how long the wearer has to answer; None when nobody is asked."""
    if view.asking_until_ns is None or view.asking_until_ns <= now_ns or view.status != Life.OPEN:
        return None
    return Countdown(view.opened_ns, view.asking_until_ns)

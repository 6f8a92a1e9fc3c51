"""Somebody in a zone: from the first foot point inside to the last.

| from | what happens | to | told |
|---|---|---|---|
| – | a foot point inside | coming | |
| coming | `looks` foot points inside over `enter_s`, most of them all | there | onset |
| coming | outside or unseen for `leave_s` | – | |
| there | outside for `leave_s` | – | clear |
| there | the person is given up as gone | – | clear |
"""

from __future__ import annotations

from typing import NamedTuple

from contract.instants import ns


class Inertia(NamedTuple):
    """How slow a stay is to begin and to end."""

    looks: int
    enter_s: float
    leave_s: float


class Stay(NamedTuple):
    """A stay of one person in one zone, as a camera sees it."""

    zone: str
    track: str
    """What the camera called them when they came: boot/number."""
    first_ns: int
    last_ns: int
    """The first and the latest foot point inside."""
    inside: int = 1
    outside: int = 0
    """How many looks were which, until it was told."""
    told: bool = False

    def within(self, t_ns: int) -> Stay:
        """Return the stay after a foot point inside."""
        return self._replace(last_ns=max(t_ns, self.last_ns), inside=self.inside + 1)

    def without(self) -> Stay:
        """Return the stay after a foot point outside."""
        return self._replace(outside=self.outside + 1)

    def begins(self, inertia: Inertia) -> bool:
        """Whether it may be told now."""
        return (
            not self.told
            and self.inside >= inertia.looks
            and self.inside > self.outside
            and self.last_ns - self.first_ns >= ns(inertia.enter_s)
        )

    def ended(self, t_ns: int, inertia: Inertia) -> bool:
        """Whether somebody who is seen outside at `t_ns` has left."""
        return t_ns - self.last_ns >= ns(inertia.leave_s)

"""Which run of each agent speaks: two at a time are two agents of one id, or somebody's replay."""

from __future__ import annotations

from collections import OrderedDict

RUNS_KEPT = 64
"""Former runs of an agent: each start is one."""


class Runs:
    """The sessions that each agent's batches named, the newest last."""

    def __init__(self) -> None:
        self._known: dict[str, OrderedDict[str, None]] = {}

    def note(self, agent: str, session: str | None) -> bool:
        """Note a batch's session; True where a former run speaks again after a later one began.

        >>> runs = Runs()
        >>> [runs.note("edge-1", session) for session in ("a", "a", "b", "a")]
        [False, False, False, True]
        """
        if session is None:
            return False
        known = self._known.setdefault(agent, OrderedDict())
        if session not in known:
            known[session] = None
            if len(known) > RUNS_KEPT:
                known.popitem(last=False)
            return False
        if next(reversed(known)) == session:
            return False
        known.move_to_end(session)
        return True

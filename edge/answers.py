"""Which acknowledgements are believed: those of this run's batches, each once."""

from __future__ import annotations

from typing import Literal

from contract.ack import Ack

Judgement = Literal["new", "copy", "another-run"]
RUNS_KEPT = 1024
"""Starts of the gateway during one run of the agent."""


class Answers:
    """Pure: no clock is asked, so an agent whose clock is wrong still empties its spool.

    An acknowledgement of yesterday answers another session than today's, and within one session its
    number is not above the last one's. What is dropped by mistake costs a resend.

    Parameters
    ----------
    session
        This run of the agent, as its batches name it.
    strict
        The gateway signs, so it names session and number. Else one that does not is believed too.
    """

    def __init__(self, session: str, *, strict: bool) -> None:
        self._session = session
        self._strict = strict
        self._last: dict[str, int] = {}

    def judge(self, ack: Ack) -> Judgement:
        """Say whether an acknowledgement is to be acted on; it counts as used from then on."""
        named = ack.session is not None or self._strict
        if named and ack.session != self._session:
            return "another-run"
        if ack.run is None or ack.number is None:
            return "another-run" if self._strict else "new"
        if ack.number <= self._last.get(ack.run, -1):
            return "copy"
        if ack.run not in self._last and len(self._last) >= RUNS_KEPT:
            return "copy"
        self._last[ack.run] = ack.number
        return "new"

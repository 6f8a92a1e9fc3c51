"""Reads what the backend has on record when all is over."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from contract.instants import NS_PER_S
from tests.chaos.books import Call, Entry, Incident
from tests.chaos.plant import SET_BY_S

Rows = Callable[[str], Sequence[Any]]
SET_BY_NS = SET_BY_S * NS_PER_S
STANDS_IN = "kind = 'unreadable'"
"""What the gateway tells in place of an alarm that was answered wrongly again and again, while
others were taken: under so many faults an alarm that is well may look like that."""
OF_PEOPLE = f"subject NOT LIKE 'system:%' AND NOT {STANDS_IN}"
"""What the backend opens about itself, such as a channel that fails, is not what this counts."""


def account(rows: Rows, begun_ns: int) -> Sequence[Incident]:
    """Return every incident about a person; `begun_ns` is when the run really began."""

    def really(at_ns: int) -> int:
        """Return the instant that it really was, whatever its clock was set to then."""
        return at_ns - round((at_ns - begun_ns) / SET_BY_NS) * SET_BY_NS

    return [
        Incident(
            number,
            person,
            really(onset_ns),  # an agent whose clock was set dates what it hears by its arrival
            tuple(
                Entry(seq, what, json.loads(details).get("round"))
                for seq, what, details in rows(
                    f"SELECT seq, what, details FROM timeline WHERE incident_id = {number}"
                    " ORDER BY seq"
                )
            ),
            tuple(
                really(at_ns)
                for (at_ns,) in rows(
                    "SELECT at_ns FROM acknowledgement WHERE answer = 'acknowledge'"
                    f" AND incident_id = {number}"
                )
            ),
            {
                page: Call(*call)
                for page, *call in rows(
                    "SELECT id, round, step, person, channel FROM page"
                    f" WHERE incident_id = {number}"
                )
            },
            tuple(
                (page, really(at_ns))
                for page, at_ns in rows(
                    "SELECT a.page_id, a.started_ns FROM page_attempt a"
                    f" JOIN page p ON p.id = a.page_id WHERE p.incident_id = {number}"
                )
            ),
        )
        for number, person, onset_ns in rows(
            f"SELECT id, person, onset_ns FROM incident WHERE {OF_PEOPLE} ORDER BY id"
        )
    ]


def stand_ins(rows: Rows) -> Sequence[str]:
    """Return about whom the gateway told that an alarm of theirs does not get through."""
    return [str(person) for (person,) in rows(f"SELECT person FROM incident WHERE {STANDS_IN}")]

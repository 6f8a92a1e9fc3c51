"""Refuses, at start, a site that would page nobody. At 03:00 is too late to find out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy.orm import Session

from backend.database.tables import OnCallRow, PersonRow
from backend.paging.calls import calls
from backend.paging.channel import Channel
from contract.errors import SiteFileError
from contract.site import Site
from contract.suggestion import did_you_mean


def check(session: Session, site: Site, channels: Mapping[str, Channel]) -> None:
    """Look that every escalation step reaches somebody over some channel.

    The people are the database's, for those are the ones who will be paged.

    Raises
    ------
    SiteFileError
        With one sentence for each step that reaches nobody.
    """
    problems = tuple(_problems(session, site, channels))
    if problems:
        raise SiteFileError(problems)


def _problems(session: Session, site: Site, channels: Mapping[str, Channel]) -> Iterator[str]:
    if not site.escalation:
        yield "there is no [[escalation]], so nobody would be paged; give SEV1, SEV2 and SEV3 one"
    if not channels:
        yield 'there is no [[channel]], so nobody could be reached; try kind = "console"'
        return
    for ladder in site.escalation:
        for number, step in enumerate(ladder.steps, start=1):
            if not calls(session, channels, step.to):
                told = f'[[escalation]] "{ladder.severity}" step {number}'
                reasons = "; ".join(_why(session, channels, to) for to in step.to)
                yield f"{told} reaches nobody: {reasons}"


def _why(session: Session, channels: Mapping[str, Channel], to: str) -> str:
    kind, _, name = to.partition(":")
    people = {person.id: person for person in session.query(PersonRow)}
    duties = {duty.duty for duty in session.query(OnCallRow)}
    roles = {role for person in people.values() for role in person.roles}
    known = {"person": set(people), "role": roles, "on-call": duties}.get(kind, set())
    if name not in known:
        return f'the database has no {kind} "{name}"{did_you_mean(name, known)}'
    return f"{to} has no address that {' or '.join(channels)} can use; give an email or a phone"

"""Whom a site reaches: refuses, at start, one that would page nobody. Pure.

At 03:00 is too late to find out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from backend.paging.channel import Channel
from backend.people.contact import Contact
from backend.people.roster import Roster
from contract.errors import SiteFileError
from contract.severity import Severity
from contract.site import Site
from contract.suggestion import did_you_mean

Channels = Mapping[str, Channel]
"""By the name that their pages carry."""


def check(roster: Roster, site: Site, channels: Channels) -> None:
    """Look that every escalation step reaches somebody over some channel.

    Raises
    ------
    SiteFileError
        With one sentence for each step that reaches nobody.
    """
    problems = tuple(_problems(roster, site, channels))
    if problems:
        raise SiteFileError(problems)


def silent_steps(
    roster: Roster, site: Site, channels: Channels
) -> Iterator[tuple[Severity, int, tuple[str, ...]]]:
    """Yield tier, number and targets of each step that reaches nobody."""
    for ladder in site.escalation:
        for number, step in enumerate(ladder.steps, start=1):
            named = chain.from_iterable(map(roster.named_by, step.to))
            if not any(reached(person, channels) for person in named):
                yield ladder.severity, number, step.to


def named_last(roster: Roster, site: Site, channels: Channels) -> bool:
    """Whether somebody whom `[last_resort]` itself names can be reached."""
    return any(
        site.last_resort.calls(roster.roles[name]) and reached(person, channels)
        for name, person in roster.people.items()
    )


def reached(person: Contact, channels: Channels) -> bool:
    """Whether any of the channels can hand a page off for somebody."""
    return any(channel.reaches(person) for channel in channels.values())


def _problems(roster: Roster, site: Site, channels: Channels) -> Iterator[str]:
    if not site.escalation:
        yield "there is no [[escalation]], so nobody would be paged; give SEV1, SEV2 and SEV3 one"
    if not channels:
        yield 'there is no [[channel]], so nobody could be reached; try kind = "console"'
        return
    for tier, number, targets in silent_steps(roster, site, channels):
        reasons = "; ".join(_why(roster, channels, to) for to in targets)
        yield f'[[escalation]] "{tier}" step {number} reaches nobody: {reasons}'


def _why(roster: Roster, channels: Channels, to: str) -> str:
    kind, _, name = to.partition(":")
    known = roster.known(kind)
    if name not in known:
        return f'the database has no {kind} "{name}"{did_you_mean(name, known)}'
    return f"{to} has no address that {' or '.join(channels)} can use; give an email or a phone"

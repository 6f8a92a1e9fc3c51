"""What would be silent if the people whom the database pages became others. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from backend.people.roster import Roster
from backend.policy.reach import Channels, named_last, silent_steps
from contract.severity import Severity
from contract.site import Site

EMERGENCIES = (Severity.SEV1, Severity.SEV2)
"""Tiers about somebody who may be lying there."""


def silenced(now: Roster, then: Roster, site: Site, channels: Channels) -> Iterator[str]:
    """Yield one sentence for each call of an emergency that reaches somebody now and nobody then.

    What reaches nobody already is told elsewhere, and is not made worse.
    """
    before = {(tier, number) for tier, number, _ in silent_steps(now, site, channels)}
    for tier, number, targets in silent_steps(then, site, channels):
        if tier in EMERGENCIES and (tier, number) not in before:
            named = {person.person for to in targets for person in now.named_by(to)}
            yield (
                f'[[escalation]] "{tier}" step {number} ({", ".join(targets)}) would reach nobody: '
                f"now it has {', '.join(sorted(named))}"
            )
    if named_last(now, site, channels) and not named_last(then, site, channels):
        yield "[last_resort] would reach nobody whom it names"

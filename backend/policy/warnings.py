"""What a site gets wrong in silence: `check`, start and console ask here. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from backend.people.difference import Difference, Differing, SyncAct, differences
from backend.people.roster import Roster, roster_of_site
from backend.policy.reach import Channels, named_last, reached
from contract.site import Site
from contract.sitewarnings import STAYS_HERE, site_warnings
from contract.warning import SiteWarning, WarningCode, in_order

FIRST_AIDER = "first-aider"
"""The role of who is called to somebody on the floor."""
_SYNC = "floorwatch people sync SITE.toml shows what differs; with --apply the file counts."


def warnings(
    site: Site,
    channels: Channels,
    in_database: Roster | None = None,
    *,
    base_url: str | None = None,
    secrets: Mapping[str, str] | None = None,
    assigned_tags: Collection[str] = (),
) -> tuple[SiteWarning, ...]:
    """Return everything that a site gets wrong in silence, what costs most first.

    Parameters
    ----------
    in_database
        Whom the database pages; those of the file when None, and then nothing differs.
    base_url
        What links begin with; as the file has it when None.
    secrets
        By the variable that holds it.
    assigned_tags
        Tags that were given to somebody in the backend.
    """
    in_file = roster_of_site(site)
    paged = in_file if in_database is None else in_database
    differing = differences(in_file, paged)
    return in_order(
        chain(
            map(_differs, differing),
            _last_resort(paged, site, channels),
            _people(paged, channels),
            _channels(paged, channels),
            site_warnings(site, base_url=base_url, secrets=secrets, assigned_tags=assigned_tags),
        )
    )


def _differs(found: Difference) -> SiteWarning:
    if found.about == Differing.PERSON:
        fields = " and ".join(field.name for field in found.fields)
        code, what = WarningCode.PERSON_DIFFERS, f'person "{found.id}"'
        counts = {
            SyncAct.ADD: "is in the site file and not in the database, so nobody calls them",
            SyncAct.REMOVE: "is in the database and not in the site file, and is called all the "
            "same",
            SyncAct.CHANGE: f"has another {fields} in the database than in the site file; the "
            "database counts",
        }
    else:
        code, what = WarningCode.DUTY_DIFFERS, f'duty "{found.id}"'
        counts = {
            SyncAct.ADD: "is in the site file and not in the database, so nobody answers for it",
            SyncAct.REMOVE: "is in the database and not in the site file",
            SyncAct.CHANGE: "has other people, or another order, in the database than in the site "
            "file; the database counts",
        }
    return SiteWarning(code=code, sentence=f"{what} {counts[found.act]}", what_to_do=_SYNC)


def _last_resort(roster: Roster, site: Site, channels: Channels) -> Iterator[SiteWarning]:
    if not named_last(roster, site, channels):
        roles = ", ".join(site.last_resort.roles) or "any role"
        yield SiteWarning(
            code=WarningCode.LAST_RESORT_EMPTY,
            sentence=f"[last_resort] reaches nobody with {roles}: once a ladder of SEV1 or SEV2 is "
            "climbed in vain, everybody is called, whoever they are",
            what_to_do="Give people roles and an address that a channel uses, or name roles there.",
        )


def _people(roster: Roster, channels: Channels) -> Iterator[SiteWarning]:
    """Yield whom no channel reaches. A printed line reaches those who look; it rings nobody."""
    leaving = {name: each for name, each in channels.items() if each.kind != STAYS_HERE}
    if not leaving:
        return
    for person in (p for p in roster.people.values() if not reached(p, leaving)):
        aids = FIRST_AIDER in roster.roles[person.person]
        yield SiteWarning(
            code=WarningCode.FIRST_AIDER_UNREACHED if aids else WarningCode.PERSON_UNREACHED,
            sentence=f'{"first-aider" if aids else "person"} "{person.person}" has no address that '
            f"{' or '.join(leaving)} can use",
            what_to_do="Give them an email or a phone, or add a channel that reaches them.",
        )


def _channels(roster: Roster, channels: Channels) -> Iterator[SiteWarning]:
    for name, channel in channels.items():
        if not any(channel.reaches(person) for person in roster.people.values()):
            yield SiteWarning(
                code=WarningCode.CHANNEL_REACHES_NOBODY,
                sentence=f'[[channel]] "{name}" reaches nobody: no person has an address that it '
                "can use",
                what_to_do="Give people the address that it uses, or remove it.",
            )

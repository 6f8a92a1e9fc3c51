"""`floorwatch people sync`: makes the people and duties of the site file those who are paged."""

from __future__ import annotations

import os
import pwd
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.tables import SiteVersionRow
from backend.errors import UnknownError
from backend.paging.catalogue import configured, named
from backend.people.difference import Difference, Differing, SyncAct, differences
from backend.people.directory import require_person
from backend.people.roster import Roster, roster_of_database, roster_of_site
from backend.people.sync import apply as make_the_same
from backend.policy.silenced import silenced
from backend.timeline.access import note_access
from contract.errors import SiteFileError
from contract.site import Site
from floorwatch.databases import DatabaseName, opened
from floorwatch.errors import CommandError, UsageError
from floorwatch.private import for_owner_only
from floorwatch.sites import read_site
from floorwatch.tables import JsonFile, console_beside, show, write_json

HEADS = ("who", "act", "of it", "database", "site file")
NONE = "–"
ON_RECORD = "people-sync"
"""What the record of accesses calls it."""


@for_owner_only()
def sync(
    site_file: Annotated[Path, typer.Argument(help="The site's TOML file.")],
    database: DatabaseName = None,
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Change the database, or only say what would.")
    ] = False,
    person: Annotated[
        str | None,
        typer.Option("--as", help="Who does it: a person's id, put on record. Else the OS user."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Even if a call of SEV1 or SEV2 then reaches nobody.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Say where the database's people and duties differ from the file's; with --apply end that.

    People who are not in the file are called no more: their contacts, roles and duties go. Their
    name stays, so that old incidents can be read. Works while a backend runs.
    """
    console = console_beside(json_file)
    wanted = roster_of_site(read_site(site_file))
    with opened(database) as found, found.write() if apply else found.read() as session:
        who = _who(session, person)
        now = roster_of_database(session)
        differing = differences(wanted, now)
        lost = _lost(session, now, wanted)
        if differing and not (apply and lost and not force):
            _show(console, differing)
        if apply and lost and not force:
            raise CommandError(_refusal(lost))
        if apply and differing:
            now_ns = time.time_ns()
            make_the_same(session, differing, wanted, now_ns)
            note_access(session, now_ns, who, ON_RECORD, _record(differing, forced=bool(lost)))
    _say(console, differing, lost, applied=apply)
    write_json(json_file, _answer(differing, lost, applied=apply and bool(differing)))


def _who(session: Session, person: str | None) -> str:
    if person is None:
        try:
            return f"os:{pwd.getpwuid(os.getuid()).pw_name}"
        except KeyError:  # a container's user need not have a name
            return f"os:{os.getuid()}"
    try:
        return require_person(session, person).id
    except UnknownError as error:
        raise UsageError(f"--as {person}: {error}") from None


def _lost(session: Session, now: Roster, wanted: Roster) -> tuple[str, ...]:
    """Return what would be silent by the ladders that the backend started with last."""
    newest = select(SiteVersionRow).order_by(SiteVersionRow.first_used_ns.desc()).limit(1)
    row = session.scalar(newest)
    if row is None:
        return ()
    try:
        site = Site.model_validate_json(row.content)
        channels = named(configured(site))
    except (ValidationError, SiteFileError):  # of a release that wrote it otherwise
        return ()
    return tuple(silenced(now, wanted, site, channels))


def _refusal(lost: Sequence[str]) -> str:
    listed = "\n".join(f"  - {sentence}" for sentence in lost)
    return (
        f"nothing was changed, for by the ladders that the backend runs with:\n{listed}\n"
        "Start the backend with the new site file first, or say --force."
    )


def _record(differing: Sequence[Difference], *, forced: bool) -> dict[str, Any]:
    return {
        "forced": forced,
        "changes": [
            {
                "about": str(each.about),
                "id": each.id,
                "act": str(each.act),
                "fields": [field.name for field in each.fields],
            }
            for each in differing
        ],
    }


def _show(console: Console, differing: Sequence[Difference]) -> None:
    rows = [
        (
            *((_named(each), str(each.act)) if first else ("", "")),
            field.name,
            field.in_database or NONE,
            field.in_file or NONE,
        )
        for each in differing
        for first, field in zip([True, *[False] * 9], each.fields, strict=False)
    ]
    show(console, "People and duties that differ", HEADS, rows, len(HEADS))


def _say(
    console: Console, differing: Sequence[Difference], lost: Sequence[str], *, applied: bool
) -> None:
    counted = _counted(differing)
    if not differing:
        console.print("The database has the people and duties of the site file.")
    elif applied:
        console.print(f"Done, the site file counts: {counted}.")
    else:
        console.print(f"Dry run, nothing was changed. --apply would: {counted}.")
        for sentence in lost:
            console.print(f"--apply would be refused: {sentence}", markup=False)


def _named(each: Difference) -> str:
    return each.id if each.about == Differing.PERSON else f"duty {each.id}"


def _counted(differing: Sequence[Difference]) -> str:
    """Return how many people and duties are added, changed, removed.

    >>> _counted([Difference(Differing.PERSON, "lea-otto", SyncAct.ADD, ())])
    'add 1 person'
    """
    plural = {Differing.PERSON: "people", Differing.DUTY: "duties"}
    counts = Counter((each.about, each.act) for each in differing)
    return ", ".join(
        f"{act} {counts[about, act]} {about if counts[about, act] == 1 else plural[about]}"
        for about in Differing
        for act in SyncAct
        if counts[about, act]
    )


def _answer(
    differing: Sequence[Difference], lost: Sequence[str], *, applied: bool
) -> dict[str, Any]:
    return {
        "applied": applied,
        "silenced": list(lost),
        "differences": [
            {
                "about": str(each.about),
                "id": each.id,
                "act": str(each.act),
                "fields": {
                    field.name: {"database": field.in_database, "file": field.in_file}
                    for field in each.fields
                },
            }
            for each in differing
        ],
    }

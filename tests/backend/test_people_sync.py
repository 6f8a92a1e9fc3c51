"""The people of the site file are made those who are paged; who left is called no more."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend.database.connection import Database
from backend.database.tables import AccessRow, ContactRow, OnCallRow
from backend.errors import UnknownError
from backend.people.directory import contact, everybody, person_name, require_person
from backend.people.roster import roster_of_database, roster_of_site
from contract.sitefile import parse
from tests.support.commanded import Command
from tests.support.commanded import floorwatch as floorwatch
from tests.support.pages import SITE, Pager

GUSTAV = """
[[person]]
id = "gustav-dahl"
name = "Gustav Dahl"
roles = ["site-manager"]
email = "gustav.dahl@hall7.example"
"""
LEA = """
[[person]]
id = "lea-otto"
name = "Lea Otto"
roles = ["site-manager"]
phone = "+46700002009"
"""
SMTP = 'kind = "smtp"\nhost = "mail.hall7.example"\nsender = "fw@hall7.example"'
CHANGES = {
    GUSTAV: LEA,
    'email = "ines.falk@hall7.example"': 'email = "ines@hall7.example"',
    '["karin-ek", "omar-said"]': '["omar-said", "karin-ek"]',
}


def site_file(folder: Path, changes: Mapping[str, str]) -> Path:
    text = SITE
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "site.toml"
    path.write_text(text, "utf-8")
    return path


def access(url: str) -> list[AccessRow]:
    database = Database(url)
    with database.read() as session:
        rows = list(session.scalars(select(AccessRow)))
    database.close()
    return rows


def test_a_dry_run_says_all_that_differs_and_changes_nothing(
    floorwatch: Command, pager: Pager, tmp_path: Path
) -> None:
    file = site_file(tmp_path, CHANGES)
    ran = floorwatch(
        "people", "sync", file, "--database", pager.database_url, "--json", tmp_path / "said"
    )
    assert (ran.status, ran.err) == (0, "")
    rows = [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in ran.out.splitlines()
        if line.startswith("│")
    ]
    assert rows == [
        ["gustav-dahl", "remove", "name", "Gustav Dahl", "–"],
        ["", "", "roles", "site-manager", "–"],
        ["", "", "email", "gustav.dahl@hall7.example", "–"],
        ["ines-falk", "change", "email", "ines.falk@hall7.example", "ines@hall7.example"],
        ["lea-otto", "add", "name", "–", "Lea Otto"],
        ["", "", "roles", "–", "site-manager"],
        ["", "", "phone", "–", "+46700002009"],
        ["duty ehs", "change", "people", "karin-ek, omar-said", "omar-said, karin-ek"],
    ]
    assert "nothing was changed" in ran.out
    answer = json.loads((tmp_path / "said").read_text())
    assert answer["applied"] is False
    assert answer["differences"][1] == {
        "about": "person",
        "id": "ines-falk",
        "act": "change",
        "fields": {"email": {"database": "ines.falk@hall7.example", "file": "ines@hall7.example"}},
    }
    assert (tmp_path / "said").stat().st_mode & 0o077 == 0
    with pager.parts.database.read() as session:
        assert roster_of_database(session) == roster_of_site(pager.site)
    assert access(pager.database_url) == []


def test_applied_the_file_counts_and_the_record_says_who_did_it(
    floorwatch: Command, pager: Pager, tmp_path: Path
) -> None:
    file = site_file(tmp_path, CHANGES)
    told = ("people", "sync", file, "--database", pager.database_url)
    ran = floorwatch(*told, "--apply", "--as", "karin-ek")
    assert (ran.status, ran.err) == (0, "")
    with pager.parts.database.read() as session:
        assert roster_of_database(session) == roster_of_site(parse(file.read_text()))
    (row,) = access(pager.database_url)
    assert (row.who, row.what) == ("karin-ek", "people-sync")
    acts = [(each["id"], each["act"]) for each in row.details["changes"]]
    assert acts == [
        ("gustav-dahl", "remove"), ("ines-falk", "change"), ("lea-otto", "add"), ("ehs", "change"),
    ]  # fmt: skip
    assert "hall7.example" not in str(row.details)  # whose address, not which
    again = floorwatch(*told, "--apply")
    assert "has the people and duties of the site file" in again.out
    assert len(access(pager.database_url)) == 1


def test_without_a_name_the_record_has_the_systems_user(
    floorwatch: Command, pager: Pager, tmp_path: Path
) -> None:
    file = site_file(tmp_path, CHANGES)
    floorwatch("people", "sync", file, "--database", pager.database_url, "--apply")
    assert [row.who for row in access(pager.database_url)] == [f"os:{getpass.getuser()}"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        pytest.param(("--as", "karin"), 'did you mean "karin-ek"?', id="nobody of that name"),
        pytest.param(("--database", "none.db"), "no database is at", id="no database"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    floorwatch: Command, pager: Pager, tmp_path: Path, told: tuple[str, ...], said: str
) -> None:
    file = site_file(tmp_path, CHANGES)
    ran = floorwatch("people", "sync", file, "--database", pager.database_url, "--apply", *told)
    assert ran.status == 2
    assert said in ran.err
    assert access(pager.database_url) == []


def test_who_left_is_called_no_more_and_still_has_a_name(
    floorwatch: Command, pager: Pager, tmp_path: Path
) -> None:
    pager.detect("fall", lone=True)
    pager.expect_pages("SEV1 karin-ek", "SEV1 ines-falk")
    text = {
        '["karin-ek", "omar-said"]': '["omar-said"]',
        SITE[SITE.index('[[person]]\nid = "karin-ek"') : SITE.index('[[person]]\nid = "omar')]: "",
    }
    file = site_file(tmp_path, text)
    assert floorwatch("people", "sync", file, "--database", pager.database_url, "--apply").err == ""
    assert {page.person_name for page in pager.view().pages} == {"Karin Ek", "Ines Falk"}
    with pager.parts.database.read() as session:
        assert person_name(session, "karin-ek") == "Karin Ek"
        assert contact(session, "karin-ek") is None
        assert "karin-ek" not in everybody(session)
        with pytest.raises(UnknownError, match="not a person of this site any more"):
            require_person(session, "karin-ek")
        assert list(session.scalars(select(ContactRow).filter_by(person="karin-ek"))) == []
        assert [row.person for row in session.scalars(select(OnCallRow))] == ["omar-said"]
    pager.detect("fall", "belt-12", onset_s=-1)
    pager.expect_pages("SEV2 omar-said", "SEV2 ines-falk")


def test_who_left_is_not_brought_back_by_a_start_and_comes_back_by_a_sync(
    floorwatch: Command, pager: Pager, tmp_path: Path
) -> None:
    without = site_file(tmp_path, {GUSTAV: LEA})
    told = ("people", "sync", without, "--database", pager.database_url, "--apply")
    assert floorwatch(*told).status == 0
    pager.another()  # a start with the old file, which has him
    with pager.parts.database.read() as session:
        assert contact(session, "gustav-dahl") is None
    site_file(tmp_path, {})
    assert floorwatch(*told).status == 0
    with pager.parts.database.read() as session:
        back = contact(session, "gustav-dahl")
        assert roster_of_database(session) == roster_of_site(pager.site)
    assert back is not None
    assert back.email == "gustav.dahl@hall7.example"


OTHER_STEP = {'to = ["role:site-manager"]': 'to = ["role:supervisor"]'}
NO_MANAGER = {GUSTAV: "", **OTHER_STEP}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            NO_MANAGER,
            '[[escalation]] "SEV1" step 2 (role:site-manager) would reach nobody: now it has '
            "gustav-dahl",
            id="the last of a step leaves",
        ),
        pytest.param(
            {'roles = ["site-manager"]': 'roles = ["supervisor"]', **OTHER_STEP},
            '[[escalation]] "SEV1" step 2 (role:site-manager) would reach nobody',
            id="the last of a step gets another role",
        ),
    ],
)  # fmt: skip
def test_nobody_is_taken_from_a_ladder_that_the_backend_still_climbs(
    floorwatch: Command, pager: Pager, tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    file = site_file(tmp_path, changes)
    told: tuple[Any, ...] = ("people", "sync", file, "--database", pager.database_url)
    assert f"--apply would be refused: {said}" in " ".join(floorwatch(*told).out.split())
    ran = floorwatch(*told, "--apply")
    assert ran.status == 1
    assert said in ran.err
    assert "Start the backend with the new site file first" in ran.err
    with pager.parts.database.read() as session:
        assert roster_of_database(session) == roster_of_site(pager.site)
    assert access(pager.database_url) == []
    assert floorwatch(*told, "--apply", "--force").status == 0
    (row,) = access(pager.database_url)
    assert row.details["forced"] is True


def test_an_address_that_the_only_channel_needs_is_not_taken_away(
    floorwatch: Command, sqlite_url: str, tmp_path: Path
) -> None:
    mail = {'kind = "console"': SMTP}
    pager = Pager(sqlite_url, site=parse(site_file(tmp_path, mail).read_text()))
    pager.close()
    changes = {'email = "gustav.dahl@hall7.example"': "", **mail, **OTHER_STEP}
    file = site_file(tmp_path, changes)
    ran = floorwatch("people", "sync", file, "--database", sqlite_url, "--apply")
    assert ran.status == 1
    assert '"SEV2" step 2 (role:site-manager) would reach nobody: now it has gustav' in ran.err


def test_once_the_backend_climbs_the_new_ladder_nothing_is_in_the_way(
    floorwatch: Command, pager: Pager, tmp_path: Path
) -> None:
    file = site_file(tmp_path, NO_MANAGER)
    pager.now_ns += 1
    pager.site = parse(file.read_text())
    pager.another()
    told = ("people", "sync", file, "--database", pager.database_url, "--apply")
    assert floorwatch(*told).status == 0

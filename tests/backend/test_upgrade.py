"""Databases of every earlier revision, with incidents in every state: nothing open is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import text

from backend.database.connection import Database
from backend.database.migrate import migrate
from contract.instants import ns
from contract.severity import Facts, assess
from contract.site import Site
from tests.support.pages import START_NS, Pager, paging_site

pytestmark = pytest.mark.slow

RELEASED = ("0001", "0002", "0003")
"""Revisions of the releases that knew no deadlines: their rows are written as they wrote them."""
LATER = ("0004", "0005", "0006", "0007", "0008", "0009", "0010")
"""Revisions since: what an older one had left has been brought to it, and lives there."""
LONG_AGO_NS = START_NS - ns(7200)


def ladder(site: Site, tier: str) -> dict[str, Any]:
    policy = next((each for each in site.escalation if each.severity == tier), None)
    return policy.model_dump(mode="json") if policy else {"steps": [], "repeat": 0}


STATES: Mapping[str, Mapping[str, Any]] = {
    "first rung paged": {"step": 1, "next_step_ns": START_NS + ns(30)},
    "second rung paged": {"step": 0, "climbs": 1, "next_step_ns": START_NS + ns(30)},
    "ladder exhausted": {"step": 0, "climbs": 1, "next_step_ns": None},
    "held": {"held": True, "next_step_ns": START_NS + ns(15)},
    "asked": {
        "step": 1,
        "asked_ns": START_NS - ns(20),
        "asking_until_ns": START_NS + ns(40),
        "next_step_ns": START_NS + ns(100),
    },
    "acknowledged": {
        "status": "acknowledged",
        "acknowledged_by": "karin-ek",
        "acknowledged_ns": LONG_AGO_NS,
        "next_step_ns": None,
    },
    "cancelled and acknowledged": {
        "status": "acknowledged",
        "acknowledged_by": "karin-ek",
        "acknowledged_ns": LONG_AGO_NS,
        "answered_ns": LONG_AGO_NS,
        "next_step_ns": None,
        "severity": "SEV3",
    },
    "SEV4 in the digest": {"severity": "SEV4", "next_step_ns": None},
    "resolved": {"status": "resolved", "resolved_by": "karin-ek", "resolved_ns": LONG_AGO_NS},
}


def insert(database: Database, site: Site, number: int, state: Mapping[str, Any]) -> None:
    tier = state.get("severity", "SEV2")
    facts = Facts(kind="fall", cancelled=state.get("answered_ns") is not None)
    row: dict[str, Any] = {
        "id": number,
        "site": site.id,
        "kind": "fall",
        "subject": "person:o-lund",
        "person": "o-lund",
        "device": "belt-12",
        "zone": "press-line",
        "onset_ns": LONG_AGO_NS + number,
        "decided_ns": LONG_AGO_NS + number,
        "newest_ns": LONG_AGO_NS + number,
        "opened_ns": LONG_AGO_NS + number,
        "confidence": 0.9,
        "reason": "fall on belt-12",
        "numbers": "{}",
        "facts": facts.model_dump_json(),
        "assessment": assess(facts).model_dump_json(),
        "exercise": False,
        "status": "open",
        "severity": tier,
        "overruled": "[]",
        "ladder": json.dumps(ladder(site, tier)),
        "step": 0,
        "round": 1,
        "climbs": 0,
        "tier_since_ns": LONG_AGO_NS,
        "next_step_ns": None,
        "held": False,
        "entries": 0,
        **state,
    }
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with database.write() as session:
        session.execute(text(f"INSERT INTO incident ({columns}) VALUES ({values})"), row)
        if database.dialect == "postgresql":
            session.execute(text("SELECT setval('incident_id_seq', :n)"), {"n": number})


@pytest.fixture(params=(*RELEASED, *(pytest.param(each, marks=pytest.mark.long) for each in LATER)))
def upgraded(request: pytest.FixtureRequest, database_url: str) -> Iterator[Pager]:
    """A backend on a database that an older one left, a row a state."""
    database = Database(database_url)
    migrate(database, min(request.param, RELEASED[-1]))
    site = paging_site()
    for number, state in enumerate(STATES.values(), start=1):
        insert(database, site, number, state)
    migrate(database, request.param)
    database.close()
    pager = Pager(database_url, site=site)
    yield pager
    pager.close()


def test_everything_that_is_open_gets_an_instant_and_people_are_called(upgraded: Pager) -> None:
    numbers = {name: n for n, name in enumerate(STATES, start=1)}
    with upgraded.parts.database.read() as session:
        states = session.execute(
            text("SELECT id, escalation, check_call, status, next_ns FROM incident ORDER BY id")
        ).all()
    found = {row.id: row for row in states}
    expected = {
        "first rung paged": ("climbing", "none"),
        "second rung paged": ("climbing", "none"),
        "ladder exhausted": ("climbing", "none"),
        "held": ("held", "none"),
        "asked": ("climbing", "asking"),
        "acknowledged": ("leased", "none"),
        "cancelled and acknowledged": ("leased", "answered"),
        "SEV4 in the digest": ("digest", "none"),
        "resolved": ("over", "none"),
    }
    assert {n: (found[i].escalation, found[i].check_call) for n, i in numbers.items()} == expected
    for name, number in numbers.items():
        assert name == "resolved" or found[number].next_ns > 0
    # One page lists what waited for nothing.
    upgraded.fast_forward(1)
    listed = upgraded.expect_pages("SEV3 ines-falk")
    assert "An older version left 3 open, and nobody was to be called" in listed[0].summary
    upgraded.fast_forward(2 * 3600, tick_s=15)
    called = {page.incident for page in upgraded.inbox.empty() if page.kind != "left_open"}
    quiet = {numbers["SEV4 in the digest"], numbers["resolved"]}
    assert called == set(numbers.values()) - quiet


def test_what_was_left_open_is_spread_over_an_hour(database_url: str) -> None:
    database = Database(database_url)
    migrate(database, "0003")
    site = paging_site()
    for number in range(1, 41):
        insert(database, site, number, STATES["ladder exhausted"])
    database.close()
    pager = Pager(database_url, site=site)
    worst = 0
    for _ in range(70):
        pager.fast_forward(60, tick_s=60)
        new = {page.incident for page in pager.inbox.empty() if page.purpose == "call"}
        worst = max(worst, len(new))
    assert worst <= 4
    pager.close()


SINCE: Mapping[str, Mapping[str, Any]] = {
    "climbing": {"escalation": "climbing", "step": 1},
    "last_resort": {"escalation": "last_resort", "climbs": 2},
    "leased": {"escalation": "leased", "status": "acknowledged"},
    "asked": {"escalation": "asked", "status": "acknowledged", "lease": 2},
    "there": {"escalation": "leased", "status": "on_scene", "on_scene_ns": LONG_AGO_NS},
    "held": {"escalation": "held", "asking_until_ns": START_NS + ns(40), "check_call": "asking"},
}
"""What an incident of a revision since may wait for."""


@pytest.mark.parametrize("revision", LATER)
def test_what_waited_goes_on_when_it_would_have(database_url: str, revision: str) -> None:
    database = Database(database_url)
    migrate(database, RELEASED[-1])
    site = paging_site()
    for number, _ in enumerate(SINCE, start=1):
        insert(database, site, number, {"next_step_ns": START_NS + ns(30)})
    migrate(database, revision)
    with database.write() as session:
        for number, state in enumerate(SINCE.values(), start=1):
            row = {"next_ns": START_NS + ns(30), "next_set_ns": START_NS, **state}
            if row.get("status"):
                row |= {"acknowledged_by": "karin-ek", "acknowledged_ns": LONG_AGO_NS}
            values = ", ".join(f"{name} = :{name}" for name in row)
            session.execute(
                text(f"UPDATE incident SET {values} WHERE id = :n"), row | {"n": number}
            )
    database.close()
    pager = Pager(database_url, site=site)
    pager.fast_forward(29)
    pager.expect_pages()
    pager.fast_forward(2)
    called = {page.incident for page in pager.inbox.empty()}
    assert called == set(range(1, len(SINCE) + 1))
    pager.close()


def test_starting_again_changes_nothing(upgraded: Pager) -> None:
    before = [upgraded.view(n).next_step_ns for n in range(1, 5)]
    upgraded.now_ns += ns(5)
    upgraded.another()
    assert [upgraded.view(n).next_step_ns for n in range(1, 5)] == before
    upgraded.inbox.empty()

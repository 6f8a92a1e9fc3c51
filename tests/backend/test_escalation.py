"""Who is paged when, and what happens when they cannot be reached."""

from __future__ import annotations

import pytest

from backend.database.tables import OnCallRow, PersonRow
from backend.errors import IllegalTransitionError
from contract.instants import ns
from tests.support.pages import Pager, paging_site

FIRST = ("SEV2 karin-ek", "SEV2 ines-falk")


def test_nobody_answers_and_the_next_person_is_paged(pager: Pager) -> None:
    pager.detect("sos")
    pager.expect_pages("SEV1 karin-ek", "SEV1 ines-falk")
    pager.fast_forward(59)
    pager.expect_pages()
    pager.fast_forward(1)
    pager.expect_pages("SEV1 gustav-dahl")
    pager.fast_forward(60)
    # The second climb calls the next of the duty's list as well.
    pager.expect_pages("SEV1 karin-ek", "SEV1 omar-said", "SEV1 ines-falk")
    pager.fast_forward(60)
    pager.expect_pages("SEV1 gustav-dahl")
    pager.fast_forward(59)
    pager.expect_pages()
    pager.fast_forward(1)
    # The ladder has ended: everybody who has a role is called, one a second.
    assert "exhausted" in pager.timeline()
    pager.expect_pages("SEV1 gustav-dahl")
    pager.fast_forward(3)
    pager.expect_pages("SEV1 ines-falk", "SEV1 karin-ek", "SEV1 omar-said")


def test_each_rung_waits_its_own_time(database_url: str) -> None:
    """Two rungs and a second climb, and each of the times is another."""
    rungs = {
        'repeat = 1\nsteps = [\n  { to = ["on-call:ehs", "role:first-aider"], wait_s = 60 }': (
            'repeat = 1\nsteps = [\n  { to = ["on-call:ehs", "role:first-aider"], wait_s = 40 }'
        ),
        'site-manager"], wait_s = 60 }': 'site-manager"], wait_s = 90 }',
    }
    pager = Pager(database_url, site=paging_site(**rungs))
    pager.detect("sos")
    pager.expect_pages("SEV1 karin-ek", "SEV1 ines-falk")
    for wait_s, called in (
        (40, ("gustav-dahl",)),
        (90, ("karin-ek", "omar-said", "ines-falk")),
        (40, ("gustav-dahl",)),
        (90, ("gustav-dahl",)),  # the first of everybody
    ):
        pager.fast_forward(wait_s - 1)
        pager.expect_pages()
        pager.fast_forward(1)
        pager.expect_pages(*(f"SEV1 {who}" for who in called))
    pager.close()


def test_the_last_resort_never_ends_and_gets_slower(pager: Pager) -> None:
    pager.detect("sos")
    pager.fast_forward(60 * 4 + 3)
    pager.inbox.empty()
    everybody = [f"SEV1 {who}" for who in ("gustav-dahl", "ines-falk", "karin-ek", "omar-said")]
    for wait_s in (120, 240, 480, 900, 900, 900):
        pager.fast_forward(wait_s - 4)
        pager.expect_pages()
        pager.fast_forward(4)
        pager.expect_pages(*everybody)


def test_the_last_resort_names_the_danger_and_not_the_person(pager: Pager) -> None:
    pager.detect("sos", zone="robot-cell", hazard="A")
    pager.fast_forward(60 * 4 + 3)
    last = next(p for p in pager.inbox.empty() if p.purpose == "last_resort")
    assert last.summary == (
        "SEV1: somebody needs help, B4 Robot cell (immediate danger there, do not go in "
        "uncleared). Nobody has answered"
    )
    assert last.text.startswith(last.summary + "\nIf you can go, acknowledge: http")
    assert (last.person, last.kind) == (None, "help_needed")
    assert "Mira" not in last.model_dump_json()


def test_acknowledging_stops_the_calls_for_as_long_as_it_holds(pager: Pager) -> None:
    pager.detect("sos")
    pager.expect_pages("SEV1 karin-ek", "SEV1 ines-falk")
    view = pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")
    assert (view.status, view.acknowledged_by, view.next_step_ns) == (
        "acknowledged",
        "karin-ek",
        None,
    )
    assert view.lease_until_ns == pager.now_ns + ns(240)
    pager.fast_forward(239)
    pager.expect_pages()


def test_acknowledging_withdraws_what_has_not_gone_out(pager: Pager) -> None:
    pager.inbox.breaks("ines-falk", permanent=False)
    pager.detect("fall", "belt-12")
    pager.expect_pages("SEV2 karin-ek")
    pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")
    pager.inbox.mends()
    pager.fast_forward(60)
    assert {page.person: page.status for page in pager.view().pages} == {
        "karin-ek": "sent",
        "ines-falk": "withdrawn",
    }


def test_giving_it_back_pages_from_the_top(pager: Pager) -> None:
    pager.detect("fall", "belt-12")
    pager.expect_pages(*FIRST)
    pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")
    pager.parts.acknowledger.unacknowledge(1, "karin-ek", "I am at another site")
    pager.fast_forward(1)
    pager.expect_pages(*FIRST)


def test_a_resolved_incident_pages_nobody_until_it_is_reopened(pager: Pager) -> None:
    pager.detect("fall", "belt-12")
    pager.expect_pages(*FIRST)
    pager.parts.acknowledger.resolve(1, "karin-ek", "Slipped, unhurt")
    pager.fast_forward(600, tick_s=10)
    with pytest.raises(IllegalTransitionError, match="cannot acknowledge"):
        pager.parts.acknowledger.acknowledge(1, "ines-falk", "api", "tap-2")
    pager.parts.acknowledger.reopen(1, "karin-ek", "She feels dizzy")
    pager.fast_forward(1)
    pager.expect_pages(*FIRST)


def test_a_temporary_failure_is_tried_again_sooner_than_the_lease(pager: Pager) -> None:
    pager.inbox.breaks("karin-ek", permanent=False)
    pager.detect("fall", "belt-12")
    pager.expect_pages("SEV2 ines-falk")
    pager.fast_forward(100)
    pager.inbox.mends()
    pager.fast_forward(30)
    pager.expect_pages("SEV2 karin-ek")


def test_a_step_that_fails_for_good_gives_way_to_the_next_at_once(pager: Pager) -> None:
    pager.inbox.breaks("karin-ek", permanent=True)
    pager.inbox.breaks("ines-falk", permanent=True)
    pager.detect("fall", "belt-12")
    pager.expect_pages("SEV2 gustav-dahl")
    assert "step-failed" in pager.timeline()


def test_one_reached_is_enough_to_wait(pager: Pager) -> None:
    pager.inbox.breaks("karin-ek", permanent=True)
    pager.detect("fall", "belt-12")
    pager.expect_pages("SEV2 ines-falk")
    pager.fast_forward(179)
    pager.expect_pages()
    pager.fast_forward(1)
    pager.expect_pages("SEV2 gustav-dahl")


def test_a_fault_in_a_channel_never_stops_the_engine(pager: Pager) -> None:
    pager.inbox.explodes("karin-ek")
    pager.detect("fall", "belt-12")
    pager.expect_pages("SEV2 ines-falk")
    pager.inbox.mends()
    pager.fast_forward(5)
    pager.expect_pages("SEV2 karin-ek")


def test_a_step_that_has_come_to_reach_nobody_gives_way_and_says_so(database_url: str) -> None:
    site = paging_site()
    pager = Pager(database_url, site=site)
    with pager.parts.database.write() as session:
        session.query(OnCallRow).delete()
        session.get_one(PersonRow, "ines-falk").roles = []
    pager.detect("fall", "belt-12")
    pager.expect_pages("SEV2 gustav-dahl")
    assert "nobody" in pager.timeline()
    pager.close()


def test_the_ladder_of_an_open_incident_is_the_one_it_began_with(database_url: str) -> None:
    pager = Pager(database_url)
    pager.detect("fall", "belt-12")
    pager.expect_pages(*FIRST)
    pager.site = paging_site(**{"wait_s = 180": "wait_s = 9"})
    pager.parts = pager.another()
    pager.fast_forward(179)
    pager.expect_pages()
    pager.fast_forward(1)
    pager.expect_pages("SEV2 gustav-dahl")
    pager.close()


def test_the_page_says_what_happened_to_whom_where_and_when(pager: Pager) -> None:
    pager.detect("fall")
    page = pager.expect_pages(*FIRST)[0]
    assert page.summary == "SEV2: Fall, Mira Keller, B3 Press line, 03:59:57"
    assert page.acknowledge_url.startswith("http://floorwatch.example/a/")
    assert page.acknowledge_url in page.text


def test_the_view_names_who_is_next(pager: Pager) -> None:
    pager.detect("sos")
    pager.inbox.empty()
    view = pager.view()
    assert view.next_people == ("Gustav Dahl",)
    assert view.next_step_ns == pager.now_ns + 60_000_000_000

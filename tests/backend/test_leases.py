"""An answer holds for a while: then whoever gave it is asked, and passed over if silent."""

from __future__ import annotations

import pytest

from backend.database.tables import PersonRow
from backend.errors import IllegalTransitionError
from backend.incidents.call_answers import Answer, Via
from contract.instants import ns
from tests.support.pages import Pager, paging_site

FIRST = ("SEV1 karin-ek", "SEV1 ines-falk")


@pytest.fixture
def sos(pager: Pager) -> Pager:
    """A SEV1 that has paged its first rung."""
    pager.detect("sos")
    pager.expect_pages(*FIRST)
    return pager


def answer(
    pager: Pager, what: Answer, who: str = "karin-ek", key: str = "tap-1", via: Via = "link"
) -> None:
    pager.parts.acknowledger.answer(1, who, what, via, key)


def test_whoever_took_it_is_asked_and_passed_over(sos: Pager) -> None:
    answer(sos, Answer.ACKNOWLEDGE)
    sos.fast_forward(239)
    sos.expect_pages()
    sos.fast_forward(1)
    asked = sos.expect_pages("SEV1 karin-ek")
    assert asked[0].summary.startswith("SEV1: are you on scene? Help called for, Mira Keller")
    assert sos.view().holder_asked
    sos.fast_forward(59)
    sos.expect_pages()
    sos.fast_forward(1)
    sos.expect_pages("SEV1 gustav-dahl")
    view = sos.view()
    assert (view.status, view.acknowledged_by) == ("open", None)
    assert "passed-over" in sos.timeline()


SEV1_LADDER = """steps = [
  { to = ["on-call:ehs", "role:first-aider"], wait_s = 60 },
  { to = ["role:site-manager"], wait_s = 60 },
]"""


@pytest.mark.parametrize(
    ("to", "whose", "then"),
    [
        pytest.param(
            "on-call:ehs",
            "karin-ek",
            ["omar-said", "karin-ek"],
            id="the next of the same duty, before whoever was silent",
        ),
        pytest.param(
            "role:site-manager",
            "gustav-dahl",
            ["gustav-dahl", "ines-falk", "karin-ek", "omar-said"],
            id="everybody, where the ladder has nobody else",
        ),
    ],
)
def test_never_is_whoever_was_passed_over_called_alone(
    sqlite_url: str, to: str, whose: str, then: list[str]
) -> None:
    one_rung = f'steps = [{{ to = ["{to}"], wait_s = 60 }}]'
    pager = Pager(sqlite_url, site=paging_site(**{SEV1_LADDER: one_rung}))
    pager.detect("sos")
    pager.expect_pages(f"SEV1 {whose}")
    answer(pager, Answer.ACKNOWLEDGE, whose)
    pager.fast_forward(240)
    pager.expect_pages(f"SEV1 {whose}")
    pager.fast_forward(60)
    first = min(pager.inbox.taken(), key=lambda page: page.id)
    pager.fast_forward(59)  # the last resort calls one after the other
    assert {page.to.person for page in pager.inbox.empty()} == set(then)
    assert first.to.person == then[0]
    pager.close()


@pytest.mark.parametrize(
    ("tier", "kind", "device", "asked_s", "silent_s", "then"),
    [
        pytest.param("SEV1", "sos", "belt-03", 240, 60, "gustav-dahl", id="SEV1: 4 min and 60 s"),
        pytest.param("SEV2", "fall", "belt-12", 900, 180, "gustav-dahl", id="SEV2: 15 and 3 min"),
        pytest.param("SEV3", "impact", "belt-12", 3600, 900, "", id="SEV3: 1 h and 15 min"),
    ],
)
def test_how_long_an_acknowledgement_holds(
    pager: Pager, tier: str, kind: str, device: str, asked_s: float, silent_s: float, then: str
) -> None:
    pager.detect(kind, device)
    pager.inbox.empty()
    answer(pager, Answer.ACKNOWLEDGE, "ines-falk")
    pager.fast_forward(asked_s - 1, tick_s=20)
    pager.expect_pages()
    pager.fast_forward(1)
    pager.expect_pages(f"{tier} ines-falk")
    pager.fast_forward(silent_s - 1, tick_s=20)
    pager.expect_pages()
    pager.fast_forward(1)
    pager.expect_pages(f"{tier} {then or 'ines-falk'}")


@pytest.mark.parametrize(
    ("kind", "device", "again_s"),
    [
        pytest.param("sos", "belt-03", 1800, id="SEV1"),
        pytest.param("fall", "belt-12", 3600, id="SEV2"),
    ],
)
def test_on_scene_is_asked_about_again(
    pager: Pager, kind: str, device: str, again_s: float
) -> None:
    pager.detect(kind, device)
    pager.inbox.empty()
    answer(pager, Answer.ON_SCENE, "ines-falk")
    assert pager.view().status == "on_scene"
    pager.fast_forward(again_s - 1, tick_s=20)
    pager.expect_pages()
    pager.fast_forward(1)
    tier = pager.view().severity
    pager.expect_pages(f"{tier} ines-falk")
    answer(pager, Answer.ON_SCENE, "ines-falk")  # the same link, a new question
    pager.fast_forward(again_s - 1, tick_s=20)
    pager.expect_pages()


def test_the_same_link_answers_each_new_question(sos: Pager) -> None:
    """A used key that answered 200 and did nothing let a person lie there."""
    answer(sos, Answer.ACKNOWLEDGE)
    for _ in range(3):
        sos.fast_forward(240)
        sos.expect_pages("SEV1 karin-ek")
        answer(sos, Answer.ACKNOWLEDGE)
        assert not sos.view().holder_asked
    assert sos.timeline().count("acknowledged") == 4


def test_a_copy_of_an_answer_changes_nothing(sos: Pager) -> None:
    answer(sos, Answer.ACKNOWLEDGE)
    until_ns = sos.view().lease_until_ns
    sos.fast_forward(100)
    answer(sos, Answer.ACKNOWLEDGE)
    assert sos.view().lease_until_ns == until_ns
    assert sos.timeline().count("acknowledged") == 1


def test_one_person_cannot_spend_anothers_key(sos: Pager) -> None:
    answer(sos, Answer.CANNOT, "ines-falk", key="shared")
    answer(sos, Answer.ACKNOWLEDGE, "karin-ek", key="shared")
    assert sos.view().acknowledged_by == "karin-ek"


def test_a_link_that_was_used_before_it_was_given_back_takes_it_again(sos: Pager) -> None:
    answer(sos, Answer.ACKNOWLEDGE)
    answer(sos, Answer.GIVE_BACK)
    sos.fast_forward(1)
    sos.expect_pages(*FIRST)
    answer(sos, Answer.ACKNOWLEDGE)
    assert (sos.view().status, sos.view().acknowledged_by) == ("acknowledged", "karin-ek")


def test_who_comes_second_is_noted_until_the_first_was_asked(sos: Pager) -> None:
    answer(sos, Answer.ACKNOWLEDGE)
    answer(sos, Answer.ACKNOWLEDGE, "ines-falk", key="tap-2")
    assert sos.view().acknowledged_by == "karin-ek"
    with pytest.raises(IllegalTransitionError, match="already acknowledged by Karin Ek"):
        answer(sos, Answer.ACKNOWLEDGE, "omar-said", key="tap-3", via="api")
    sos.fast_forward(240)
    sos.expect_pages("SEV1 karin-ek")
    answer(sos, Answer.ACKNOWLEDGE, "ines-falk", key="tap-4")
    view = sos.view()
    assert (view.acknowledged_by, view.lease_until_ns) == ("ines-falk", sos.now_ns + ns(240))


def test_who_is_on_scene_has_it(sos: Pager) -> None:
    answer(sos, Answer.ACKNOWLEDGE)
    answer(sos, Answer.ON_SCENE, "ines-falk", key="tap-2")
    view = sos.view()
    assert (view.status, view.acknowledged_by) == ("on_scene", "ines-falk")


def test_cannot_stops_ones_own_pages_and_no_others(sos: Pager) -> None:
    answer(sos, Answer.CANNOT)
    sos.fast_forward(59)
    sos.expect_pages()
    sos.fast_forward(1)
    sos.expect_pages("SEV1 gustav-dahl")
    sos.fast_forward(60)
    # The second climb: Karin Ek cannot, the next of her duty is called instead.
    sos.expect_pages("SEV1 omar-said", "SEV1 ines-falk")


def test_when_everybody_on_a_rung_cannot_the_next_is_called_at_once(sos: Pager) -> None:
    answer(sos, Answer.CANNOT)
    answer(sos, Answer.CANNOT, "ines-falk")
    sos.fast_forward(1)
    sos.expect_pages("SEV1 gustav-dahl")


def test_who_has_it_and_cannot_frees_it_at_once(sos: Pager) -> None:
    answer(sos, Answer.ACKNOWLEDGE)
    answer(sos, Answer.CANNOT, key="tap-2")
    sos.fast_forward(1)
    sos.expect_pages("SEV1 gustav-dahl")
    assert sos.view().status == "open"


def test_who_could_not_is_called_by_the_last_resort_all_the_same(sos: Pager) -> None:
    for who in ("karin-ek", "ines-falk", "gustav-dahl", "omar-said"):
        answer(sos, Answer.CANNOT, who)
    sos.fast_forward(4)
    sos.expect_pages(*(f"SEV1 {w}" for w in ("gustav-dahl", "ines-falk", "karin-ek", "omar-said")))


def test_joining_what_somebody_has_begins_their_time_anew(pager: Pager) -> None:
    pager.detect("fall", "belt-12")
    pager.inbox.empty()
    answer(pager, Answer.ACKNOWLEDGE)
    pager.fast_forward(5)
    pager.detect("fall", "belt-12", onset_s=-2)
    assert pager.view().lease_until_ns == pager.now_ns + ns(900)


def test_everybody_left_and_the_channels_that_need_no_address_are_used(pager: Pager) -> None:
    pager.detect("sos")
    pager.expect_pages(*FIRST)
    with pager.parts.database.write() as session:
        for row in session.query(PersonRow):
            row.roles = []
    with pager.parts.database.write() as session:
        for table in ("contact", "on_call", "person"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    pager.fast_forward(60)
    pager.expect_pages("SEV1 anybody")
    pager.fast_forward(120)
    pager.expect_pages("SEV1 anybody")


def test_sev3_begins_again_each_hour_and_calls_no_last_resort(pager: Pager) -> None:
    pager.detect("impact", "belt-12")
    pager.expect_pages("SEV3 ines-falk")
    pager.fast_forward(900 + 3600 - 20, tick_s=20)
    pager.expect_pages()
    pager.fast_forward(20)
    pager.expect_pages("SEV3 ines-falk")


def test_an_exercise_ends_by_itself_and_never_calls_everybody(pager: Pager) -> None:
    pager.detect("sos", exercise=True)
    pager.fast_forward(240)
    assert {page.purpose for page in pager.inbox.empty()} == {"call"}
    view = pager.view()
    assert (view.status, view.timeline[-1].text) == ("resolved", "The exercise has ended by itself")


def test_an_exercise_that_somebody_took_ends_within_the_hour(pager: Pager) -> None:
    pager.detect("sos", exercise=True)
    pager.inbox.empty()
    answer(pager, Answer.ON_SCENE)
    pager.fast_forward(3600, tick_s=20)
    pager.inbox.empty()
    assert pager.view().status == "resolved"


@pytest.mark.parametrize("before", [None, Answer.ACKNOWLEDGE, Answer.ON_SCENE])
def test_a_real_event_makes_an_exercise_real_and_all_who_were_called_are_told(
    pager: Pager, before: Answer | None
) -> None:
    pager.detect("fall", "belt-12", exercise=True)
    pager.inbox.empty()
    if before is not None:
        answer(pager, before, "ines-falk")
    pager.fast_forward(2)
    pager.detect("fall", "belt-12", onset_s=-4)
    told = pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")
    assert {page.purpose for page in told} == {"real"}
    assert all("NOT an exercise any more" in page.summary for page in told)
    view = pager.view()
    assert (view.status, view.exercise) == ("open", False)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(False, True, id="an exercise joins a real fall"),
        pytest.param(False, False, id="a real one joins a real one"),
        pytest.param(True, True, id="an exercise joins an exercise"),
    ],
)
def test_what_an_incident_was_it_stays_and_nobody_is_called_anew(
    pager: Pager, first: bool, second: bool
) -> None:
    pager.detect("fall", "belt-12", exercise=first)
    pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")
    pager.fast_forward(2)
    assert pager.detect("fall", "belt-12", onset_s=-4, exercise=second).incident == 1
    pager.expect_pages()
    assert pager.view().exercise is first
    assert "real" not in pager.timeline()
    pager.fast_forward(178)
    pager.expect_pages("SEV2 gustav-dahl")


def test_what_the_site_says_of_times_counts(database_url: str) -> None:
    times = "[response]\nSEV1 = { on_scene_s = 100, acknowledge_s = 30, ask_again_s = 200 }\n\n"
    site = paging_site(**{'[[channel]]\nkind = "console"': times + '[[channel]]\nkind = "console"'})
    pager = Pager(database_url, site=site)
    pager.detect("sos")
    pager.inbox.empty()
    answer(pager, Answer.ACKNOWLEDGE)
    pager.fast_forward(100)
    pager.expect_pages("SEV1 karin-ek")
    pager.fast_forward(30)
    pager.expect_pages("SEV1 gustav-dahl")
    pager.close()


def test_a_link_of_the_last_resort_shows_more_once_it_was_taken(sos: Pager) -> None:
    sos.fast_forward(60 * 4 + 3)
    (call,) = (
        p for p in sos.inbox.empty() if p.purpose == "last_resort" and p.to.person == "omar-said"
    )
    token = call.acknowledge_url.rpartition("/")[2]
    assert sos.parts.links.open(token).discreet
    answer(sos, Answer.CANNOT, "omar-said")
    assert sos.parts.links.open(token).discreet
    answer(sos, Answer.ACKNOWLEDGE, "omar-said")
    assert not sos.parts.links.open(token).discreet

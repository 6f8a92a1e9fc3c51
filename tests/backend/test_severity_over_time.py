"""A tier over time: silence raises it, the wearer's word lowers it, a named human decides."""

from __future__ import annotations

from typing import Any

import pytest

from backend.errors import IllegalTransitionError, UnknownError
from backend.incidents.call_answers import Answer
from contract.severity import Severity
from tests.support.pages import Pager

FIRST = ("karin-ek", "ines-falk")


def sev(tier: int, *people: str) -> list[str]:
    return [f"SEV{tier} {person}" for person in people]


def test_a_certain_fall_pages_at_once_and_asks_the_wearer(pager: Pager) -> None:
    receipt = pager.detect("fall")
    pager.expect_pages(*sev(2, *FIRST))
    assert [(c.command, c.device) for c in receipt.commands] == [("ask-all-right", "belt-03")]
    assert receipt.commands[0].expires_ns == pager.now_ns + 60_000_000_000


def test_no_answer_in_a_minute_makes_it_sev1(pager: Pager) -> None:
    pager.detect("fall")
    pager.expect_pages(*sev(2, *FIRST))
    pager.fast_forward(59)
    pager.expect_pages()
    pager.fast_forward(1)
    pager.expect_pages(*sev(1, *FIRST))
    view = pager.view()
    assert view.assessment.rule == "fall/no-answer"
    assert view.assessment.inputs["unanswered_s"] == "60"
    assert view.title == "Person down, does not answer"


def test_stillness_makes_it_sev1_and_its_clock_starts_then(pager: Pager) -> None:
    pager.detect("fall", claim_s=0)
    pager.expect_pages(*sev(2, *FIRST))
    pager.fast_forward(15)
    pager.detect("fall", claim_s=0, onset_s=-17.5, phase="update", still_s=15)
    pager.expect_pages(*sev(1, *FIRST))
    assert "raised" in pager.timeline()
    pager.fast_forward(59)
    pager.expect_pages()
    pager.fast_forward(1)
    pager.expect_pages("SEV1 gustav-dahl")


def test_a_possible_fall_is_on_the_board_and_pages_when_nobody_answers(pager: Pager) -> None:
    pager.detect("fall", confidence=0.4)
    pager.expect_pages()
    assert pager.view().status == "open"
    pager.fast_forward(19)
    pager.expect_pages()
    pager.fast_forward(1)
    pager.expect_pages(*sev(2, *FIRST))
    pager.fast_forward(40)
    pager.expect_pages(*sev(1, *FIRST))


@pytest.mark.parametrize(
    ("device", "facts"),
    [
        pytest.param("belt-12", {}, id="nothing that he wears can ask"),
        pytest.param("belt-10", {"lone": True}, id="alone"),
        pytest.param("belt-03", {"hazard": "A"}, id="in a danger zone"),
        pytest.param("belt-03", {"free_fall_s": 0.7}, id="from height"),
        pytest.param("belt-03", {"still_s": 15}, id="still already"),
    ],
)
def test_nobody_waits_for_an_answer(pager: Pager, device: str, facts: dict[str, object]) -> None:
    pager.detect("fall", device, confidence=0.4, **facts)
    assert {page.to.person for page in pager.inbox.empty()} == set(FIRST)


@pytest.mark.parametrize(
    "update",
    [
        pytest.param({"still_s": 15.0}, id="he lies still"),
        pytest.param({"confidence": 0.95}, id="it has become certain"),
    ],
)
def test_a_possible_fall_pages_at_once_when(pager: Pager, update: dict[str, Any]) -> None:
    pager.detect("fall", claim_s=0, confidence=0.4)
    pager.fast_forward(5)
    pager.detect("fall", claim_s=0, phase="update", onset_s=-7.5, **{"confidence": 0.4} | update)
    assert {page.to.person for page in pager.inbox.empty()} == set(FIRST)


@pytest.mark.parametrize("word", ["cancel", "all_right"])
def test_the_wearers_word_lowers_and_leaves_a_welfare_call(pager: Pager, word: str) -> None:
    pager.detect("fall")
    pager.expect_pages(*sev(2, *FIRST))
    pager.fast_forward(10)
    receipt = pager.detect(word, onset_s=0)
    assert (receipt.incident, receipt.created) == (1, False)
    assert [c.command for c in receipt.commands] == ["stop-asking"]
    pager.expect_pages("SEV3 ines-falk")
    view = pager.view()
    assert (view.severity, view.status) == ("SEV3", "open")
    lowered = next(entry for entry in view.timeline if entry.what == "lowered")
    assert lowered.who == "m-keller"
    assert "Mira Keller's own word" in lowered.text
    pager.fast_forward(300)
    pager.expect_pages()  # nobody is raised for an answer that was given


def test_a_possible_fall_that_the_wearer_cancels_pages_only_the_welfare_call(pager: Pager) -> None:
    pager.detect("fall", confidence=0.4)
    pager.fast_forward(8)
    pager.detect("cancel", onset_s=0)
    pager.expect_pages("SEV3 ines-falk")


def test_a_press_that_overtakes_its_fall_still_counts(pager: Pager) -> None:
    pager.detect("cancel", onset_s=0)
    pager.expect_pages()
    pager.fast_forward(2)
    pager.detect("fall", onset_s=-3)
    pager.expect_pages("SEV3 ines-falk")


def test_a_press_before_the_fall_does_not_speak_for_it(pager: Pager) -> None:
    receipt = pager.detect("cancel", onset_s=0)
    assert receipt.incident == 0
    pager.fast_forward(60)
    pager.detect("fall")
    pager.expect_pages(*sev(2, *FIRST))


def test_another_wearers_word_does_not_count(pager: Pager) -> None:
    pager.detect("fall")
    pager.detect("all_right", "belt-12", onset_s=0)
    pager.expect_pages(*sev(2, *FIRST))
    assert pager.view().severity == "SEV2"


def test_a_check_in_lowers_nothing(pager: Pager) -> None:
    pager.detect("fall")
    pager.expect_pages(*sev(2, *FIRST))
    pager.detect("check_in", onset_s=0)
    assert pager.view().severity == "SEV2"
    assert pager.timeline()[-1] == "checked-in"


def test_three_people_down_stay_sev1_whatever_one_of_them_says(pager: Pager) -> None:
    pager.detect("fall", people_down=3)
    pager.expect_pages(*sev(1, *FIRST))
    pager.detect("all_right", onset_s=0)
    assert pager.view().severity == "SEV1"


def test_the_system_never_lowers(pager: Pager) -> None:
    pager.detect("fall", claim_s=0, still_s=20)
    pager.expect_pages(*sev(1, *FIRST))
    pager.detect("fall", claim_s=0, phase="update", decided_s=1, still_s=0)
    pager.detect("fall", claim_s=0, phase="clear", decided_s=2, still_s=0)
    view = pager.view()
    assert (view.severity, view.status) == ("SEV1", "open")
    assert pager.timeline()[-1] == "cleared"


def test_a_named_human_lowers_with_a_reason_and_the_same_rule_does_not_raise_again(
    pager: Pager,
) -> None:
    pager.detect("fall", claim_s=0, still_s=20)
    pager.expect_pages(*sev(1, *FIRST))
    acknowledger = pager.parts.acknowledger
    view = acknowledger.set_severity(1, "karin-ek", Severity.SEV3, "She sits and talks to me")
    assert view.assessment.rule == "by-hand"
    assert "She sits and talks to me" in view.assessment.because
    pager.fast_forward(2)
    pager.expect_pages("SEV3 ines-falk")
    pager.detect("fall", claim_s=0, onset_s=-4.5, phase="update", still_s=30)
    assert pager.view().severity == "SEV3"
    pager.detect("fall", claim_s=0, onset_s=-4.5, phase="update", people_down=3, decided_s=1)
    pager.expect_pages(*sev(1, *FIRST))  # new danger is another rule, and raises


def test_lowering_needs_somebody_who_exists(pager: Pager) -> None:
    pager.detect("fall")
    pager.expect_pages(*sev(2, *FIRST))
    with pytest.raises(UnknownError, match='did you mean "karin-ek"'):
        pager.parts.acknowledger.set_severity(1, "karin-eck", Severity.SEV3, "looks fine")
    pager.parts.acknowledger.resolve(1, "karin-ek", "Seen to")
    with pytest.raises(IllegalTransitionError, match="resolved"):
        pager.parts.acknowledger.set_severity(1, "karin-ek", Severity.SEV3, "looks fine")


def test_a_tier_without_a_ladder_waits_for_the_digest(pager: Pager) -> None:
    pager.detect("zone_breach", zone="chemicals", hazard="C")
    pager.fast_forward(600, tick_s=10)
    pager.expect_pages()
    assert pager.view().severity == "SEV4"
    pager.detect("zone_breach", zone="chemicals", hazard="C", claim_s=-2.5, onset_s=-602.5,
                 phase="update", dwell_s=30)  # fmt: skip
    pager.expect_pages("SEV3 ines-falk")


def test_an_exercise_says_so_first(pager: Pager) -> None:
    pager.detect("fall", exercise=True)
    for page in pager.expect_pages(*sev(2, *FIRST)):
        assert page.text.startswith("EXERCISE – SEV2: Fall, Mira Keller, B3 Press line, 03:59:57")


def test_a_raise_after_an_acknowledgement_calls_the_new_tier(pager: Pager) -> None:
    pager.detect("fall", claim_s=0)
    pager.expect_pages(*sev(2, *FIRST))
    pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")
    pager.fast_forward(15)
    pager.detect("fall", claim_s=0, onset_s=-17.5, phase="update", still_s=15)
    pager.expect_pages(*sev(1, *FIRST))
    view = pager.view()
    assert (view.severity, view.status, view.acknowledged_by) == ("SEV1", "open", "karin-ek")
    assert "outgrown" in pager.timeline()
    pager.fast_forward(60)
    pager.expect_pages("SEV1 gustav-dahl")


def test_a_raise_tells_whoever_took_the_milder_tier_and_is_not_called_by_the_new_one(
    pager: Pager,
) -> None:
    pager.detect("fall", claim_s=0)
    pager.expect_pages(*sev(2, *FIRST))
    pager.parts.acknowledger.acknowledge(1, "gustav-dahl", "api", "tap-1")
    pager.fast_forward(15)
    pager.detect("fall", claim_s=0, onset_s=-17.5, phase="update", still_s=15)
    told = pager.expect_pages(*sev(1, *FIRST, "gustav-dahl"))
    news = next(page for page in told if page.to.person == "gustav-dahl")
    assert news.summary.startswith("SEV1: worse than when you took it: Person down, not moving")


def test_a_raise_while_somebody_is_on_scene_calls_whom_it_adds_and_tells_them(
    pager: Pager,
) -> None:
    pager.detect("fall", claim_s=0)
    pager.expect_pages(*sev(2, *FIRST))
    pager.parts.acknowledger.answer(1, "karin-ek", Answer.ON_SCENE, "api", "tap-1")
    pager.fast_forward(15)
    pager.detect("fall", claim_s=0, onset_s=-17.5, phase="update", still_s=15)
    told = pager.expect_pages(*sev(1, *FIRST))
    assert [page.purpose for page in told if page.to.person == "karin-ek"] == ["raised"]
    assert pager.view().status == "on_scene"
    pager.fast_forward(1799)
    pager.expect_pages()


def test_two_tiers_that_time_reaches_at_once_both_count(pager: Pager) -> None:
    """The engine was away for two minutes: it finds the raise and the rung both overdue."""
    pager.detect("fall")
    pager.expect_pages(*sev(2, *FIRST))
    pager.fast_forward(200, tick_s=200)
    pager.expect_pages(*sev(1, *FIRST))
    pager.fast_forward(60)
    pager.expect_pages("SEV1 gustav-dahl")


@pytest.mark.parametrize(
    ("kind", "device", "facts", "tiers"),
    [
        pytest.param("no_motion", "belt-03", {}, ("SEV2", "SEV1"), id="no motion"),
        pytest.param("no_motion", "belt-10", {"lone": True}, ("SEV1", "SEV1"), id="alone"),
        pytest.param("missed_check_in", "belt-03", {}, ("SEV2", "SEV1"), id="no check-in"),
        pytest.param("fall", "belt-12", {}, ("SEV2", "SEV2"), id="nothing can ask, nothing raises"),
        pytest.param("sos", "belt-03", {}, ("SEV1", "SEV1"), id="a call for help asks nobody"),
    ],
)
def test_a_minute_of_silence(
    pager: Pager, kind: str, device: str, facts: dict[str, Any], tiers: tuple[str, str]
) -> None:
    pager.detect(kind, device, **facts)
    before = pager.view().severity
    pager.fast_forward(60, tick_s=10)
    assert (before, pager.view().severity) == tiers
    pager.inbox.empty()

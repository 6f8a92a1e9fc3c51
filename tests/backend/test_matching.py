"""What joins an incident, what opens its own, and what opens an old one again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backend.incidents.call_answers import Answer
from backend.incidents.outcome import Outcome
from contract.detection import Detection
from contract.instants import ns
from contract.severity import Severity
from tests.support.pages import Pager

DAY_S = 86_400


def stamped(detection: Detection, ahead_s: float, heard_ns: int) -> Detection:
    """Return a detection of a device whose clock is fast, as the gateway heard it."""
    return detection.model_copy(
        update={
            "onset_ns": detection.onset_ns + ns(ahead_s),
            "decided_ns": detection.decided_ns + ns(ahead_s),
            "heard_ns": heard_ns,
        }
    )


def take(pager: Pager) -> None:
    pager.parts.acknowledger.acknowledge(1, "karin-ek", "api", "tap-1")


def quiet(pager: Pager) -> None:
    pager.inbox.empty()


@pytest.mark.parametrize(
    "left_as",
    [
        pytest.param(lambda p: take(p), id="taken"),
        pytest.param(lambda p: p.detect("cancel", "belt-10", onset_s=0), id="cancelled"),
        pytest.param(lambda p: None, id="open"),
    ],
)
def test_whoever_does_not_move_today_did_not_fall_yesterday(
    pager: Pager, left_as: Callable[[Pager], object]
) -> None:
    pager.detect("fall", "belt-10", lone=True)
    left_as(pager)
    pager.now_ns += ns(DAY_S)
    quiet(pager)
    receipt = pager.receive(pager.detection("no_motion", "belt-10", onset_s=-150, lone=True))
    assert (receipt.incident, receipt.created) == (2, True)
    assert [c.command for c in receipt.commands] == ["ask-all-right"]
    assert {p.to.person for p in pager.inbox.empty() if p.incident == 2} == {
        "karin-ek",
        "ines-falk",
    }


def test_whoever_fell_and_lies_still_needs_one_crew(pager: Pager) -> None:
    pager.detect("fall", "belt-12")
    pager.fast_forward(150)
    quiet(pager)
    assert pager.detect("no_motion", "belt-12", onset_s=-145).incident == 1
    quiet(pager)


@pytest.mark.parametrize(
    ("after_s", "joins"),
    [
        pytest.param(900, True, id="a quarter of an hour after the fall"),
        pytest.param(901, False, id="a second later"),
    ],
)
def test_a_stillness_belongs_to_a_fall_of_the_last_quarter_of_an_hour(
    pager: Pager, after_s: float, joins: bool
) -> None:
    pager.detect("fall", "belt-12", onset_s=0)
    pager.now_ns += ns(after_s + 120)
    receipt = pager.receive(pager.detection("no_motion", "belt-12", onset_s=-120))
    assert receipt.incident == (1 if joins else 2)
    quiet(pager)


def test_what_comes_after_the_wearers_word_is_its_own_incident_and_names_the_other(
    pager: Pager,
) -> None:
    """All right at +3 s, a second fall at +8 s, then still."""
    pager.detect("fall", onset_s=0)
    pager.fast_forward(3)
    pager.detect("all_right", onset_s=0)
    quiet(pager)
    pager.fast_forward(5)
    receipt = pager.detect("fall", onset_s=0)
    assert (receipt.incident, receipt.created) == (2, True)
    pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")
    assert pager.view(2).linked_to == 1
    pager.fast_forward(15)
    pager.detect("fall", claim_s=8, onset_s=-15, phase="update", still_s=15)
    pager.expect_pages("SEV1 karin-ek", "SEV1 ines-falk")
    assert (pager.view(1).severity, pager.view(2).severity) == ("SEV3", "SEV1")


@pytest.mark.parametrize("heard", [True, False], ids=["heard by the gateway", "no gateway's sense"])
def test_a_cancel_stamped_ahead_speaks_for_nothing_that_comes_later(
    pager: Pager, heard: bool
) -> None:
    cancel = stamped(pager.detection("cancel", onset_s=0), 240, pager.now_ns)
    pager.receive(cancel if heard else cancel.model_copy(update={"heard_ns": None}))
    pager.fast_forward(30)
    pager.detect("fall")
    pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")


def test_a_belt_whose_clock_is_fast_is_answered_and_falls_again(pager: Pager) -> None:
    def at(kind: str, claim_s: float, **claim: Any) -> None:
        told = pager.detection(kind, onset_s=0, claim_s=claim_s, **claim)
        pager.receive(stamped(told, 240, pager.now_ns))

    at("fall", 0)
    pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")
    pager.fast_forward(3)
    at("all_right", 3)
    pager.expect_pages("SEV3 ines-falk")
    pager.fast_forward(60)
    at("fall", 63)
    pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")


def test_a_word_answers_no_claim_older_than_the_asking(pager: Pager) -> None:
    pager.detect("fall", "belt-10", lone=True)
    pager.fast_forward(DAY_S, tick_s=600)
    quiet(pager)
    receipt = pager.detect("cancel", "belt-10", onset_s=0)
    assert receipt.incident == 0
    assert pager.view().severity == "SEV1"
    quiet(pager)


@pytest.mark.parametrize(
    ("told", "tier"),
    [
        pytest.param({"still_s": 15.0}, "SEV1", id="lies still since"),
        pytest.param({"still_s": 15.0, "tilt_deg": 5.0}, "SEV3", id="stands still since"),
        pytest.param({"still_s": 15.0, "tilt_deg": 88.0}, "SEV1", id="lies there"),
        pytest.param({}, "SEV3", id="moves: says no more than was known"),
    ],
)
def test_the_cancelled_claims_own_later_evidence_raises_it_again(
    pager: Pager, told: dict[str, Any], tier: str
) -> None:
    pager.detect("fall", claim_s=0, onset_s=0)
    pager.fast_forward(3)
    pager.detect("cancel", onset_s=0)
    quiet(pager)
    pager.fast_forward(20)
    told = dict(told)
    numbers = {name: told.pop(name) for name in ("tilt_deg",) if name in told}
    update = pager.detection("fall", claim_s=0, onset_s=-23, phase="update", **told)
    pager.receive(update.model_copy(update={"evidence": numbers}))
    quiet(pager)
    assert pager.view().severity == tier
    assert ("cancel-withdrawn" in pager.timeline()) == (tier == "SEV1")


def test_evidence_from_before_the_word_that_comes_late_raises_nothing(pager: Pager) -> None:
    pager.detect("fall", claim_s=0, onset_s=-20)
    still = pager.detection("fall", claim_s=0, onset_s=-20, phase="update", still_s=16)
    pager.fast_forward(3)
    pager.detect("cancel", onset_s=0)
    quiet(pager)
    pager.fast_forward(2)
    pager.receive(still)
    pager.expect_pages()
    assert pager.view().severity == "SEV3"


def test_a_tier_lowered_at_one_fact_is_raised_by_another_of_the_same_rank(pager: Pager) -> None:
    """Lowered at "no answer", then still for ten minutes: both are SEV1."""
    pager.detect("fall", claim_s=0, onset_s=0)
    pager.fast_forward(60)
    quiet(pager)
    pager.parts.acknowledger.set_severity(1, "karin-ek", Severity.SEV3, "He waves at me")
    pager.fast_forward(1)
    quiet(pager)
    pager.detect("fall", claim_s=0, onset_s=-61, phase="update", still_s=600)
    pager.expect_pages("SEV1 karin-ek", "SEV1 ines-falk")


def test_the_very_fact_that_a_human_overruled_raises_nothing(pager: Pager) -> None:
    pager.detect("fall", "belt-10", claim_s=0, onset_s=0, lone=True, still_s=20)
    quiet(pager)
    pager.parts.acknowledger.set_severity(1, "karin-ek", Severity.SEV3, "She sits with me")
    pager.fast_forward(1)
    quiet(pager)
    for still_s in (30, 60, 120):
        pager.detect(
            "fall", "belt-10", claim_s=0, onset_s=-1, phase="update", lone=True, still_s=still_s
        )
    pager.expect_pages()
    assert pager.view().severity == "SEV3"


RESOLVED_AFTER_S = 20


@pytest.mark.parametrize(
    ("outcome", "after_s", "told", "incident", "status"),
    [
        pytest.param(None, 60, {"still_s": 80}, 1, "open", id="still there: opens again"),
        pytest.param(Outcome.REAL, 60, {"still_s": 80}, 1, "open", id="it happened: opens again"),
        pytest.param(None, 60, {}, 1, "resolved", id="moves: no news"),
        pytest.param(None, 60, {"still_s": 80, "late": True}, 1, "resolved", id="late: no news"),
        pytest.param(None, 60, {"still_s": 80, "phase": "clear"}, 1, "resolved", id="it ends"),
        pytest.param(None, 1900, {"still_s": 1920}, 2, "open", id="later: another, linked"),
        pytest.param(
            Outcome.FALSE_ALARM, 60, {"still_s": 80}, 1, "resolved", id="false: same stillness"
        ),
        pytest.param(
            Outcome.FALSE_ALARM, 60, {"still_s": 30}, 1, "open", id="false, moved, still again"
        ),
    ],
)
def test_a_claim_that_was_resolved(
    pager: Pager,
    outcome: Outcome | None,
    after_s: float,
    told: dict[str, Any],
    incident: int,
    status: str,
) -> None:
    pager.detect("fall", "belt-12", claim_s=0, onset_s=0)
    pager.fast_forward(RESOLVED_AFTER_S)
    quiet(pager)
    pager.parts.acknowledger.resolve(1, "karin-ek", "Seen to", outcome)
    pager.fast_forward(after_s, tick_s=20)
    pager.expect_pages()
    claim = dict(told)
    late = bool(claim.pop("late", False))
    detection = pager.detection(
        "fall",
        "belt-12",
        claim_s=0,
        onset_s=-after_s - RESOLVED_AFTER_S,
        phase=claim.pop("phase", "update"),
        **claim,
    )
    receipt = pager.receive(detection.model_copy(update={"late": late}))
    paged = pager.inbox.empty()
    assert receipt.incident == incident
    assert (pager.view(incident).status, bool(paged)) == (status, status == "open")
    assert incident == 1 or pager.view(incident).linked_to == 1


def test_a_repeated_message_never_opens_anything_again(pager: Pager) -> None:
    detection = pager.detection("fall", "belt-12", still_s=20)
    pager.receive(detection)
    quiet(pager)
    pager.parts.acknowledger.resolve(1, "karin-ek", "Seen to")
    for _ in range(3):
        assert not pager.receive(detection).created
    assert pager.view().status == "resolved"


def test_a_new_fall_after_a_false_alarm_is_an_incident(pager: Pager) -> None:
    pager.detect("fall", "belt-12", onset_s=0)
    quiet(pager)
    pager.parts.acknowledger.resolve(1, "karin-ek", "He tied a shoe", Outcome.FALSE_ALARM)
    pager.fast_forward(5)
    assert pager.detect("fall", "belt-12", onset_s=0).incident == 2
    pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")


def test_what_was_on_scene_is_left_to_whoever_is_there(pager: Pager) -> None:
    pager.detect("fall", "belt-12", claim_s=0)
    quiet(pager)
    pager.parts.acknowledger.answer(1, "karin-ek", Answer.ON_SCENE, "link", "k")
    pager.fast_forward(600, tick_s=20)
    pager.detect("fall", "belt-12", claim_s=0, onset_s=-602.5, phase="update", decided_s=0)
    pager.expect_pages()

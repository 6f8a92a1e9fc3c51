"""The tiers that ship, row by row of docs/architecture.md's table, and the laws behind them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.severity import RULES, Facts, Severity, SeverityPolicy, assess, waits_for_answer

FALL = {"kind": "fall"}
BREACH = {"kind": "zone_breach"}
SILENT = {"kind": "device_silent"}
LIVE_A = {"hazard": "A", "live": True}
DEAD_A = {"hazard": "A", "live": False}


@pytest.mark.parametrize(
    ("facts", "tier", "rule"),
    [
        pytest.param(FALL, "SEV2", "fall", id="fall-decided"),
        pytest.param({**FALL, "lone": True}, "SEV1", "fall/lone", id="fall-lone"),
        pytest.param({**FALL, "free_fall_s": 0.6}, "SEV1", "fall/height", id="fall-from-height"),
        pytest.param({**FALL, "free_fall_s": 0.59}, "SEV2", "fall", id="fall-from-standing"),
        pytest.param({**FALL, **LIVE_A}, "SEV1", "fall/hazard-zone", id="fall-in-hazard-zone"),
        pytest.param({**FALL, **DEAD_A}, "SEV1", "fall/hazard-zone", id="fall-in-class-A-dead"),
        pytest.param(
            {**FALL, "hazard": "B", "live": True}, "SEV1", "fall/hazard-zone", id="fall-in-lane"
        ),
        pytest.param({**FALL, "hazard": "B"}, "SEV2", "fall", id="fall-in-lane-closed"),
        pytest.param({**FALL, "hazard": "C", "live": True}, "SEV2", "fall", id="fall-in-class-C"),
        pytest.param({**FALL, "still_s": 15}, "SEV1", "fall/still", id="fall-still-15-s"),
        pytest.param({**FALL, "still_s": 14.9}, "SEV2", "fall", id="fall-still-almost"),
        pytest.param({**FALL, "unanswered_s": 60}, "SEV1", "fall/no-answer", id="fall-no-answer"),
        pytest.param({**FALL, "unanswered_s": 59}, "SEV2", "fall", id="fall-may-yet-answer"),
        pytest.param({**FALL, "cancelled": True}, "SEV3", "cancelled", id="fall-cancelled"),
        pytest.param(
            {**FALL, "cancelled": True, "still_s": 60}, "SEV3", "cancelled", id="cancelled-lying"
        ),
        pytest.param({"kind": "no_motion"}, "SEV2", "man-down", id="no-motion"),
        pytest.param(
            {"kind": "no_motion", "unanswered_s": 60}, "SEV1", "man-down/no-answer", id="no-answer"
        ),
        pytest.param(
            {"kind": "no_motion", "lone": True}, "SEV1", "man-down/lone-or-hazard", id="lone"
        ),
        pytest.param(
            {"kind": "no_motion", **LIVE_A}, "SEV1", "man-down/lone-or-hazard", id="in-danger"
        ),
        pytest.param({"kind": "missed_check_in"}, "SEV2", "man-down", id="missed-check-in"),
        pytest.param({"kind": "sos"}, "SEV1", "sos", id="sos"),
        pytest.param({**BREACH, **LIVE_A}, "SEV1", "zone-a/live", id="class-A-energised"),
        pytest.param({**BREACH, **DEAD_A}, "SEV2", "zone-a", id="class-A-dead"),
        pytest.param(
            {**BREACH, **DEAD_A, "idlh": True}, "SEV1", "zone-a/idlh", id="class-A-dead-but-IDLH"
        ),
        pytest.param({**BREACH, "hazard": "B"}, "SEV3", "zone-b", id="class-B"),
        pytest.param(
            {**BREACH, "hazard": "B", "dwell_s": 5}, "SEV2", "zone-b/dwell", id="class-B-5-s"
        ),
        pytest.param({**BREACH, "hazard": "C"}, "SEV4", "zone-c", id="class-C"),
        pytest.param(
            {**BREACH, "hazard": "C", "dwell_s": 30}, "SEV3", "zone-c/dwell", id="class-C-30-s"
        ),
        pytest.param(
            {**BREACH, "hazard": "B", "authorised": "expired"}, "SEV3", "zone/expired", id="expired"
        ),
        pytest.param(
            {"kind": "overstay", "hazard": "C", "authorised": "expired"},
            "SEV3", "zone/expired", id="overstay",
        ),
        pytest.param(
            {"kind": "overstay", "authorised": "expired", "overstay_s": 600},
            "SEV2", "overstay/long", id="overstay-10-min",
        ),
        pytest.param(
            {**BREACH, **LIVE_A, "idlh": True, "authorised": "expired"},
            "SEV2", "zone/expired-idlh", id="expired-where-it-is-IDLH",
        ),
        pytest.param({"kind": "two_person"}, "SEV2", "company", id="second-person-missing"),
        pytest.param({"kind": "no_attendant"}, "SEV2", "company", id="attendant-missing"),
        pytest.param(
            {"kind": "two_person", "idlh": True}, "SEV1", "company/idlh", id="alone-where-IDLH"
        ),
        pytest.param({"kind": "overcrowded"}, "SEV3", "overcrowded", id="overcrowded"),
        pytest.param({"kind": "lone_work"}, "SEV3", "lone-work", id="alone-too-long"),
        pytest.param(
            {"kind": "lone_work", **LIVE_A}, "SEV2", "lone-work/danger", id="alone-in-danger"
        ),
        pytest.param({"kind": "not_evacuated"}, "SEV1", "not-evacuated", id="still-inside"),
        pytest.param({"kind": "rescuer", "idlh": True}, "SEV2", "rescuer", id="about-to-go-in"),
        pytest.param({"kind": "unknown_tag"}, "SEV4", "unknown-tag", id="unknown-tag"),
        pytest.param(
            {"kind": "unknown_tag", **LIVE_A}, "SEV2", "unknown-tag/danger", id="unknown-in-danger"
        ),
        pytest.param(
            {"kind": "badge_silent", **LIVE_A, "silent_s": 90},
            "SEV2", "silent/lone-or-hazard", id="badge-silent-90-s",
        ),
        pytest.param(
            {"kind": "badge_silent", **LIVE_A, "silent_s": 300},
            "SEV1", "silent/long", id="badge-silent-5-min",
        ),
        pytest.param({**FALL, "idlh": True}, "SEV1", "fall/hazard-zone", id="fall-where-IDLH"),
        pytest.param({**SILENT, "silent_s": 600}, "SEV4", "silent", id="silent-elsewhere"),
        pytest.param(
            {**SILENT, **LIVE_A, "silent_s": 90}, "SEV2", "silent/lone-or-hazard", id="silent-90-s"
        ),
        pytest.param(
            {**SILENT, "lone": True, "silent_s": 89}, "SEV4", "silent", id="silent-not-yet"
        ),
        pytest.param(
            {**SILENT, "lone": True, "silent_s": 300}, "SEV1", "silent/long", id="silent-5-min"
        ),
        pytest.param({"kind": "blind_area"}, "SEV2", "blind-area", id="gateway-or-reader-silent"),
        pytest.param({"kind": "canary"}, "SEV1", "canary", id="paging-canary-fails"),
        pytest.param({**FALL, "people_down": 3}, "SEV1", "mass-event", id="three-down"),
        pytest.param(
            {**FALL, "people_down": 3, "cancelled": True}, "SEV1", "mass-event", id="one-of-them-up"
        ),
        pytest.param({"kind": "stumble"}, "SEV4", "stumble", id="stumble"),
        pytest.param({"kind": "impact"}, "SEV3", "equipment", id="equipment-struck"),
        pytest.param({"kind": "smoke"}, "SEV3", "unlisted", id="a-kind-without-a-rule"),
    ],
)  # fmt: skip
def test_the_tier_that_ships(facts: dict[str, Any], tier: str, rule: str) -> None:
    found = assess(Facts(**facts))
    assert (str(found.severity), found.rule) == (tier, rule)


def test_a_tier_quotes_what_it_looked_at() -> None:
    found = assess(Facts(kind="zone_breach", hazard="B", dwell_s=7.5))
    assert found.inputs == {
        "kind": "zone_breach", "hazard": "B", "authorised": "no", "dwell_s": "7.5",
    }  # fmt: skip
    assert found.because == "stays where vehicles move or loads hang"


def test_every_rule_has_its_own_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


KINDS = st.sampled_from(
    ["fall", "no_motion", "missed_check_in", "sos", "zone_breach", "overstay", "device_silent",
     "blind_area", "canary", "stumble", "impact", "smoke", "two_person", "no_attendant",
     "overcrowded", "lone_work", "badge_silent", "not_evacuated", "unknown_tag", "rescuer"]
)  # fmt: skip
DURATION = st.sampled_from([0.0, 4.9, 5.0, 14.9, 15.0, 30.0, 60.0, 89.0, 90.0, 300.0, 1e6])
FACTS = st.builds(
    Facts,
    kind=KINDS,
    hazard=st.sampled_from(["none", "A", "B", "C"]),
    live=st.booleans(),
    idlh=st.booleans(),
    lone=st.booleans(),
    authorised=st.sampled_from(["yes", "no", "expired"]),
    free_fall_s=st.sampled_from([0, 0.3, 0.6, 2]),
    still_s=DURATION,
    dwell_s=DURATION,
    overstay_s=DURATION,
    silent_s=DURATION,
    unanswered_s=DURATION,
    people=st.integers(0, 50),
    people_down=st.integers(0, 5),
    cancelled=st.booleans(),
)
GROWING = {
    "live": st.just(True),
    "idlh": st.just(True),
    "lone": st.just(True),
    "free_fall_s": DURATION,
    "still_s": DURATION,
    "dwell_s": DURATION,
    "overstay_s": DURATION,
    "silent_s": DURATION,
    "unanswered_s": DURATION,
    "people_down": st.integers(0, 5),
}


@given(FACTS, st.fixed_dictionaries({}, optional=GROWING))
def test_knowing_more_never_lowers_a_tier(facts: Facts, more: dict[str, Any]) -> None:
    grown = facts.with_update(facts.model_copy(update=more))
    assert not assess(facts).severity.worse_than(assess(grown).severity)


@given(FACTS)
def test_a_cancel_never_raises_a_tier_and_ends_in_a_welfare_call(facts: Facts) -> None:
    before = assess(facts.model_copy(update={"cancelled": False})).severity
    after = assess(facts.model_copy(update={"cancelled": True})).severity
    assert not after.worse_than(before)
    if before.worse_than(Severity.SEV3) and facts.people_down < 3:
        assert after is Severity.SEV3


@given(FACTS, FACTS)
def test_an_update_taken_twice_is_taken_once(first: Facts, second: Facts) -> None:
    once = first.with_update(second)
    assert once.with_update(second) == once


@given(FACTS, FACTS, FACTS)
def test_durations_and_counts_do_not_depend_on_the_order(a: Facts, b: Facts, c: Facts) -> None:
    one, other = a.with_update(b).with_update(c), a.with_update(c).with_update(b)
    for name in (*GROWING, "cancelled"):
        assert getattr(one, name) == getattr(other, name)


@given(FACTS)
def test_confidence_never_changes_a_tier_only_whether_the_wearer_is_asked(facts: Facts) -> None:
    policy = SeverityPolicy()
    assert not waits_for_answer(policy.certain_confidence, facts, policy)
    hurry = facts.lone or facts.in_hazard or facts.still_s >= 15 or facts.free_fall_s >= 0.6
    assert waits_for_answer(0.1, facts, policy) is not hurry


def test_a_site_edits_matrix_and_times() -> None:
    policy = SeverityPolicy.model_validate(
        {"i3": ["SEV1", "SEV1", "SEV2", "SEV3"], "fall_still_s": 30}
    )
    assert assess(Facts(kind="fall"), policy).severity is Severity.SEV1
    assert assess(Facts(kind="fall", still_s=20), policy).rule == "fall"
    assert assess(Facts(kind="fall", still_s=30), policy).rule == "fall/still"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param(
            {"i3": ["SEV2", "SEV1", "SEV2", "SEV3"]}, "tiers ease from U4 to U1", id="bumpy-row"
        ),
        pytest.param(
            {"i4": ["SEV2", "SEV2", "SEV2", "SEV3"]}, "i4 is milder than i3", id="upside-down"
        ),
        pytest.param({"i1": ["SEV3", "SEV3", "SEV4"]}, "i1", id="short-row"),
        pytest.param({"i1": ["SEV3", "SEV3", "SEV4", "SEV5"]}, "i1", id="no-such-tier"),
        pytest.param({"fall_still_s": 0}, "fall_still_s", id="stillness-of-no-time"),
        pytest.param({"ask_s": 21}, "ask_s", id="asked-too-long"),
        pytest.param({"people_down": 1}, "people_down", id="a-mass-of-one"),
        pytest.param({"fall_stil_s": 20}, "fall_stil_s", id="misspelt"),
    ],
)
def test_a_matrix_that_makes_no_sense_is_refused(edit: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SeverityPolicy.model_validate(edit)

"""Rows 2, 3 and 13: what joins what. Nothing of yesterday swallows a fall of today."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract.instants import ns
from tests.support.duty import Duty

DAY_S = 86_400
SEV1 = {"SEV1 karin-ek", "SEV1 ines-falk"}
SEV2 = {"SEV2 karin-ek", "SEV2 ines-falk"}


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(lambda hall: hall.act("acknowledge"), id="taken"),
        pytest.param(lambda hall: hall.detect("cancel", "belt-10", onset_s=0), id="cancelled"),
    ],
)
def test_today_s_stillness_is_no_part_of_yesterday_s_fall(
    hall: Duty, left: Callable[[Duty], object]
) -> None:
    hall.detect("fall", "belt-10", lone=True)
    left(hall)
    hall.now_ns += ns(DAY_S)
    hall.look()
    hall.called()
    receipt = hall.detect("no_motion", "belt-10", onset_s=-600, lone=True, still_s=600)
    assert (receipt["incident"], receipt["created"]) == (2, True)
    assert [command["command"] for command in receipt["commands"]] == ["ask-all-right"]
    assert {name.split()[1] for name in hall.called()} >= {"karin-ek", "ines-falk"}


def test_a_second_fall_after_all_right_calls(hall: Duty) -> None:
    hall.detect("fall", "belt-03", onset_s=0)
    hall.passes(3)
    hall.detect("all_right", "belt-03", onset_s=0)
    hall.passes(5)
    hall.called()
    onset_ns = hall.now_ns
    assert hall.detect("fall", "belt-03", claim_ns=onset_ns)["incident"] == 2
    assert hall.called() == SEV2
    hall.passes(15)
    hall.called()
    hall.detect("fall", "belt-03", claim_ns=onset_ns, phase="update", still_s=15)
    assert hall.incident(2)["severity"] == "SEV1"
    hall.called()


@pytest.mark.parametrize("fast_s", [0, 240], ids=["the cancel alone", "the belt's whole clock"])
def test_a_word_stamped_four_minutes_ahead_swallows_no_later_fall(hall: Duty, fast_s: int) -> None:
    hall.detect("fall", "belt-03", onset_s=0, stamped_s=fast_s)
    hall.passes(3)
    hall.detect("cancel", "belt-03", onset_s=0, stamped_s=240)
    hall.passes(60, tick_s=20)
    hall.called()
    receipt = hall.detect("fall", "belt-03", onset_s=0, stamped_s=fast_s)
    assert receipt["created"]
    assert hall.called() == SEV2
    assert hall.incident(receipt["incident"])["severity"] == "SEV2"


def test_a_tier_that_somebody_lowered_is_raised_by_what_they_did_not_see(hall: Duty) -> None:
    onset_ns = hall.now_ns
    hall.detect("fall", "belt-03", claim_ns=onset_ns)
    hall.passes(60)  # nobody answers the check-call
    assert hall.called() >= SEV1
    hall.act("severity", severity="SEV3", reason="He waves at me")
    hall.passes(540, tick_s=20)
    hall.called()
    hall.detect("fall", "belt-03", claim_ns=onset_ns, phase="update", still_s=600)
    assert hall.called() == SEV1
    assert hall.incident()["severity"] == "SEV1"


def test_a_claim_resolved_by_mistake_opens_again_for_what_is_measured_later(hall: Duty) -> None:
    onset_ns = hall.now_ns
    hall.detect("fall", claim_ns=onset_ns)
    hall.act("resolve", reason="The wrong line")
    hall.passes(20)
    assert hall.called() == SEV2
    hall.detect("fall", claim_ns=onset_ns, phase="update", still_s=20)
    assert hall.called() == SEV1
    assert hall.incident()["status"] == "open"


def test_two_people_before_one_camera_are_two_incidents(hall: Duty) -> None:
    assert hall.detect("fall", "camera-1", track="3/17")["created"]
    assert hall.called() == SEV2
    hall.act("acknowledge")
    hall.passes(8)
    second = hall.detect("fall", "camera-1", track="3/18")
    assert (second["incident"], second["created"]) == (2, True)
    assert hall.called() == SEV2

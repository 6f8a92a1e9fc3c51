"""Row 1: an acknowledgement is a lease, and a raise calls the new tier. Over HTTP, to a webhook."""

from __future__ import annotations

from itertools import pairwise

import httpx
import pytest

from contract.instants import ns
from tests.support.duty import Duty

SEV1 = ("SEV1 karin-ek", "SEV1 ines-falk")
SEV2 = ("SEV2 karin-ek", "SEV2 ines-falk")


def test_a_fall_that_was_taken_and_becomes_worse_calls_again(hall: Duty) -> None:
    onset_ns = hall.now_ns
    hall.detect("fall", claim_ns=onset_ns)
    hall.expect(*SEV2)
    hall.act("acknowledge")
    hall.passes(40)
    hall.expect()
    hall.detect("fall", claim_ns=onset_ns, phase="update", still_s=40)
    hall.expect(*SEV1)


def test_what_was_taken_as_sev3_and_becomes_sev1_calls(hall: Duty) -> None:
    onset_ns = hall.now_ns
    hall.detect("impact", claim_ns=onset_ns)
    hall.expect("SEV3 ines-falk")
    hall.act("acknowledge", "ines-falk")
    hall.detect("fall", still_s=60)
    assert set(SEV1) <= hall.called()


def test_updates_of_an_hour_keep_nobody_on_the_floor(hall: Duty) -> None:
    """Taken, and then silence: asked after 4 min, passed over after 5, and the next is called."""
    onset_ns = hall.now_ns
    hall.detect("sos", claim_ns=onset_ns)
    hall.expect(*SEV1)
    hall.act("acknowledge")
    told: list[tuple[int, set[str]]] = []
    for minute in range(1, 61):
        hall.passes(60, tick_s=20)
        hall.detect("sos", claim_ns=onset_ns, phase="update")
        if called := hall.called():
            told.append((minute, called))
    # Each update is heard of while she has it, and moves her own time on by nothing.
    first, then = told[0], told[1]
    assert first == (4, {"SEV1 karin-ek"})
    assert then[0] == 5
    assert "SEV1 gustav-dahl" in then[1]
    assert max(later - earlier for (earlier, _), (later, _) in pairwise(told)) <= 15


@pytest.mark.parametrize("way", ["link", "api"])
def test_a_used_key_or_link_answers_each_new_question(hall: Duty, way: str) -> None:
    hall.detect("sos")
    page, _ = sorted(hall.expect(*SEV1), key=lambda each: each.json["to"]["person"] != "karin-ek")
    link = page.json["acknowledge_url"]

    def answer() -> None:
        if way == "link":
            httpx.post(link, timeout=20).raise_for_status()
        else:
            hall.act("acknowledge", key="tap-1")

    answer()
    for _ in range(3):
        taken_ns = hall.now_ns
        hall.passes(240, tick_s=20)
        hall.expect("SEV1 karin-ek")
        answer()
        view = hall.incident()
        assert (view["status"], view["acknowledged_by"]) == ("acknowledged", "karin-ek")
        assert hall.now_ns == taken_ns + ns(240)
    hall.passes(239, tick_s=20)
    hall.expect()


def test_one_person_does_not_spend_anothers_key(hall: Duty) -> None:
    hall.detect("sos")
    hall.expect(*SEV1)
    hall.act("acknowledge", "karin-ek", key="tap-1")
    hall.act("give-back", "karin-ek", reason="cannot leave the line")
    hall.passes(1)
    hall.expect(*SEV1)
    hall.act("acknowledge", "ines-falk", key="tap-1")
    assert hall.incident()["acknowledged_by"] == "ines-falk"

"""Whoever is about to go in after somebody is warned by what they wear, and people are paged."""

from __future__ import annotations

from contract.instants import ns
from tests.support.pages import Pager

PAGED = ("SEV2 karin-ek", "SEV2 ines-falk")


def test_a_rescuer_without_clearance_is_warned_and_paged_about(pager: Pager) -> None:
    receipt = pager.detect("rescuer", hazard="A", live=True, idlh=True)
    pager.expect_pages(*PAGED)
    assert [(c.command, c.device) for c in receipt.commands] == [("warn", "belt-03")]
    assert receipt.commands[0].expires_ns <= pager.now_ns + ns(60)
    view = pager.view()
    assert (str(view.severity), view.assessment.rule) == ("SEV2", "rescuer")
    assert view.title == "About to go into B3 Press line uncleared"


def test_a_copy_of_the_claim_repeats_the_same_warning(pager: Pager) -> None:
    first = pager.detect("rescuer", idlh=True)
    again = pager.detect("rescuer", idlh=True)
    assert [c.id for c in first.commands] == [c.id for c in again.commands]
    pager.expect_pages(*PAGED)


def test_nobody_is_warned_of_a_moment_that_has_passed(pager: Pager) -> None:
    assert pager.detect("rescuer", idlh=True, onset_s=-125, decided_s=-120).commands == ()
    pager.expect_pages(*PAGED)


def test_what_is_over_warns_nobody(pager: Pager) -> None:
    pager.detect("rescuer", idlh=True)
    pager.expect_pages(*PAGED)
    assert pager.detect("rescuer", phase="clear", idlh=True).commands == ()

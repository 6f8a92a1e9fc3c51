"""What is opened again: it is called for anew, and what was said of it before counts no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.database.tables import IncidentRow
from backend.errors import IllegalTransitionError
from backend.incidents.call_answers import Answer
from tests.support.pages import Pager

FIRST = ("SEV2 karin-ek", "SEV2 ines-falk")


@pytest.fixture
def resolved(pager: Pager) -> Pager:
    """A fall that Karin Ek could not come to, Ines Falk was on scene of, and that was resolved."""
    pager.detect("fall", "belt-12")
    pager.inbox.empty()
    act = pager.parts.acknowledger
    act.answer(1, "karin-ek", Answer.CANNOT, "link", "tap-0")
    act.answer(1, "ines-falk", Answer.ACKNOWLEDGE, "link", "tap-1")
    act.answer(1, "ines-falk", Answer.ON_SCENE, "link", "tap-2")
    act.resolve(1, "ines-falk", "Slipped, unhurt")
    pager.fast_forward(30)
    return pager


def reopen(pager: Pager) -> None:
    pager.parts.acknowledger.reopen(1, "gustav-dahl", "She feels dizzy")


def test_nobody_has_it_and_everybody_is_called_who_could_not_come_too(resolved: Pager) -> None:
    reopen(resolved)
    resolved.fast_forward(1)
    resolved.expect_pages(*FIRST)
    view = resolved.view()
    assert view.status == "open"
    with resolved.parts.database.read() as session:
        row = session.get_one(IncidentRow, 1)
        assert (row.resolved_by, row.resolved_ns) == (None, None)
    assert (view.acknowledged_by, view.acknowledged_ns, view.on_scene_ns) == (None, None, None)
    (entry,) = (entry for entry in view.timeline if entry.what == "reopened")
    assert (entry.who, entry.text) == ("gustav-dahl", "Gustav Dahl: She feels dizzy")


def test_the_same_tap_on_the_same_link_takes_it_anew(resolved: Pager) -> None:
    reopen(resolved)
    resolved.inbox.empty()
    resolved.parts.acknowledger.answer(1, "ines-falk", Answer.ACKNOWLEDGE, "link", "tap-1")
    view = resolved.view()
    assert (view.status, view.acknowledged_by) == ("acknowledged", "ines-falk")
    assert view.acknowledged_ns == resolved.now_ns


def test_the_ladder_begins_at_the_top(resolved: Pager) -> None:
    reopen(resolved)
    resolved.fast_forward(1)
    resolved.inbox.empty()
    resolved.fast_forward(178)
    resolved.expect_pages()
    resolved.fast_forward(1)
    resolved.expect_pages("SEV2 gustav-dahl")


@pytest.mark.parametrize(
    ("meanwhile", "refused"),
    [
        pytest.param(lambda p: p.detect("fall", "belt-12", claim_s=1), True, id="the same event"),
        pytest.param(
            lambda p: p.detect("fall", "belt-12", onset_s=-60, claim_s=1), False, id="another fall"
        ),
        pytest.param(
            lambda p: p.detect("no_motion", "belt-12", claim_s=1), False, id="another kind"
        ),
        pytest.param(lambda p: p.detect("fall", claim_s=1), False, id="another person"),
        pytest.param(
            lambda p: (
                p.detect("fall", "belt-12", claim_s=1),
                p.parts.acknowledger.resolve(2, "ines-falk", "The same"),
            ),
            False,
            id="the same event, over too",
        ),
    ],
)
def test_one_event_is_open_under_one_number(
    pager: Pager, meanwhile: Callable[[Pager], object], refused: bool
) -> None:
    pager.detect("fall", "belt-12")
    pager.parts.acknowledger.resolve(1, "ines-falk", "Slipped, unhurt")
    meanwhile(pager)
    pager.inbox.empty()
    if refused:
        with pytest.raises(IllegalTransitionError, match="open already as incident 2") as told:
            reopen(pager)
        assert told.value.hint == "go on with incident 2"
        assert pager.view().status == "resolved"
    else:
        reopen(pager)
        assert pager.view().status == "open"
    pager.inbox.empty()

"""The life of a page: what is not in the table is illegal, in the code and in the database."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from backend.errors import IllegalTransitionError
from backend.paging.page_life import PAGE_LIFE, PageAct, PageStatus, page_after
from tests.support.pages import Pager

MOVES = [(status, act) for status in PageStatus for act in PageAct]


def test_every_status_has_a_row() -> None:
    assert set(PAGE_LIFE.table) == set(PageStatus)


@pytest.mark.parametrize(("status", "act"), MOVES, ids=lambda each: str(each))
def test_a_move_is_in_the_table_or_is_refused_by_name(status: PageStatus, act: PageAct) -> None:
    assert PAGE_LIFE.allows(status, act) is (status in PAGE_LIFE.sources(act))
    if PAGE_LIFE.allows(status, act):
        assert page_after(status, act) in PageStatus
    else:
        with pytest.raises(IllegalTransitionError, match=f"cannot {act} a page that is {status}"):
            page_after(status, act)


def test_nothing_fails_for_good_and_what_went_out_stays_so() -> None:
    assert not PAGE_LIFE.table[PageStatus.SENT]
    into_the_end = {act for acts in PAGE_LIFE.table.values() for act, to in acts.items()
                    if to is PageStatus.WITHDRAWN}  # fmt: skip
    assert into_the_end == {PageAct.WITHDRAW, PageAct.DROP}, "only a recall ends a page unsent"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("status = 'failed'", id="there is no such status"),
        pytest.param("status = 'sending', lease_until_ns = NULL", id="in hand without a lease"),
        pytest.param("status = 'sent', sent_ns = NULL", id="sent, and nobody knows when"),
        pytest.param("status = 'due', recalled = true", id="wanted and recalled"),
    ],
)
def test_the_database_holds_the_laws(pager: Pager, change: str) -> None:
    pager.parts.intake.receive(pager.detection("fall", "belt-12"), pager.now_ns)
    with pytest.raises(IntegrityError), pager.parts.database.write() as session:
        session.execute(text(f"UPDATE page SET {change}"))

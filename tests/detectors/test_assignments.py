"""Whose tag is whose, whenever and in whatever order it is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.assignment import AssignmentBlock, refusal
from detectors.assignments import KEPT, Assignments
from tests.support.hall import TAGS, hall

SITE = hall()


def said(
    at_ns: int, wearer: str | None, tag: str = "ff01", seq: int | None = None
) -> AssignmentBlock:
    """Return that a tag was given to somebody; numbered in the order of time unless told."""
    number = at_ns if seq is None else seq
    return AssignmentBlock(
        device="backend", seq=number, t0_ns=at_ns, tag=tag, wearer=wearer, by="karin-ek"
    )


def after(*told: AssignmentBlock) -> Assignments:
    """Return what is known after all of these."""
    known = Assignments()
    for each in told:
        known = known.after(each, SITE)
    return known


GIVEN = (said(10, "keller"), said(20, "sato"), said(30, None))


@pytest.mark.parametrize(
    ("told", "tag", "at_ns", "wearer"),
    [
        pytest.param((), "ff01", 5, None, id="nobody's, before anything is told"),
        pytest.param(GIVEN[:1], "ff01", 10, "keller", id="from that instant on"),
        pytest.param(GIVEN[:1], "ff01", 5, "keller", id="and before: a reader's clock is behind"),
        pytest.param(GIVEN[:1], "ff02", 10, None, id="another tag is still nobody's"),
        pytest.param(GIVEN[:2], "ff01", 20, "sato", id="the second person's from then on"),
        pytest.param(GIVEN[:2], "ff01", 19, "keller", id="a read from before, spooled meanwhile"),
        pytest.param(GIVEN, "ff01", 30, None, id="handed back"),
        pytest.param(GIVEN, "ff01", 29, "sato", id="a read from before it was handed back"),
        pytest.param(GIVEN[::-1], "ff01", 19, "keller", id="told late and the wrong way round"),
        pytest.param(GIVEN[2:], "ff01", 5, None, id="handed back, and no more is known"),
        pytest.param((said(9, "sato", TAGS["berg"]),), TAGS["berg"], 9, "berg",
                     id="the site file comes first"),
        pytest.param((said(9, "sato", seq=1), said(9, "keller", seq=2)), "ff01", 9, "keller",
                     id="of one instant the later number"),
        pytest.param((said(9, "nobody"),), "ff01", 9, None, id="the site has no such wearer"),
    ],
)  # fmt: skip
def test_whose_tag_it_is(
    told: tuple[AssignmentBlock, ...], tag: str, at_ns: int, wearer: str | None
) -> None:
    assert after(*told).wearer(SITE, tag, at_ns) == wearer


BLOCKS = [
    said(at_ns, wearer, tag, seq)
    for seq, (at_ns, wearer, tag) in enumerate(
        (at_ns, wearer, tag)
        for at_ns in (5, 5, 9)
        for wearer in ("keller", "sato", None)
        for tag in ("ff01", TAGS["berg"])
    )
]


@given(st.lists(st.sampled_from(BLOCKS), max_size=KEPT).flatmap(
    lambda told: st.tuples(st.just(told), st.permutations([*told, *told]))
))  # fmt: skip
def test_order_and_repetition_make_no_difference(
    told: tuple[Sequence[AssignmentBlock], Sequence[AssignmentBlock]],
) -> None:
    once, mixed = told
    assert after(*once) == after(*mixed)


def test_what_is_known_already_changes_nothing() -> None:
    known = after(*GIVEN)
    assert known.after(GIVEN[1], SITE) is known
    assert known.after(said(40, "nobody"), SITE) is known


def test_only_the_latest_of_a_tag_are_remembered() -> None:
    known = after(*(said(at_ns, "keller") for at_ns in range(3 * KEPT)))
    assert [worn.since_ns for worn in known.of_tag["ff01"]] == list(range(2 * KEPT, 3 * KEPT))


@pytest.mark.parametrize(
    ("told", "several"),
    [
        pytest.param((said(1, "keller"),), {"keller"}, id="a second tag beside the file's"),
        pytest.param((said(1, "sato"),), set(), id="the first tag of somebody with a belt"),
        pytest.param((said(1, "sato"), said(1, "sato", "ff02")), {"sato"}, id="two given here"),
        pytest.param((said(1, "keller"), said(2, None)), set(), id="the second was handed back"),
        pytest.param((said(1, "keller"), said(2, "sato")), set(), id="the second is another's"),
        pytest.param((said(1, "berg", TAGS["berg"]),), set(), id="the file's own, said again"),
    ],
)
def test_who_carries_several(told: tuple[AssignmentBlock, ...], several: set[str]) -> None:
    assert after(*told).several == several


@pytest.mark.parametrize(
    ("wearer", "told"),
    [
        pytest.param("keller", None, id="somebody"),
        pytest.param(None, None, id="nobody"),
        pytest.param("kellar", 'no wearer "kellar"; did you mean "keller"?', id="misspelt"),
        pytest.param("ida", "carries no device", id="a wearer without any device"),
    ],
)
def test_what_a_site_refuses(wearer: str | None, told: str | None) -> None:
    ida = SITE.wearer[0].model_copy(update={"id": "ida"})
    site = SITE.model_copy(update={"wearer": (*SITE.wearer, ida)})
    found = refusal(site, said(1, wearer))
    assert found is None if told is None else told in (found or "")

"""A flood of one belt becomes a few rows with a count, and nothing that is news becomes less."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.detection import Detection
from contract.instants import ns
from gateway.ledger import Ledger
from gateway.outbox import Put
from tests.support.outbound import claim
from tests.support.site_of_two import START_NS, site


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path, site()) as opened:
        yield opened


def press(n: int, **changed: Any) -> Detection:
    """Return a press for help, `n` hundredths of a second after the start."""
    return claim(n * ns(0.01), kind="sos", **changed)


def posted(ledger: Ledger) -> list[dict[str, Any]]:
    found = (ledger.outbox.body(row.n) for row in ledger.outbox.waiting())
    return [json.loads(body) for body, _ in filter(None, found)]


def test_a_hundred_equal_presses_are_one_with_a_count(ledger: Ledger) -> None:
    presses = [press(n) for n in range(100)]
    assert ledger.outbox.put(presses, START_NS) == Put(1, 99)
    (told,) = posted(ledger)
    assert told["evidence"] == {"times": 100.0}
    assert told["reason"] == "a test (100 times)"
    assert (told["id"], told["onset_ns"]) == (presses[0].id, presses[0].onset_ns)
    assert told["decided_ns"] == presses[-1].decided_ns
    assert ledger.outbox.put(presses, START_NS) == Put(0, 0), "copies are known"


def test_after_the_first_has_gone_the_others_wait_for_each_other(ledger: Ledger) -> None:
    ledger.outbox.put([press(0)], START_NS)
    (first,) = ledger.outbox.waiting()
    assert ledger.outbox.delivered(first.n, 1, START_NS)
    assert ledger.outbox.put([press(n) for n in range(1, 10)], START_NS) == Put(1, 8)
    (row,) = ledger.outbox.waiting()
    assert (first.repeats, row.repeats, row.times) == (0, 1, 9)


def test_what_is_said_again_while_it_is_on_its_way_is_told_again(ledger: Ledger) -> None:
    ledger.outbox.put([press(0)], START_NS)
    (row,) = ledger.outbox.waiting()
    ledger.outbox.put([press(1)], START_NS)
    assert not ledger.outbox.delivered(row.n, 1, START_NS)
    assert ledger.outbox.depth == 1
    assert ledger.outbox.delivered(row.n, 2, START_NS)
    assert ledger.outbox.depth == 0


NEWS = [
    pytest.param(press(1, lone=True), id="a fact that makes it worse"),
    pytest.param(press(1, person="b-holm"), id="about somebody else"),
    pytest.param(press(1, device="badge-1"), id="of another device"),
    pytest.param(claim(1, kind="fall"), id="of another kind"),
    pytest.param(press(1, phase="update"), id="another phase"),
    pytest.param(press(1_001), id="more than ten seconds later"),
    pytest.param(press(1).model_copy(update={"zone": "lane"}), id="in another zone"),
    pytest.param(press(1).model_copy(update={"late": True}), id="a late one"),
    pytest.param(press(1).model_copy(update={"exercise": True}), id="of an exercise"),
]


@pytest.mark.parametrize("other", NEWS)
def test_what_differs_in_anything_that_counts_is_told_by_itself(
    ledger: Ledger, other: Detection
) -> None:
    assert ledger.outbox.put([press(0), other], START_NS) == Put(2, 0)
    assert [row.repeats for row in ledger.outbox.waiting()] == [0, 0]


def test_a_call_for_help_after_the_wearer_s_word_is_not_folded_into_one_before(
    ledger: Ledger,
) -> None:
    """Folded into the first it would have an onset that the cancel answers."""
    word = claim(ns(1), kind="cancel", cancelled=True)
    assert ledger.outbox.put([press(0), word, press(200)], START_NS) == Put(3, 0)
    assert [each["kind"] for each in posted(ledger)] == ["sos", "cancel", "sos"]


def test_a_wearer_s_word_is_not_folded_since_the_newer_counts(ledger: Ledger) -> None:
    words = [claim(n, kind="cancel", cancelled=True) for n in range(5)]
    assert ledger.outbox.put(words, START_NS) == Put(5, 0)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["sos", "fall", "cancel"]),
        st.sampled_from(["n-falk", "b-holm"]),
        st.integers(0, 3_000),
        st.booleans(),
    ),
    max_size=40,
)


@given(EVENTS)
def test_no_fact_and_no_press_gets_lost(events: list[tuple[str, str, int, bool]]) -> None:
    """The counts add up, and each person's claims say in their order what they said, once each."""
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder), site()) as ledger:
        made = [
            claim(n * ns(0.01), kind=kind, person=person, lone=lone)
            for n, (kind, person, _, lone) in enumerate(events)
        ]
        put = ledger.outbox.put(made, START_NS)
        assert put.new + put.folded == len(made)
        rows = posted(ledger)
        assert sum(row["evidence"].get("times", 1) for row in rows) == len(made)
        for person in ("n-falk", "b-holm"):
            said = [(d.kind, d.facts.lone) for d in made if d.person == person]
            told = [(row["kind"], row["facts"]["lone"]) for row in rows if row["person"] == person]
            assert _runs(told) == _runs(said)


def _runs(said: list[Any]) -> list[Any]:
    return [one for n, one in enumerate(said) if n == 0 or said[n - 1] != one]

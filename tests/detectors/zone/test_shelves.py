"""Shelves are a mapping like any other, and no copy changes another."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from detectors.zone.shelves import Shelves

NAMES = st.text(max_size=3)
CHANGES = st.lists(st.one_of(st.dictionaries(NAMES, st.integers(), max_size=4), NAMES))


@given(changes=CHANGES)
def test_shelves_are_what_a_dict_would_be(changes: list[dict[str, int] | str]) -> None:
    plain: dict[str, int] = {}
    shelved = Shelves[int]()
    for change in changes:
        before, was = shelved, dict(shelved)
        if isinstance(change, str):
            plain.pop(change, None)
            shelved = shelved.without(change)
        else:
            plain |= change
            shelved = shelved.having(change)
        assert dict(before) == was, "a copy changed what it was made from"
        assert shelved == plain
        assert len(shelved) == len(plain)
        assert all(name in shelved and shelved[name] == plain[name] for name in plain)
    assert shelved.get("nobody at all", 7) == 7
    assert pickle.loads(pickle.dumps(shelved)) == plain


def test_a_changed_copy_shares_all_shelves_but_one() -> None:
    everybody = Shelves[int]().having({f"person-{number}": number for number in range(3000)})
    changed = everybody.having({"person-7": 0})
    other = [a is b for a, b in zip(everybody.shelves, changed.shelves, strict=True)]
    assert other.count(False) == 1
    assert max(map(len, everybody.shelves)) < 40

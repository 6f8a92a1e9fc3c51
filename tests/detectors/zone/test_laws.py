"""What holds of the rules whatever people do: generated walks of several people over a site."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detectors.finding import Finding
from tests.support.rounds import Round

pytestmark = pytest.mark.slow

SITE = """
[[zone]]
id = "cell"
hazard = "A"
adjacent = ["yard", "tank"]
escort = ["guide"]
most_people = 2
[[zone]]
id = "lane"
hazard = "B"
roles = ["fitter"]
least_people = 2
alone_max_s = 40
entry_states = ["locked_out", "maintenance"]
[[zone]]
id = "tank"
hazard = "A"
idlh = true
permit_required = true
attendant = true
max_stay_s = 30
rest_s = 60
training = ["tanks"]
[[permit]]
id = "others"
zones = ["tank"]
wearers = ["dan"]
attendants = ["ben"]
valid_from = 2026-11-02T07:00:00
valid_to = 2026-11-02T08:01:00
[[certificate]]
wearer = "dan"
training = "tanks"
"""
PERMISSIONS = {
    "name-in-cell": ('id = "cell"', 'id = "cell"\nwearers = ["cleo"]'),
    "role-in-cell": ('id = "cell"', 'id = "cell"\nroles = ["fitter"]'),
    "role-in-lane": ('roles = ["fitter"]', 'roles = ["fitter", "visitor"]'),
    "state-of-lane": ('"locked_out", "maintenance"]', '"locked_out", "maintenance", "energised"]'),
    "open-lane": ('id = "lane"', 'id = "lane"\nopen_states = ["locked_out"]'),
    "permit": (
        'id = "others"',
        'id = "one-more"\nzones = ["tank", "cell"]\nwearers = ["anna"]\nattendants = ["cleo"]\n'
        'valid_from = 2026-11-02T08:00:20\nvalid_to = 2026-11-02T08:03:00\n'
        '[[permit]]\nid = "others"',
    ),
    "longer-permit": ("T08:01:00", "T08:05:00"),
    "entrant": ('wearers = ["dan"]', 'wearers = ["dan", "cleo"]'),
    "attendant": ('attendants = ["ben"]', 'attendants = ["ben", "anna"]'),
    "certificate": ("[[certificate]]", '[[certificate]]\nwearer = "cleo"\ntraining = "tanks"\n'
                    "[[certificate]]"),
    "escort": ('escort = ["guide"]', 'escort = ["guide", "fitter"]'),
}  # fmt: skip
PEOPLE = ("anna", "ben", "cleo", "dan")
ZONES = ("yard", "cell", "lane", "tank")


class Move(NamedTuple):
    """Somebody goes somewhere, or a zone's state changes, so many seconds after the last."""

    after_s: int
    person: str
    to: str | None


MOVES = st.lists(
    st.builds(
        Move,
        after_s=st.integers(0, 40),
        person=st.sampled_from(PEOPLE),
        to=st.sampled_from([*ZONES, None]),
    ),
    max_size=14,
)
STATES = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from(["energised", "locked_out", "maintenance"])),
    max_size=3,
)


def played(
    toml: str,
    moves: Sequence[Move],
    states: Sequence[tuple[int, str]] = (),
    end_s: int = 120,
    leave: Sequence[str] = PEOPLE,
) -> Round:
    """Return the round that these moves make; everybody leaves at the end of it, in this order."""
    play = Round(toml)
    where: dict[str, str] = {}
    at_s = 0.0
    told = sorted(states)
    for move in [*moves, *(Move(0, person, None) for person in leave)]:
        at_s += move.after_s
        while told and told[0][0] <= at_s:
            state_s, state = told.pop(0)
            play.is_set(state_s, "lane", state)  # type: ignore[arg-type]
        before = where.pop(move.person, None)
        if move.to is not None:
            where[move.person] = move.to
        if before == move.to:
            continue
        if before is not None and move.to is not None:
            play.goes(at_s, move.person, before, move.to)
        elif before is not None:
            play.leaves(at_s, move.person, before)
        elif move.to is not None:
            play.enters(at_s, move.person, move.to)
    return play.until(at_s + end_s)


@given(moves=MOVES, states=STATES)
@settings(max_examples=60)
def test_every_entry_has_one_exit_and_every_breach_ends(
    moves: list[Move], states: list[tuple[int, str]]
) -> None:
    open_claims: dict[tuple[str, str | None, str | None], Finding] = {}
    for finding in played(SITE, moves, states).found:
        key = (finding.kind, finding.person, finding.zone)
        assert finding.onset_ns <= finding.decided_ns
        if finding.phase == "onset":
            assert key not in open_claims, "told twice"
            open_claims[key] = finding
            continue
        assert open_claims[key].onset_ns == finding.onset_ns
        if finding.phase == "clear":
            del open_claims[key]
    assert open_claims == {}, "everybody left two minutes ago"


def people_in_breach(play: Round) -> set[tuple[str, str | None, str | None]]:
    return {(f.kind, f.person, f.zone) for f in play.found if f.kind != "presence"}


@pytest.mark.parametrize(("old", "new"), PERMISSIONS.values(), ids=PERMISSIONS.keys())
@given(moves=MOVES, states=STATES)
@settings(max_examples=25)
def test_a_permission_more_never_makes_a_breach(
    old: str, new: str, moves: list[Move], states: list[tuple[int, str]]
) -> None:
    assert old in SITE
    kinder = SITE.replace(old, new, 1)
    assert people_in_breach(played(kinder, moves, states)) <= people_in_breach(
        played(SITE, moves, states)
    )


RENAMED = {"anna": "ben", "ben": "anna"}


@given(moves=MOVES)
@example(moves=[Move(0, "anna", "lane"), Move(15, "ben", "lane")])
@settings(max_examples=40)
def test_the_order_of_people_does_not_matter(moves: list[Move]) -> None:
    """Two people with the same rights swap names, and nothing else is said."""
    toml = SITE.replace('escort = ["guide"]\n', "").replace('attendants = ["ben"]\n', "")
    swapped = [move._replace(person=RENAMED.get(move.person, move.person)) for move in moves]
    leave = [RENAMED.get(person, person) for person in PEOPLE]

    def told(play: Round, names: dict[str, str]) -> list[tuple[object, ...]]:
        return sorted(
            (f.kind, f.phase, f.onset_ns, f.decided_ns, names.get(str(f.person), str(f.person)),
             str(f.zone), re.sub("anna|ben", "x", f.reason).count("x"))
            for f in play.found
        )  # fmt: skip

    renamed = told(played(toml, swapped, leave=leave), RENAMED)
    assert told(played(toml, moves), {}) == renamed


FLAPS = st.lists(st.integers(1, 19), min_size=2, max_size=30)


@given(flaps=FLAPS)
@settings(max_examples=60)
def test_flapping_on_a_boundary_is_one_incident(flaps: list[int]) -> None:
    """Nobody is away for the twenty seconds that end a breach, however often they step out."""
    play = Round(SITE)
    at_s, inside = 0.0, False
    for after_s in [0, *flaps]:
        at_s += after_s
        if inside:
            play.goes(at_s, "dan", "lane", "yard")
        else:
            play.leaves(at_s, "dan", "yard").enters(at_s, "dan", "lane")
        inside = not inside
    play.until(at_s + 30)
    if inside:
        play.leaves(at_s + 30, "dan", "lane").until(at_s + 60)
    phases = [phase for phase, _ in play.said("zone_breach", "dan")]
    assert phases.count("onset") == 1
    assert phases.count("clear") == 1
    assert phases[-1] == "clear"
    assert len(phases) <= 2 + 5, "told again as it lasts, not as often as they step"


def test_flapping_between_two_forbidden_zones_is_one_incident_each() -> None:
    play = Round(SITE).enters(0, "cleo", "lane")
    for second in range(6, 120, 12):
        play.goes(second, "cleo", "lane", "tank").goes(second + 6, "cleo", "tank", "lane")
    onsets = [
        (f.zone, f.phase) for f in play.found if f.kind == "zone_breach" and f.phase == "onset"
    ]
    assert sorted(onsets) == [("lane", "onset"), ("tank", "onset")]


def test_coming_back_later_is_another_incident_and_says_so() -> None:
    play = Round(SITE).enters(0, "dan", "lane").leaves(10, "dan", "lane")
    play.until(60).enters(61, "dan", "lane")
    first, second = [f for f in play.found if f.kind == "zone_breach" and f.phase == "onset"]
    assert first.onset_ns != second.onset_ns
    assert second.evidence["earlier"] == 1
    assert "(time 2 in 8 h)" in second.reason

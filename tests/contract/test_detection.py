"""What a detection is about, and when it was, by the gateway's clock."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from contract.detection import Detection, subject_of
from contract.instants import ns
from tests.support.messages import EXAMPLES

T0_NS = 1_800_000_000 * 10**9


def claim(**changes: Any) -> Detection:
    """Return a claim that began at T0 and was settled 2 s later, with changes."""
    whole = {**EXAMPLES["detection"], "onset_ns": T0_NS, "decided_ns": T0_NS + ns(2), **changes}
    return Detection.model_validate(whole)


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        pytest.param(("fall", "a-lind", "kiln", "belt-1"), "person:a-lind", id="whoever is known"),
        pytest.param(
            ("fall", "a-lind", "kiln", "camera-1", "3/17"),
            "person:a-lind",
            id="whoever is known, though a camera tells of it",
        ),
        pytest.param(
            ("person_down", None, "kiln", "camera-1", "3/17"),
            "track:camera-1/3/17",
            id="whom a camera sees",
        ),
        pytest.param(("impact", None, "kiln", "rack-1"), "device:rack-1", id="equipment"),
        pytest.param(("blind_area", None, "kiln", "camera-1"), "device:camera-1", id="the camera"),
        pytest.param(
            ("overcrowded", None, "kiln", "camera-1", "3/17"), "zone:kiln", id="a zone as a whole"
        ),
    ],
)
def test_what_a_claim_is_about(told: tuple[Any, ...], subject: str) -> None:
    assert subject_of(*told) == subject


def test_a_claim_says_its_subject_itself() -> None:
    seen = claim(kind="person_down", person=None, device="camera-1", track="3/17")
    assert seen.subject == "track:camera-1/3/17"


def test_the_longest_subject_fits_where_it_is_kept() -> None:
    longest = f"{'9' * 16}/{'v' * 7}{'9' * 16}.256"
    seen = claim(person=None, device="c" * 63, track=longest)
    assert len(seen.subject) <= 120


@pytest.mark.parametrize("track", ["17", "3/", "/17", "3/17/4", "3/17.", "person:a-lind", "3/1 7"])
def test_what_is_no_track_is_refused(track: str) -> None:
    with pytest.raises(ValidationError, match="track"):
        claim(track=track)


@pytest.mark.parametrize(
    ("heard_s", "happened_s", "settled_s"),
    [
        pytest.param(2.3, 0, 2, id="heard at once"),
        pytest.param(-238, -238, -238, id="a belt whose clock is 4 min fast"),
        pytest.param(1, 0, 1, id="a second fast: begun before it was heard, settled when heard"),
        pytest.param(7200, 0, 2, id="spooled for two hours"),
        pytest.param(242, 0, 2, id="a belt whose clock is 4 min slow: taken at its word"),
        pytest.param(None, 0, 2, id="told by an older gateway"),
    ],
)
def test_nothing_happens_after_it_was_heard(
    heard_s: float | None, happened_s: float, settled_s: float
) -> None:
    told = claim(heard_ns=None if heard_s is None else T0_NS + ns(heard_s))
    assert told.happened_ns == T0_NS + ns(happened_s)
    assert told.settled_ns == T0_NS + ns(settled_s)


@pytest.mark.parametrize(
    ("said", "since_s"),
    [
        pytest.param({"facts": {"kind": "fall", "still_s": 15}}, -13, id="after a fall"),
        pytest.param(
            {"kind": "no_motion", "facts": {"kind": "no_motion"}, "evidence": {"still_s": 150.0}},
            -148,
            id="no motion: a number of its evidence",
        ),
        pytest.param(
            {"facts": {"kind": "fall", "still_s": 15}, "heard_ns": T0_NS - ns(238)},
            -253,
            id="by the gateway's clock",
        ),
        pytest.param({"facts": {"kind": "fall"}}, None, id="somebody who moves"),
    ],
)
def test_since_when_somebody_is_still(said: dict[str, Any], since_s: float | None) -> None:
    since_ns = claim(**said).still_since_ns
    assert since_ns == (None if since_s is None else T0_NS + ns(since_s))


def test_what_an_older_gateway_sends_says_nothing_of_it() -> None:
    told = Detection.model_validate(EXAMPLES["detection"])
    assert (told.track, told.heard_ns, told.signed) == (None, None, None)

"""Laws of what is told of people before a camera, whatever they do."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.instants import ns
from contract.tracks import Frame, TracksBlock
from detectors.finding import Finding
from detectors.subject import Subject
from detectors.vision.detector import CameraDetector
from tests.support.filmed import FPS, SIZE_PX, T0_NS, Body
from tests.support.hall import hall

pytestmark = pytest.mark.slow

CAMERA = CameraDetector().at(hall())

LOOKS = st.lists(
    st.tuples(
        st.sampled_from((0.0, 0.0, 0.3, 0.45, 0.6, 0.8, 1.0, 1.0, None)),
        st.sampled_from((1, 2, 6, 15, 40)),
        st.sampled_from((0, 3, 8)),
        st.floats(-60, 60),
    ),
    min_size=5,
    max_size=14,
)
"""How somebody holds themselves (None: not seen), for how many pictures, after how many on the way
there, and where they go."""
STANDS = (0.0, 15, 0, 20.0)
Looks = list[tuple[float | None, int, int, float]]


def told(looks: Looks, people: int = 1) -> list[Finding]:
    """Return what is told of people who all do the same, side by side."""
    state = CAMERA.start(Subject("camera-1", device="camera-1"))
    found: list[Finding] = []
    x, was, number = 320.0, 0.0, 0
    for lean, lasts, way, to_px in [STANDS, *looks]:
        for picture in range(1, way + lasts + 1):
            x = min(600.0, max(40.0, x + to_px / (way + lasts)))
            now = was if lean is None else was + (lean - was) * min(1.0, picture / (way + 1))
            bodies = [Body((x, 400.0 - 30 * n), track=n + 1, lean=now) for n in range(people)]
            tracks = tuple(body.track_of() for body in bodies) if lean is not None else ()
            t_ns = T0_NS + ns(number / FPS)
            block = TracksBlock(
                device="camera-1", seq=number, t0_ns=t_ns, size_px=SIZE_PX,
                frames=(Frame(t_ns=t_ns, tracks=tracks),),
            )  # fmt: skip
            state, new = CAMERA.step(state, block)
            found += new
            number += 1
        was = was if lean is None else lean
    return found


@given(looks=LOOKS, people=st.integers(1, 2))
@settings(max_examples=300)
def test_whatever_is_told_later_is_of_something_that_was_told(looks: Looks, people: int) -> None:
    begun: set[tuple[str, int, str | None, str | None]] = set()
    over: set[tuple[str, int, str | None, str | None]] = set()
    for finding in told(looks, people):
        claim = finding.kind, finding.onset_ns, finding.track, finding.zone
        if finding.phase == "onset":
            assert claim not in begun, "an onset is told once"
            begun.add(claim)
            continue
        known = {each[:3] for each in begun}
        assert claim[:3] in known, f"{finding.phase} of {finding.kind} that nobody was told of"
        assert claim not in over, "nothing is told of what is over"
        if finding.phase == "clear":
            over.add(claim)


@given(looks=LOOKS)
@settings(max_examples=60)
def test_one_person_is_down_once_at_a_time(looks: Looks) -> None:
    phases = [f.phase for f in told(looks) if f.kind in ("fall", "person_down")]
    onsets = [n for n, phase in enumerate(phases) if phase == "onset"]
    for one, other in pairwise(onsets):
        between = phases[one + 1 : other]
        assert "clear" in between or "update" in between, (
            "down again without having been up or lost"
        )

"""Who a camera sees in a zone: visits, and the laws that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.instants import ns
from contract.polygon import contains
from contract.tick import Tick
from contract.tracks import Frame, TracksBlock
from detectors.finding import Finding
from detectors.subject import Subject
from detectors.vision.detector import CameraDetector, CameraFinder
from tests.support.filmed import SIZE_PX, T0_NS, Body, at_s, filmed, walking
from tests.support.hall import hall

CAMERA = CameraDetector().at(hall())
ZONE = hall().devices["camera-1"].view.image_zones["stores"]  # type: ignore[union-attr]
OUT, IN = (100.0, 400.0), (480.0, 400.0)


def found(blocks: Iterable[TracksBlock | Tick], camera: CameraFinder = CAMERA) -> list[Finding]:
    state = camera.start(Subject("camera-1", device="camera-1"))
    told: list[Finding] = []
    for block in blocks:
        state, new = camera.step(state, block)
        told += new
    return told


def visits(told: Sequence[Finding]) -> list[tuple[str, float]]:
    return [(f.phase, round(at_s(f.onset_ns), 1)) for f in told if f.kind == "visit"]


def there_and_back(track: int = 1, **body: object) -> list[Body]:
    """Walk in for 2 s, stay for 4 s, walk out for 2 s, stand outside for 3 s."""
    who = replace(Body(OUT, track=track), **body)  # type: ignore[arg-type]
    way = [(OUT, IN, 2.0), (IN, IN, 4.0), (IN, OUT, 2.0), (OUT, OUT, 3.0)]
    film: list[Body] = []
    for begin, end, lasts_s in way:
        film += walking(replace(who, foot_px=begin, t_s=len(film) / 10), end, lasts_s)
    return film


def renumbered(film: Sequence[Body], begin: int, end: int, gap: int) -> list[Body]:
    """Lose the track for `gap` frames from `begin` on; a new number comes after."""
    kept = [body for n, body in enumerate(film) if not begin <= n < begin + gap]
    return [replace(b, track=end) if b.t_s >= (begin + gap) / 10 else b for b in kept]


ONE_VISIT = [("onset", 1.2), ("clear", 1.2)]


@pytest.mark.parametrize(
    ("film", "expected"),
    [
        pytest.param(there_and_back(), ONE_VISIT, id="in, stays, out"),
        pytest.param(renumbered(there_and_back(), 30, 9, 1), ONE_VISIT, id="the number changes"),
        pytest.param(renumbered(there_and_back(), 30, 9, 15), ONE_VISIT, id="hidden for 1.5 s"),
        pytest.param(there_and_back(confidence=0.15), [], id="never seen well"),
        pytest.param(walking(Body(OUT), (310, 400), 3.0), [], id="passes by outside"),
        pytest.param(
            [replace(Body(IN), t_s=n / 10, confidence=0.3) for n in range(50)],
            [],
            id="furniture: never moves, and looks little like a person",
        ),
        pytest.param(
            [replace(Body(IN), t_s=n / 10) for n in range(50)],
            [("onset", 0.0)],
            id="stands there from the first frame",
        ),
        pytest.param(walking(Body(IN), IN, 0.2), [], id="two frames are no visit"),
    ],
)
def test_visits(film: list[Body], expected: list[tuple[str, float]]) -> None:
    assert visits(found(filmed(film))) == expected


def test_heads_overlap_zones_that_feet_never_enter() -> None:
    film = walking(Body((480.0, 238.0), height_px=200), (500.0, 238.0), 3.0)
    assert visits(found(filmed(film))) == []
    tall = walking(Body((318.0, 470.0), height_px=400), (310.0, 470.0), 3.0)
    assert visits(found(filmed(tall))) == []


def test_two_who_come_together_are_two_visits() -> None:
    two = found(filmed(there_and_back(1), there_and_back(2, height_px=118.0)))
    onsets = [f for f in two if f.phase == "onset"]
    assert len(onsets) == 2
    assert {f.track for f in onsets} == {"0/1", "0/2"}


def test_a_stream_of_another_size_is_scaled() -> None:
    halved = [
        block.model_copy(
            update={
                "size_px": (320, 240),
                "frames": tuple(_halved(frame) for frame in block.frames),
            }
        )
        for block in filmed(there_and_back())
    ]
    assert visits(found(halved)) == ONE_VISIT


def _halved(frame: Frame) -> Frame:
    return frame.model_copy(
        update={
            "tracks": tuple(
                t.model_copy(
                    update={
                        "foot_px": (t.foot_px[0] / 2, t.foot_px[1] / 2),
                        "box_px": tuple(side / 2 for side in t.box_px),
                    }
                )
                for t in frame.tracks
            )
        }
    )


def still(from_s: float, lasts_s: float, **frame: object) -> list[TracksBlock]:
    return [
        TracksBlock(
            device="camera-1",
            seq=1000 + n,
            t0_ns=T0_NS + ns(from_s + n),
            size_px=SIZE_PX,
            frames=(Frame.model_validate({"t_ns": T0_NS + ns(from_s + n), **frame}),),
        )
        for n in range(round(lasts_s))
    ]


def test_whoever_stands_still_before_a_gated_camera_stays() -> None:
    standing = [replace(Body(IN), t_s=n / 10) for n in range(30)]
    told = found([*filmed(standing), *still(3.0, 60, still=True)])
    assert visits(told) == [("onset", 0.0)]


def test_an_empty_picture_ends_the_visit_at_the_last_foot_point() -> None:
    standing = [replace(Body(IN), t_s=n / 10) for n in range(30)]
    told = found([*filmed(standing), *still(3.0, 20)])
    assert visits(told) == [("onset", 0.0), ("clear", 0.0)]
    assert told[-1].evidence["dwell_s"] == pytest.approx(2.9)


def test_a_blind_camera_is_told_and_ends_no_visit() -> None:
    standing = [replace(Body(IN), t_s=n / 10) for n in range(30)]
    told = found([*filmed(standing), *still(3.0, 20, view="covered"), *still(23.0, 1)])
    assert [(f.kind, f.phase) for f in told] == [
        ("visit", "onset"),
        ("blind_area", "onset"),
        ("blind_area", "clear"),
        ("visit", "clear"),
    ]


def test_a_silent_camera_ends_its_visits() -> None:
    standing = [replace(Body(IN), t_s=n / 10) for n in range(30)]
    told = found([*filmed(standing), Tick(at_ns=T0_NS + ns(20)), Tick(at_ns=T0_NS + ns(40))])
    assert visits(told) == [("onset", 0.0), ("clear", 0.0)]


def test_motion_only_says_that_it_is_only_that() -> None:
    blocks = [
        block.model_copy(
            update={
                "sees": "motion",
                "frames": tuple(
                    frame.model_copy(
                        update={
                            "tracks": tuple(
                                t.model_copy(update={"seen": "motion", "keypoints": ()})
                                for t in frame.tracks
                            )
                        }
                    )
                    for frame in block.frames
                ),
            }
        )
        for block in filmed(there_and_back())
    ]
    told = found(blocks)
    assert visits(told) == ONE_VISIT
    assert all("motion only" in f.reason and f.confidence <= 0.3 for f in told)


PLACES = st.tuples(st.floats(0, 640), st.floats(200, 480))


@given(
    st.lists(PLACES, min_size=2, max_size=6),
    st.sets(st.integers(0, 80)),
    st.lists(st.integers(0, 60), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_laws_of_visits(
    way: list[tuple[float, float]], lost: set[int], renumber: list[int]
) -> None:
    """A visit has foot points inside; every entry one exit at most; frames may be lost."""
    film: list[Body] = []
    for begin, end in pairwise(way):
        film += walking(replace(Body(begin), t_s=len(film) / 10), end, 1.5)
    for track, at in enumerate(renumber, start=2):
        film = [replace(b, track=track) if n >= at else b for n, b in enumerate(film)]
    blocks = list(filmed(film, lost=frozenset(lost)))
    end_ns = T0_NS + ns(len(film) / 10)
    told = found([*blocks, Tick(at_ns=end_ns + ns(60))])
    inside_ns = {
        frame.t_ns
        for block in blocks
        for frame in block.frames
        for track in frame.tracks
        if contains(ZONE, track.foot_px)
    }
    begun: set[int] = set()
    for each in (f for f in told if f.kind == "visit"):
        if each.phase == "onset":
            assert each.onset_ns not in begun
            begun.add(each.onset_ns)
            began_ns = min(inside_ns, key=lambda t: abs(t - each.onset_ns))
            assert abs(began_ns - each.onset_ns) < 1000
            assert sum(each.onset_ns <= t <= each.decided_ns + 1 for t in inside_ns) >= 3
        else:
            begun.remove(each.onset_ns)
    assert not begun


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_a_third_of_the_frames_lost_changes_no_visit(seed: int) -> None:
    lost = frozenset(n for n in range(110) if Random(seed * 1000 + n).random() < 0.3)
    told = [phase for phase, _ in visits(found(filmed(there_and_back(), lost=lost)))]
    assert told == ["onset", "clear"]

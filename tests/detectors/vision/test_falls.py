"""Who a camera sees go down: falls, people who lie there, and all that only looks like it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.instants import ns
from contract.tracks import Frame, TracksBlock
from detectors.finding import Finding
from detectors.subject import Subject
from detectors.vision.detector import CameraDetector
from tests.support.filmed import SIZE_PX, T0_NS, Body, at_s, falling, filmed, walking
from tests.support.hall import hall

CAMERA = CameraDetector().at(hall())
AT = (480.0, 400.0)
WALKS = walking(Body((300, 400)), AT, 3.0)
WAY = [480.0 - 6 * n for n in range(20)]
"""Somebody who crawls away, in two seconds."""


def found(film: list[Body], empty_s: float = 0.0) -> list[Finding]:
    state = CAMERA.start(Subject("camera-1", device="camera-1"))
    told: list[Finding] = []
    blocks = list(filmed(film))
    end_ns = blocks[-1].t0_ns
    for n in range(1, round(empty_s * 10) + 1):
        t_ns = end_ns + ns(n / 10)
        frame = Frame(t_ns=t_ns)
        blocks.append(
            TracksBlock(
                device="camera-1", seq=5000 + n, t0_ns=t_ns, size_px=SIZE_PX, frames=(frame,)
            )
        )
    for block in blocks:
        state, new = CAMERA.step(state, block)
        told += [f for f in new if f.kind in ("fall", "person_down")]
    return told


def up_again(from_s: float) -> list[Body]:
    return walking(Body(AT, t_s=from_s), (400, 400), 3.0)


def down(lies_s: float, deep: float = 1.0, **how: float) -> list[Body]:
    film = falling(Body(AT), 3.0, lies_s, **how)
    return [replace(body, lean=min(deep, body.lean)) for body in film]


def way_down(lying_looks: int) -> list[Body]:
    film = down(5, falls_s=0.8)
    lying = [body for body in film if body.lean >= 0.75]
    return [*(body for body in film if body.lean < 0.45), *lying[:lying_looks]]


@pytest.mark.parametrize(
    ("film", "empty_s", "expected"),
    [
        pytest.param([*WALKS, *down(5)], 0, [("fall", "onset")], id="falls and lies"),
        pytest.param([*WALKS, *down(0.5)], 3, [("fall", "onset")], id="not seen once down"),
        pytest.param(
            [*WALKS, *way_down(lying_looks=1)],
            3,
            [("fall", "onset")],
            id="lost as they come to lie",
        ),
        pytest.param([*WALKS, *way_down(lying_looks=0)], 3, [], id="lost on the way down"),
        pytest.param(
            [*WALKS, replace(Body(AT, lean=1.0), t_s=3.0)], 3, [], id="a box gone wrong, then lost"
        ),
        pytest.param(
            [*WALKS, *way_down(lying_looks=1), replace(Body(AT, lean=0.45), t_s=4.0)],
            3,
            [],
            id="one look of lying, and then one of neither",
        ),
        pytest.param(
            [*WALKS, *down(20)],
            0,
            [("fall", "onset"), ("fall", "update")],
            id="and does not move",
        ),
        pytest.param(
            [*WALKS, *down(4), *up_again(7.6)],
            0,
            [("fall", "onset"), ("fall", "clear")],
            id="gets up",
        ),
        pytest.param([*WALKS, *down(0.4), *up_again(4.0)], 0, [], id="up again at once"),
        pytest.param([*WALKS, *down(3, deep=0.45)], 0, [], id="bends over for 3 s"),
        pytest.param(WALKS, 5, [], id="walks, and is lost upright"),
        pytest.param([*WALKS, *down(8, falls_s=5.0)], 0, [], id="lies down slowly: not yet"),
        pytest.param(
            [*WALKS, *down(25, falls_s=5.0)],
            0,
            [("person_down", "onset"), ("person_down", "update")],
            id="lies down slowly and stays",
        ),
        pytest.param(
            [replace(Body(AT, lean=1.0), t_s=n / 10) for n in range(250)],
            0,
            [("person_down", "onset"), ("person_down", "update")],
            id="lay there from the first",
        ),
        pytest.param(
            [replace(Body(AT, lean=1.0, confidence=0.3), t_s=n / 10) for n in range(250)],
            0,
            [],
            id="a table's foot lies, too",
        ),
    ],
)
def test_falls(film: list[Body], empty_s: float, expected: list[tuple[str, str]]) -> None:
    told = found(film, empty_s)
    # Still and person_down fall due together: either may be told first, both are.
    assert [(f.kind, f.phase) for f in told][: len(expected)] == expected[: len(told)]
    assert len(told) == len(expected)


def test_a_fall_is_told_a_second_after_it() -> None:
    (fall,) = found([*WALKS, *down(5)])
    assert at_s(fall.onset_ns) == pytest.approx(3.2, abs=0.3)
    assert at_s(fall.decided_ns) <= 3.0 + 0.6 + 1.1


def test_what_is_told_later_is_of_the_same_fall() -> None:
    """They try to rise and drop back, faster than they fell: a claim is found by its onset."""
    fell = down(4, falls_s=1.0)
    tries = [replace(Body(AT, lean=lean), t_s=8.0 + n / 10) for n, lean in enumerate((0.4, 0.4))]
    lies = [replace(Body(AT, lean=1.0), t_s=8.2 + n / 10) for n in range(200)]
    told = found([*WALKS, *fell, *tries, *lies])
    assert [(f.kind, f.phase) for f in told] == [("fall", "onset"), ("fall", "update")]
    assert {f.onset_ns for f in told} == {told[0].onset_ns}


def test_a_new_number_for_who_lies_there_is_nobody_new() -> None:
    film = [replace(body, track=1 if body.t_s < 8 else 9) for body in [*WALKS, *down(25)]]
    told = found(film)
    assert [(f.phase, f.track) for f in told] == [("onset", "0/1"), ("update", "0/1")]


def test_each_new_stillness_of_who_lies_there_is_told() -> None:
    crawls = [replace(Body((x, 400), lean=1.0), t_s=22.0 + n / 10) for n, x in enumerate(WAY)]
    lies = [replace(Body((WAY[-1], 400), lean=1.0), t_s=24.0 + n / 10) for n in range(300)]
    told = found([*WALKS, *down(18.4), *crawls, *lies])
    assert [f.phase for f in told] == ["onset", "update", "update"]
    assert [at_s(f.decided_ns - ns(float(f.facts["still_s"]))) for f in told[1:]] == [
        pytest.approx(3.5, abs=0.3),
        pytest.approx(24.0, abs=0.6),
    ]


def test_whoever_walks_out_below_has_not_fallen() -> None:
    """The picture's edge cuts them off: the box becomes flat, the trunk stays upright."""
    film = list(filmed(walking(Body((480, 360), height_px=200), (480, 680), 3.0)))
    told: list[Finding] = []
    state = CAMERA.start(Subject("camera-1", device="camera-1"))
    for block in film:
        frames = tuple(
            frame.model_copy(
                update={
                    "tracks": tuple(
                        t.model_copy(
                            update={
                                "box_px": (
                                    *t.box_px[:3],
                                    max(1.0, min(t.box_px[3], 480 - t.box_px[1])),
                                ),
                            }
                        )
                        for t in frame.tracks
                        if t.box_px[1] < 478
                    )
                }
            )
            for frame in block.frames
        )
        state, new = CAMERA.step(state, block.model_copy(update={"frames": frames}))
        told += new
    for n in range(1, 60):
        t_ns = T0_NS + ns(3 + n / 10)
        frame = Frame(t_ns=t_ns)
        state, new = CAMERA.step(
            state,
            TracksBlock(device="camera-1", seq=n, t0_ns=t_ns, size_px=SIZE_PX, frames=(frame,)),
        )
        told += new
    assert [f for f in told if f.kind in ("fall", "person_down")] == []

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from contract.instants import ns
from contract.tracks import Frame
from edge.vision.masks import Masks
from edge.vision.models.motion import Motion
from edge.vision.models.movenet import MoveNet
from edge.vision.people import Picture, Seen
from edge.vision.stream import pictures
from edge.vision.watch import Watch
from tests.support.videos import walker
from tests.support.weights import movenet as movenet

FPS = 10.0


class Darkest:
    """A model of the test's pictures: their walker is the only thing that is nearly black."""

    name = "darkest"
    finds: Literal["people"] = "people"

    def find(self, picture: Picture) -> Sequence[Seen]:
        ys, xs = np.nonzero((picture < 40).all(axis=2))
        if len(xs) < 500:
            return ()
        box = float(xs.min()), float(ys.min()), float(np.ptp(xs)), float(np.ptp(ys))
        return (Seen(box, 0.9),)


def frames(watch: Watch, shown: Sequence[Picture]) -> list[Frame | None]:
    return [watch.step(ns(1 + n / FPS), picture.copy()) for n, picture in enumerate(shown)]


def no_masks() -> Masks:
    return Masks((1, 1), ())


def test_an_empty_hall_costs_a_look_every_two_seconds_and_is_told_every_second() -> None:
    empty = list(walker(25))
    watch = Watch(Darkest(), no_masks())
    told = frames(watch, empty * 24)  # a minute
    assert watch.asked < 60
    heard = [frame for frame in told if frame is not None]
    assert len(heard) > 55
    assert all(not frame.tracks for frame in heard)
    gaps = np.diff([frame.t_ns for frame in heard])
    assert gaps.max() <= ns(1.2)


def test_whoever_comes_in_is_looked_at_at_once() -> None:
    scene = list(walker(45))
    watch = Watch(Darkest(), no_masks())
    told = frames(watch, [*scene[:25] * 8, *scene[25:]])
    first = next(n for n, frame in enumerate(told) if frame is not None and frame.tracks)
    assert first <= 25 * 8 + 2


def test_whoever_lies_still_stays_found() -> None:
    scene = list(walker(60))
    watch = Watch(Darkest(), no_masks())
    told = frames(watch, [*scene[:50], *[scene[50]] * 5, *[scene[51], scene[50]] * 60])
    late = [frame for frame in told[-50:] if frame is not None]
    assert len({track.track for frame in late for track in frame.tracks}) == 1
    assert sum(1 for frame in late if frame.tracks) >= 8


def test_a_blind_camera_says_so_and_nobody_else_does_for_it() -> None:
    watch = Watch(Darkest(), no_masks())
    black = np.zeros((240, 320, 3), np.uint8)
    told = frames(watch, [*walker(25), *[black] * 60])
    assert told[-1] is None or told[-1].view == "black"
    said = [frame for frame in told[60:] if frame is not None]
    assert {frame.view for frame in said} == {"black"}
    assert len(said) >= 2


def test_motion_says_that_it_is_only_that() -> None:
    watch = Watch(Motion(), no_masks())
    told = [frame for frame in frames(watch, list(walker(90))) if frame is not None]
    seen = {track.seen for frame in told for track in frame.tracks}
    assert seen == {"motion"}


@pytest.mark.recordings
@pytest.mark.slow
def test_movenet_finds_the_people_of_a_street(recordings: Path, movenet: Path) -> None:
    folder = recordings / "camera/zones/tud-campus"
    truth: dict[int, int] = {}
    for line in (folder / "gt.txt").read_text().splitlines():
        number = int(line.split(",")[0])
        truth[number] = truth.get(number, 0) + 1
    model = MoveNet(movenet, least_score=0.12)
    found = there = 0
    for n, (_at_s, picture) in enumerate(pictures(str(folder / "TUD-Campus.mp4")), start=1):
        if n % 7 == 0:
            seen = model.find(picture)
            found += len(seen)
            there += truth.get(n, 0)
            assert all(one.keypoints is not None for one in seen)
    assert 0.7 * there <= found <= 1.1 * there

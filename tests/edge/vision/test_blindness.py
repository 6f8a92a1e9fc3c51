from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from contract.instants import ns
from contract.tracks import View
from edge.vision.blindness import Blindness
from edge.vision.people import Picture
from edge.vision.stream import pictures
from tests.support.videos import walker

FPS = 5.0
SIZE = (640, 480)
Spoil = Callable[[Picture, int], Picture]


def views(shown: Iterator[Picture]) -> list[View]:
    blindness = Blindness()
    return [blindness.look(ns(1 + n / FPS), picture) for n, picture in enumerate(shown)]


def spoilt(spoil: Spoil, seconds: float = 30, from_s: float = 10) -> list[View]:
    """Return what is said of a good camera that is spoilt after a while."""
    shown = walker(int(seconds * FPS), SIZE)
    return views(
        spoil(picture, n) if n >= from_s * FPS else picture for n, picture in enumerate(shown)
    )


def shifted(right: int, down: int) -> Spoil:
    def spoil(picture: Picture, n: int) -> Picture:
        moved = np.array([[1, 0, right], [0, 1, down]], np.float32)
        return np.asarray(
            cv2.warpAffine(picture, moved, SIZE, borderMode=cv2.BORDER_REFLECT), np.uint8
        )

    return spoil


def elsewhere(picture: Picture, n: int) -> Picture:
    other = next(walker(1, SIZE, seed=9))
    return np.asarray(np.maximum(other, picture % 8), np.uint8)


def hand(picture: Picture, n: int) -> Picture:
    """What is left of a picture behind a hand: two soft shades of its mean."""
    shades = np.array([[picture.mean() / 3 + n % 3, picture.mean() / 2]], np.float32)
    grey = cv2.resize(shades, SIZE, interpolation=cv2.INTER_LINEAR)
    return np.repeat(grey.astype(np.uint8)[:, :, np.newaxis], 3, axis=2)


def darker(picture: Picture, n: int) -> Picture:
    return np.asarray(picture * 0.45, np.uint8)


@pytest.mark.parametrize(
    ("spoil", "view"),
    [
        pytest.param(lambda p, n: np.asarray(p // 40, np.uint8), "black", id="the light is off"),
        pytest.param(
            lambda p, n: hand(p, n),
            "covered",
            id="a hand before it",
        ),
        pytest.param(lambda p, n: np.full_like(p, 120 + n % 3), "covered", id="painted over"),
        pytest.param(shifted(90, 40), "moved", id="knocked"),
        pytest.param(elsewhere, "moved", id="turned away"),
    ],
)
def test_says_why_a_camera_is_blind(spoil: Spoil, view: View) -> None:
    said = spoilt(spoil)
    assert set(said[: int(10 * FPS)]) == {"clear"}
    assert said[-1] == view


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda p, n: p, id="somebody walks by"),
        pytest.param(darker, id="half of the lights go out"),
        pytest.param(shifted(3, 2), id="it trembles"),
        pytest.param(
            lambda p, n: np.zeros_like(p) if n % 20 == 0 else p, id="a black picture now and then"
        ),
    ],
)
def test_what_is_no_blindness(spoil: Spoil) -> None:
    assert set(spoilt(spoil)) == {"clear"}


def test_the_same_picture_to_the_bit_for_long_is_frozen_and_a_still_scene_is_not() -> None:
    last = list(walker(20, SIZE))
    said = views(iter([*last, *[last[-1]] * 150, *last]))
    assert said[19] == "clear"
    assert said[20 + int(25 * FPS)] == "frozen"
    assert said[-1] == "clear"


def test_it_sees_again_when_it_is_uncovered() -> None:
    shown = list(walker(150, SIZE))
    covered = [np.full_like(picture, 120 + n % 3) for n, picture in enumerate(shown[50:100])]
    said = views(iter([*shown[:50], *covered, *shown[100:]]))
    assert said[99] == "covered"
    assert said[-1] == "clear"


@pytest.mark.recordings
@pytest.mark.slow
@pytest.mark.parametrize(
    ("video", "fps"),
    [
        pytest.param("zones/pets09-s2l1/vtest.avi", 7, id="a yard with many people"),
        pytest.param("zones/tud-campus/TUD-Campus.mp4", 25, id="people fill the picture"),
        pytest.param("zones/one-by-one/one-by-one-person-detection.mp4", 10, id="one by one"),
        pytest.param("falls/urfd-fall-03.mp4", 30, id="a room"),
        pytest.param("falls/gmdcsa24-subject-1-adl-16.mp4", 30, id="a room with daylight"),
    ],
)
def test_no_recording_is_called_blind(recordings: Path, video: str, fps: float) -> None:
    blindness = Blindness()
    shown = pictures(str(recordings / "camera" / video))
    every = max(1, round(fps / 3))
    said = {
        blindness.look(ns(1 + n * every / fps), picture)
        for n, (_at_s, picture) in enumerate(islice(shown, 0, None, every))
    }
    assert said == {"clear"}

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, pairwise
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


def dimmed(share: float) -> Spoil:
    """What a camera without infrared sees when nearly all lights are out: little, and noise."""
    chance = np.random.default_rng(4)
    shape = (SIZE[1], SIZE[0], 3)
    noises = [np.asarray(chance.normal(12, 4, shape).clip(0, 255), np.uint8) for _ in range(3)]

    def spoil(picture: Picture, n: int) -> Picture:
        return np.asarray(cv2.addWeighted(picture, share, noises[n % 3], 1, -12), np.uint8)

    return spoil


REAL = (
    "zones/pets09-s2l1/vtest.avi",
    "zones/tud-campus/TUD-Campus.mp4",
    "zones/kitti-17/KITTI-17.mp4",
    "falls/urfd-fall-03.mp4",
    "falls/gmdcsa24-subject-1-adl-16.mp4",
)
SOME = [REAL[0], *(pytest.param(video, marks=pytest.mark.long) for video in REAL[1:])]
"""One of them with every run, all with `make test-all`."""


def held(recordings: Path, video: str, seconds: float) -> list[Picture]:
    """Return the first picture of a film, again and again, with a sensor's noise."""
    first = next(pictures(str(recordings / "camera" / video)))[1]
    first = np.asarray(cv2.resize(first, SIZE), np.uint8)
    noise = np.random.default_rng(7).integers(0, 3, first.shape, np.uint8)
    return [
        np.asarray(cv2.add(first, np.roll(noise, 7 * n, axis=1)), np.uint8)
        for n in range(int(seconds * FPS))
    ]


@pytest.mark.recordings
@pytest.mark.slow
@pytest.mark.parametrize("video", SOME)
@pytest.mark.parametrize("share", [0.4, 0.2])
def test_a_still_hall_at_night_is_no_blind_camera(
    recordings: Path, video: str, share: float
) -> None:
    """Dark from the start, and after a day of light: neither covered, nor frozen, nor moved."""
    day, night = held(recordings, video, 8), held(recordings, video, 24)
    dark = dimmed(share)
    assert set(views(dark(picture, n) for n, picture in enumerate(night))) == {"clear"}
    both = [*day, *(dark(picture, n) for n, picture in enumerate(night))]
    assert set(views(iter(both))) == {"clear"}


def smeared(picture: Picture, n: int) -> Picture:
    small = cv2.GaussianBlur(cv2.resize(picture, (80, 60)), (0, 0), 8)
    return np.asarray(cv2.resize(small, SIZE), np.uint8)


@pytest.mark.recordings
@pytest.mark.slow
@pytest.mark.parametrize("video", SOME)
@pytest.mark.parametrize(
    ("spoil", "view"),
    [
        pytest.param(lambda p, n: np.asarray(p // 40, np.uint8), "black", id="the light is off"),
        pytest.param(lambda p, n: hand(p, n), "covered", id="a hand before it"),
        pytest.param(lambda p, n: np.full_like(p, 120 + n % 3), "covered", id="painted over"),
        pytest.param(smeared, "covered", id="smeared"),
        pytest.param(shifted(90, 40), "moved", id="knocked"),
    ],
)
def test_real_scenes_with_a_fault(recordings: Path, video: str, spoil: Spoil, view: View) -> None:
    shown = held(recordings, video, 30)
    said = views(spoil(p, n) if n >= 10 * FPS else p for n, p in enumerate(shown))
    assert set(said[: int(10 * FPS)]) == {"clear"}
    assert said[-1] == view


@pytest.mark.recordings
@pytest.mark.long
@pytest.mark.parametrize(("video", "other"), [*pairwise(REAL)])
def test_a_real_scene_turned_into_another(recordings: Path, video: str, other: str) -> None:
    shown = [*held(recordings, video, 10), *held(recordings, other, 20)]
    assert views(iter(shown))[-1] == "moved"


@pytest.mark.recordings
@pytest.mark.slow
@pytest.mark.parametrize("video", SOME)
def test_a_real_scene_that_freezes(recordings: Path, video: str) -> None:
    shown = held(recordings, video, 10)
    assert views(iter([*shown, *[shown[-1]] * 150]))[-1] == "frozen"


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

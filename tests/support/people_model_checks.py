"""What every people model promises. A new one is held to this without a line of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edge.vision.people import PeopleModel, Picture

MakeModel = Callable[[], PeopleModel]

SIZES_PX = ((640, 480), (101, 57), (57, 101), (16, 16), (1920, 1080))
"""Width and height: of a camera, of odd ones, of the smallest that a feed lets through."""


def pictures(width: int, height: int) -> dict[str, Picture]:
    """Return what a camera may show, by what it is: nothing, noise, something bright that moves."""
    noise = np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)
    bright = np.full((height, width, 3), 30, np.uint8)
    bright[height // 4 : height // 2, width // 4 : width // 2] = 240
    return {
        "black": np.zeros((height, width, 3), np.uint8),
        "white": np.full((height, width, 3), 255, np.uint8),
        "noise": noise,
        "something bright": bright,
    }


def check_takes_any_picture(make: MakeModel) -> None:
    """Boxes lie within the picture and scores within 0…1, whatever it shows and is as large as."""
    for width, height in SIZES_PX:
        model = make()
        for what, picture in pictures(width, height).items():
            for seen in model.find(picture):
                left, top, wide, high = seen.box_px
                assert wide >= 1, what
                assert high >= 1, what
                assert -0.01 <= left <= left + wide <= width + 0.01, (what, seen.box_px)
                assert -0.01 <= top <= top + high <= height + 0.01, (what, seen.box_px)
                assert 0 <= seen.score <= 1, (what, seen.score)
                assert seen.keypoints is None or seen.keypoints.shape == (17, 3), what


def check_leaves_the_picture_alone(make: MakeModel) -> None:
    """The same picture goes into a clip."""
    model = make()
    for what, picture in pictures(320, 240).items():
        before = picture.copy()
        model.find(picture)
        assert np.array_equal(picture, before), what


def check_says_the_same_twice(make: MakeModel) -> None:
    """Cameras share one model of people, so it remembers nothing of any of them."""
    model = make()
    if model.finds == "motion":
        return  # it is what it remembers, and each camera has its own
    for what, picture in pictures(320, 240).items():
        first, second = model.find(picture), model.find(picture)
        assert [one.box_px for one in first] == [one.box_px for one in second], what


def check_says_what_it_is(make: MakeModel) -> None:
    """Both travel with every block, and what its boxes are of decides what may be claimed."""
    model = make()
    assert 0 < len(model.name) <= 63
    assert model.finds in ("people", "motion")


Check = Callable[[MakeModel], None]

CHECKS: tuple[Check, ...] = (
    check_takes_any_picture,
    check_leaves_the_picture_alone,
    check_says_the_same_twice,
    check_says_what_it_is,
)

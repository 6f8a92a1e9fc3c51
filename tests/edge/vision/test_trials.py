"""Pictures and films as cameras and phones make them."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.vision.jpeg import developed
from edge.vision.shot import NotAPictureError
from edge.vision.stream import open_stream, picture_of, pictures

TRIALS = Path(__file__).parent.parent / "trials" / "pictures"
GRADIENT = np.add.outer(np.arange(48), 2 * np.arange(64)).astype(np.uint8)
PICTURE = cv2.merge([GRADIENT, GRADIENT // 2, 255 - GRADIENT])
JPEG = cv2.imencode(".jpg", PICTURE)[1].tobytes()


@pytest.mark.parametrize("name", ["after_end_crlf.jpg", "after_end_boundary.jpg"])
def test_a_picture_with_something_behind_its_end_is_a_picture(name: str) -> None:
    assert min(developed((TRIALS / name).read_bytes()).shape[:2]) >= 16


@pytest.mark.parametrize(
    "trailer",
    [
        pytest.param(b"\r\n", id="a line end"),
        pytest.param(b"\xff", id="0xFF"),
        pytest.param(b"\xff\xff\xff\xff", id="fill bytes"),
        pytest.param(b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n", id="a MIME boundary"),
        pytest.param(b"SEFT" + bytes(range(256)), id="a maker's trailer"),
    ],
)
def test_whatever_is_behind_a_picture_costs_nothing(trailer: bytes) -> None:
    assert np.array_equal(developed(JPEG + trailer), developed(JPEG))


def with_segment(number: int, content: bytes) -> bytes:
    """Return the picture with a segment before all others, as makers put EXIF."""
    size = (len(content) + 2).to_bytes(2, "big")
    return JPEG[:2] + bytes([0xFF, number]) + size + content + JPEG[2:]


def test_half_a_picture_is_half_a_picture_although_its_thumbnail_is_whole() -> None:
    whole = with_segment(0xE2, JPEG[:2000])
    assert developed(whole).shape == PICTURE.shape
    with pytest.raises(NotAPictureError, match="half a JPEG"):
        developed(with_segment(0xE2, b"\xff\xd8\xff\xd9")[:-20])


def test_a_picture_is_upright_as_its_exif_says() -> None:
    turned = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"
    assert np.array_equal(developed(with_segment(0xE1, turned)), np.rot90(developed(JPEG), 2))


def test_a_film_is_upright_as_its_metadata_says() -> None:
    stream = open_stream(str(TRIALS / "rot180.mp4"))
    frame = next(frames[0] for _packet, frames in stream.read() if frames)
    raw = frame.to_ndarray(format="bgr24")
    assert np.array_equal(picture_of(frame), np.rot90(raw, 2))
    stream.close()


def test_raw_h264_plays_at_its_rate() -> None:
    times = [at_s for at_s, _picture in pictures(str(TRIALS / "raw.h264"))]
    assert len(times) == 40
    assert times[-1] == pytest.approx(3.9)
    assert all(later > before for before, later in itertools.pairwise(times))

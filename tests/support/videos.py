"""Small videos made for a test: a noisy wall, and something that walks before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from edge.vision.people import Picture

SIZE = (320, 240)


def walker(count: int, size: tuple[int, int] = SIZE, seed: int = 1) -> Iterator[Picture]:
    """Yield pictures of a patterned wall; after a second a dark block walks across it."""
    chance = np.random.default_rng(seed)
    width = size[0]
    wall = cv2.resize(chance.integers(60, 200, (24, 32, 3), np.uint8), size)
    noise = chance.integers(0, 5, wall.shape, np.uint8)
    for n in range(count):
        picture = cv2.add(wall, np.roll(noise, 7 * n, axis=1))
        if n >= 25:
            left = 10 + 3 * (n - 25)
            cv2.rectangle(picture, (left, 60), (left + width // 12, 200), (20, 20, 20), -1)
        yield np.asarray(picture, np.uint8)


def written(
    path: Path,
    pictures: Callable[[], Iterator[Picture]] | None = None,
    *,
    codec: str = "libx264",
    fps: int = 25,
) -> Path:
    """Write pictures as a video of one codec, and return where."""
    with av.open(str(path), "w") as container:
        x264 = {"g": "12", "bf": "0", "preset": "ultrafast", "threads": "1"}
        options = x264 if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=fps, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for picture in (pictures or (lambda: walker(75)))():
            if not stream.codec_context.is_open:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path

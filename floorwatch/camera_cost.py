"""Measures what cameras cost: one on one core, and several at once through the real driver.

Each is measured in a process of its own, which holds what an agent holds and nothing else:
`python -m floorwatch.camera_cost alone VIDEO`, and `… together HD_VIDEO CAMERAS FPS SECONDS`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from contract.instants import ns, seconds
from contract.message import Block
from contract.site import About, Broker, Site
from contract.tracks import TracksBlock
from edge.errors import EdgeError
from edge.sensor import Context
from edge.sensors.camera import Camera
from edge.vision.loader import load
from edge.vision.model import Model
from edge.vision.stream import StreamEndedError, open_stream, picture_of, pictures
from edge.vision.tracker import Tracker
from edge.way import Way

PICTURES = 200
HD = (1280, 720)
HD_FPS = 25
WARM_S = 3.0
"""Model and streams are open after that; what comes before is not counted."""


@dataclass(frozen=True)
class CostAlone:
    """Processor time for each picture, and what of it could be done a second on one core."""

    pictures: int
    size_px: tuple[int, int]
    fps: float
    decode_ms: float
    model_ms: float
    tracker_ms: float
    rss_mb: float


@dataclass(frozen=True)
class Together:
    """Several cameras through the driver, in real time."""

    cameras: int
    cores: float
    looked_share: float
    pictures_s: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    rss_mb: float


def alone(video: Path) -> CostAlone:
    """Decode a video, find people in every picture and follow them, on one thread."""
    cv2.setNumThreads(1)
    model, tracker = load(Model()), Tracker()
    spent = {"decode": 0.0, "model": 0.0, "tracker": 0.0}
    count, size = 0, (0, 0)
    with closing(open_stream(str(video))) as stream:
        reading = stream.read()
        while count < PICTURES:
            began = time.thread_time()
            try:
                _packet, frames = next(reading)
            except (StopIteration, StreamEndedError):
                break
            shown = [picture_of(frame) for frame in frames]
            spent["decode"] += time.thread_time() - began
            for picture in shown:
                began = time.thread_time()
                seen = model.find(picture)
                found = time.thread_time()
                tracker.step(ns(1 + count / 25), seen)
                if count:  # the first picks its kernels and its memory
                    spent["model"] += found - began
                    spent["tracker"] += time.thread_time() - found
                count += 1
                size = picture.shape[1], picture.shape[0]
    if count < 10:
        raise EdgeError(f"{video}: {count} pictures are too few to measure anything")
    each = {name: spent_s / count for name, spent_s in spent.items()}
    return CostAlone(
        count,
        size,
        1 / sum(each.values()),
        1000 * each["decode"],
        1000 * each["model"],
        1000 * each["tracker"],
        _rss_mb(),
    )


def together(file: Path, cameras: int, fps: float, for_s: float) -> Together:
    """Run so many cameras through the driver on one file, in real time."""
    told: list[tuple[float, int]] = []
    lock = threading.Lock()

    def emit(
        block: Block,
        *,
        numbered: bool = True,
        settled: Callable[[], None] | None = None,
        way: Way | None = None,
    ) -> None:
        assert isinstance(block, TracksBlock)
        now_ns = time.time_ns()
        with lock:
            told.extend(
                (seconds(now_ns - frame.t_ns), int(not frame.still)) for frame in block.frames
            )

    refused: list[str] = []
    context = Context(Site(site=About(id="bench")), "bench", Broker(), clock=time.time_ns)
    sources = [
        Camera(device=f"camera-{n}", url=str(file), fps=fps, repeat=True).open(context)
        for n in range(cameras)
    ]
    for source in sources:
        source.start(emit, lambda _device, reason, *, partly=False: refused.append(reason))
    time.sleep(WARM_S)
    with lock:
        told.clear()
    began_cpu_s, began_s = time.process_time(), time.monotonic()
    time.sleep(for_s)
    cores = (time.process_time() - began_cpu_s) / (time.monotonic() - began_s)
    with lock:
        found = list(told)
    for source in sources:
        source.stop()
    if refused or not found:
        raise EdgeError(f"the cameras did not work: {refused[:1] or 'no picture came'}")
    late_ms = 1000 * np.array([latency_s for latency_s, _ in found])
    asked = sum(looked for _, looked in found)
    return Together(
        cameras=cameras,
        cores=cores,
        looked_share=min(1.0, asked / (cameras * fps * for_s)),
        pictures_s=len(found) / for_s,
        p50_ms=float(np.percentile(late_ms, 50)),
        p95_ms=float(np.percentile(late_ms, 95)),
        max_ms=float(late_ms.max()),
        rss_mb=_rss_mb(),
    )


def in_hd(video: Path, out: Path, *, still: bool) -> Path:
    """Write ten seconds of a video as 720p H.264 with a camera's noise, or of a still scene.

    Whoever moves is not in the median of the pictures; who stands about may well be.
    """
    noise = np.random.default_rng(1).integers(0, 5, (HD[1], HD[0], 3), np.uint8)
    shown = [picture for _at_s, picture in islice(pictures(str(video)), 125)]
    if not shown:
        raise EdgeError(f"{video}: there is no picture in it")
    if still:
        shown = [np.median(np.stack(shown[::6]), axis=0).astype(np.uint8)]
    with av.open(str(out), "w") as container:
        stream = container.add_stream(
            "libx264", rate=HD_FPS, options={"preset": "ultrafast", "threads": "1", "g": "50"}
        )
        stream.width, stream.height, stream.pix_fmt = *HD, "yuv420p"
        for n in range(HD_FPS * 10):
            picture = cv2.resize(shown[n // 2 % len(shown)], HD)
            picture = cv2.add(picture, np.roll(noise, 11 * n, axis=1))
            frame = av.VideoFrame.from_ndarray(np.asarray(picture, np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out


def apart(*told: str) -> dict[str, Any]:
    """Measure in a process of its own, and return the figures."""
    command = [sys.executable, "-P", "-m", "floorwatch.camera_cost", *told]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise EdgeError((ended.stderr.strip().splitlines() or ["it could not be measured"])[-1])
    found: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return found


def _rss_mb() -> float:
    """Return the most memory that this process has held.

    Not by getrusage, which counts what a parent held when it started this process.
    """
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    (told,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(told.split()[1]) * 1024 / 1e6


def main(what: str, file: str, *numbers: str) -> None:
    """Measure, and print the figures as JSON in the last line."""
    if what == "alone":
        cost: CostAlone | Together = alone(Path(file))
    else:
        cameras, fps, for_s = numbers
        cost = together(Path(file), int(cameras), float(fps), float(for_s))
    print(json.dumps(asdict(cost)))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""People before a camera, as tracks: they walk, stand, fall and lie. No film, no model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from contract.instants import ns, seconds
from contract.tracks import Frame, Keypoint, Track, TracksBlock

T0_NS = 1_700_000_000_000_000_000
SIZE_PX = (640, 480)
FPS = 10.0
FALLS_S = 0.6


@dataclass(frozen=True)
class Body:
    """Somebody at one instant."""

    foot_px: tuple[float, float]
    height_px: float = 120.0
    track: int = 1
    lean: float = 0.0
    """0 stands, 1 lies."""
    confidence: float = 0.6
    t_s: float = 0.0

    def track_of(self) -> Track:
        """Return what a camera agent says of it."""
        x, y = self.foot_px
        height = self.height_px * (1 - 0.7 * self.lean)
        width = self.height_px * (0.35 + 0.65 * self.lean)
        hip, shoulder = y - 0.5 * height, y - 0.85 * height
        across = 0.35 * self.height_px * self.lean
        point = (0.0, 0.0, 0.0)
        points: list[Keypoint] = [point] * 17
        for left in (5, 6):
            points[left] = (x + across, hip + (shoulder - hip) * (1 - 0.9 * self.lean), 0.8)
        for left in (11, 12):
            points[left] = (x, hip, 0.8)
        return Track(
            track=self.track,
            box_px=(x - width / 2, y - height, width, height),
            foot_px=self.foot_px,
            confidence=self.confidence,
            keypoints=tuple(points),
        )


def walking(body: Body, to_px: tuple[float, float], lasts_s: float, fps: float = FPS) -> list[Body]:
    """Return somebody who walks in a straight line, from the body's own time on."""
    steps = round(lasts_s * fps)
    (x0, y0), (x1, y1) = body.foot_px, to_px
    return [
        replace(
            body,
            foot_px=(x0 + (x1 - x0) * n / max(1, steps), y0 + (y1 - y0) * n / max(1, steps)),
            t_s=body.t_s + n / fps,
        )
        for n in range(steps)
    ]


def falling(
    body: Body, begin_s: float, lies_s: float, falls_s: float = FALLS_S, fps: float = FPS
) -> list[Body]:
    """Return somebody who goes down in `falls_s` and lies."""
    return [
        replace(body, lean=min(1.0, n / fps / falls_s), t_s=begin_s + n / fps)
        for n in range(round((falls_s + lies_s) * fps))
    ]


def filmed(
    *people: Iterable[Body], device: str = "camera-1", lost: frozenset[int] = frozenset()
) -> Iterator[TracksBlock]:
    """Yield a block a frame; the frames whose numbers are `lost` never came."""
    by_time: dict[int, list[Track]] = {}
    for person in people:
        for body in person:
            by_time.setdefault(T0_NS + ns(body.t_s), []).append(body.track_of())
    for number, (t_ns, tracks) in enumerate(sorted(by_time.items())):
        if number not in lost:
            yield TracksBlock(
                device=device,
                seq=number,
                t0_ns=t_ns,
                size_px=SIZE_PX,
                frames=(Frame(t_ns=t_ns, tracks=tuple(tracks)),),
            )


def empty(from_s: float, lasts_s: float, fps: float = FPS) -> Iterator[TracksBlock]:
    """Yield frames in which nobody is."""
    for number in range(round(lasts_s * fps)):
        t_ns = T0_NS + ns(from_s + number / fps)
        yield TracksBlock(
            device="camera-1",
            seq=100_000 + round(from_s * fps) + number,
            t0_ns=t_ns,
            size_px=SIZE_PX,
            frames=(Frame(t_ns=t_ns),),
        )


def at_s(t_ns: int) -> float:
    """Return an instant in seconds of the film."""
    return seconds(t_ns - T0_NS)

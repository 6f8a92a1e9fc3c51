"""Cuts a clip out of the ring: the original for the box, and a blurred copy to send."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream

from contract.instants import NS_PER_S, ns, seconds
from edge.errors import EdgeError
from edge.evidence import faces
from edge.evidence.ring import Segment
from edge.vision.jpeg import developed
from edge.vision.masks import Masks
from edge.vision.people import PeopleModel, Picture, Seen
from edge.vision.shot import NotAPictureError
from edge.vision.stream import picture_of
from edge.vision.tracker import Tracker

FPS = 10
"""Of the blurred copy."""
MAX_WIDTH_PX = 1280
TICK = Fraction(1, 90_000)
ENCODER = {"preset": "veryfast", "crf": "26", "profile": "main", "threads": "1"}
MP4 = {"movflags": "+faststart"}
NOTHING = "there is no picture of that time"


class NothingKeptError(EdgeError):
    """There is no picture of that time: it is gone, or the camera was blind or off."""


def shown(segments: Sequence[Segment], from_ns: int, to_ns: int) -> Iterator[tuple[int, Picture]]:
    """Yield the pictures of a time with their instants, in order. What is spoilt is left out."""
    for segment in segments:
        for t_ns, develop in _of(segment):
            if from_ns <= t_ns <= to_ns:
                try:
                    yield t_ns, develop()
                except (NotAPictureError, av.error.FFmpegError):
                    continue


def original(
    segments: Sequence[Segment], from_ns: int, to_ns: int, masks: Masks, out: Path
) -> bool:
    """Write the clip as the camera sent it, if that is H.264 and nothing of it is masked.

    Otherwise it is encoded, with the masks burnt in. Returns whether it is the camera's own.
    """
    if not masks and _is_h264(segments):
        try:
            _remux(segments, out)
        except (av.error.FFmpegError, ValueError):
            pass  # two streams that do not fit into one file: encode it
        else:
            return True
    with _Writer(out) as writer:
        for t_ns, picture in shown(segments, from_ns, to_ns):
            masks.blacken(picture)
            writer.add(t_ns, picture)
    return False


def copy(
    segments: Sequence[Segment],
    from_ns: int,
    to_ns: int,
    masks: Masks,
    model: PeopleModel,
    out: Path,
) -> tuple[int, int, int]:
    """Write the blurred copy.

    Returns how many pictures it has, and the instants of the first and the last.

    Raises
    ------
    NothingKeptError
        When there is no picture of that time.
    """
    instants: list[int] = []
    with _Writer(out) as writer:
        for t_ns, picture in _blurred(_thinned(shown(segments, from_ns, to_ns)), masks, model):
            writer.add(t_ns, picture)
            instants.append(t_ns)
    if not instants:
        raise NothingKeptError(NOTHING)
    return len(instants), instants[0], instants[-1]


def _thinned(pictures: Iterable[tuple[int, Picture]]) -> Iterator[tuple[int, Picture]]:
    due_ns = 0
    for t_ns, picture in pictures:
        if t_ns >= due_ns:
            due_ns = t_ns + ns(0.9 / FPS)
            yield t_ns, picture


def _blurred(
    pictures: Iterable[tuple[int, Picture]], masks: Masks, model: PeopleModel
) -> Iterator[tuple[int, Picture]]:
    """Ask about every second picture. Between two, heads are where they were or where they will be.

    Asking takes nearly all of the time that a clip takes, and live cameras wait for it.
    """
    tracker, people = Tracker(), list[Seen]()
    waiting: tuple[int, Picture] | None = None
    asks = False
    for t_ns, picture in pictures:
        masks.blacken(picture)
        if model.finds == "motion":
            faces.coarsen(picture)
            yield t_ns, picture
            continue
        asks = not asks
        if not asks:
            waiting = t_ns, picture
            continue
        found = model.find(picture)
        # Missed for a while, a face would be seen: blur where it just was, or must be now.
        followed = tracker.step(t_ns, found)
        missed = [Seen(one.box_px, one.score) for one in followed if not one.is_seen]
        people = [*people, *found, *missed]
        if waiting is not None:
            faces.blur(waiting[1], people)
            yield waiting
            waiting = None
        faces.blur(picture, people)
        yield t_ns, picture
        people = [*found, *missed]
    if waiting is not None:
        faces.blur(waiting[1], people)
        yield waiting


class _Writer:
    """An H.264 MP4 that a phone plays: yuv420p, the index in front. Nothing added, no file."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._first_ns = self._last = 0

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._container is not None and self._stream is not None:
            self._container.mux(self._stream.encode(None))
            self._container.close()

    def add(self, t_ns: int, picture: Picture) -> None:
        """Add a picture, scaled to the size of the first."""
        if self._container is None or self._stream is None:
            scale = min(1.0, MAX_WIDTH_PX / picture.shape[1])
            self._container = av.open(str(self._out), "w", format="mp4", options=MP4)
            self._stream = self._container.add_stream("libx264", rate=FPS, options=ENCODER)
            self._stream.width = round(picture.shape[1] * scale) // 2 * 2
            self._stream.height = round(picture.shape[0] * scale) // 2 * 2
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = TICK
            self._first_ns, self._last = t_ns, -1
        stream = self._stream
        scaled = cv2.resize(picture, (stream.width, stream.height), interpolation=cv2.INTER_AREA)
        frame = av.VideoFrame.from_ndarray(np.asarray(scaled, np.uint8), format="bgr24")
        at = round(seconds(t_ns - self._first_ns) / TICK)
        frame.pts = self._last = max(self._last + 1, at)
        frame.time_base = TICK
        self._container.mux(stream.encode(frame))


def _of(segment: Segment) -> Iterator[tuple[int, Callable[[], Picture]]]:
    if segment.format == "jpeg":
        yield segment.from_ns, lambda: developed(segment.data)
        return
    try:
        with av.open(io.BytesIO(segment.data), "r") as container:
            for frame in container.decode(video=0):
                at_ns = segment.from_ns + round((frame.time or 0.0) * NS_PER_S)
                yield at_ns, lambda frame=frame: picture_of(frame)  # type: ignore[misc]
    except av.error.FFmpegError:
        return


def _is_h264(segments: Sequence[Segment]) -> bool:
    if not segments or any(segment.format != "matroska" for segment in segments):
        return False
    with av.open(io.BytesIO(segments[0].data)) as container:
        return container.streams.video[0].codec_context.name == "h264"


def _remux(segments: Sequence[Segment], out: Path) -> None:
    """Put the packets of segments into one MP4, each segment at its own time."""
    with av.open(str(out), "w", format="mp4", options=MP4) as container:
        with av.open(io.BytesIO(segments[0].data)) as first:
            target = container.add_stream_from_template(first.streams.video[0])
            container.start_encoding()
        last = -1
        for segment in segments:
            with av.open(io.BytesIO(segment.data), "r") as source:
                for packet in source.demux(video=0):
                    if packet.dts is None or packet.pts is None:
                        continue
                    offset = seconds(segment.from_ns - segments[0].from_ns)
                    shift = round(offset / packet.time_base)
                    later = max(0, last + 1 - (packet.dts + shift))
                    packet.dts, packet.pts = packet.dts + shift + later, packet.pts + shift + later
                    last = packet.dts
                    packet.stream = target
                    container.mux_one(packet)

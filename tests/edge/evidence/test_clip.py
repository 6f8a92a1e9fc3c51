from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import av
import cv2
import numpy as np
import pytest
from av.packet import Packet
from av.video.stream import VideoStream

from contract.command import Command
from contract.instants import ns
from contract.site import About, Site
from edge.evidence import clip, faces, snapshot
from edge.evidence.job import Job, saved
from edge.evidence.keeper import Keeper, Limits
from edge.evidence.recorder import Recorder
from edge.evidence.ring import Ring, Segment
from edge.vision.hours import Hours
from edge.vision.masks import Masks
from edge.vision.model import Model
from edge.vision.models.motion import Motion
from edge.vision.people import Picture, Seen
from edge.vision.stream import StreamEndedError, open_stream, pictures
from tests.support.videos import walker, written

START_NS = 1_700_000_000 * 10**9
NO_MASKS = Masks((1, 1), ())
LEFT_HALF = Masks((320, 240), (((0.0, 0.0), (160.0, 0.0), (160.0, 240.0), (0.0, 240.0)),))


class Somebody:
    name = "somebody"
    finds: Literal["people"] = "people"

    def find(self, picture: Picture) -> Sequence[Seen]:
        return (Seen((200.0, 40.0, 60.0, 170.0), 0.6),)


class Nobody:
    name = "nobody"
    finds: Literal["people"] = "people"

    def find(self, picture: Picture) -> Sequence[Seen]:
        return ()


def recorded(file: Path, ring: Ring, fps: float = 25) -> None:
    """Put a file into a ring as if it had come live from `START_NS` on."""
    with closing(open_stream(str(file))) as stream:
        recorder = Recorder(ring, "cam-1", stream.video)
        try:
            for n, (packet, _frames) in enumerate(stream.read()):
                recorder.packet(START_NS + ns(n / fps), packet)
        except StreamEndedError:
            recorder.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("evidence") / "walk.mp4", lambda: walker(250))


@pytest.fixture(scope="module")
def ring(file: Path) -> Ring:
    ring = Ring(60, 50_000_000)
    recorded(file, ring)
    return ring


def test_the_ring_holds_what_came_and_costs_what_it_cost(file: Path, ring: Ring) -> None:
    segments = ring.cut(0, 2**62)
    assert len(segments) >= 4
    assert ring.bytes < 1.2 * file.stat().st_size
    assert len(list(clip.shown(segments, 0, 2**62))) == 250


@pytest.mark.parametrize(
    ("keep_s", "max_bytes", "left"),
    [
        pytest.param(10, 10_000, 6, id="all of it"),
        pytest.param(3, 10_000, 4, id="too old"),
        pytest.param(10, 250, 2, id="too much"),
    ],
)
def test_the_ring_is_bounded(keep_s: float, max_bytes: int, left: int) -> None:
    ring = Ring(keep_s, max_bytes)
    for n in range(6):
        ring.add(Segment(ns(n), ns(n + 1), bytes(100), "jpeg"))
    assert len(ring.cut(0, ns(100))) == left
    assert ring.bytes == 100 * left


def test_an_original_is_what_the_camera_sent_and_is_not_encoded_again(
    file: Path, ring: Ring, tmp_path: Path
) -> None:
    out = tmp_path / "original.mp4"
    segments = ring.cut(START_NS + ns(4), START_NS + ns(6))
    assert clip.original(segments, START_NS + ns(4), START_NS + ns(6), NO_MASKS, out)
    sent = {bytes(packet) for packet in _packets(file)}
    kept = [bytes(packet) for packet in _packets(out)]
    assert 50 <= len(kept) < 200
    assert set(kept) <= sent


def _packets(file: Path) -> list[Packet[VideoStream]]:
    with av.open(str(file)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def test_what_is_masked_is_not_in_an_original_either(ring: Ring, tmp_path: Path) -> None:
    out = tmp_path / "original.mp4"
    segments = ring.cut(START_NS, START_NS + ns(4))
    assert not clip.original(segments, START_NS, START_NS + ns(4), LEFT_HALF, out)
    for _at_s, picture in pictures(str(out)):
        assert picture[20:220, 10:140].max() < 24, "compression leaves a little"
        assert picture[20:220, 180:300].max() > 60


def test_a_copy_is_a_video_that_a_phone_plays(ring: Ring, tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    count, first_ns, last_ns = clip.copy(
        ring.cut(0, 2**62), START_NS + ns(2), START_NS + ns(7), NO_MASKS, Nobody(), out
    )
    assert count == pytest.approx(50, abs=8)
    assert 4.5 < (last_ns - first_ns) / 1e9 <= 5
    with av.open(str(out)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert video.time_base is not None
        assert 4.5 <= float((video.duration or 0) * video.time_base) <= 5.5
    assert out.read_bytes().find(b"moov") < out.read_bytes().find(b"mdat"), "the index is in front"


def test_pictures_that_came_one_by_one_make_a_clip_too(tmp_path: Path) -> None:
    ring = Ring(60, 10_000_000)
    for n, picture in enumerate(walker(40)):
        jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
        at_ns = START_NS + ns(n / 4)
        ring.add(Segment(at_ns, at_ns, jpeg if n != 7 else b"half", "jpeg"))
    out = tmp_path / "clip.mp4"
    count, *_ = clip.copy(ring.cut(0, 2**62), 0, 2**62, NO_MASKS, Nobody(), out)
    assert count == 39


def points(
    **known: tuple[float, float, float],
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    found = np.zeros((17, 3), np.float32)
    for n, name in enumerate(("nose", "left_eye", "right_eye", "left_ear", "right_ear")):
        found[n] = known.get(name, (0, 0, 0))
    return found


@pytest.mark.parametrize(
    ("seen", "face"),
    [
        pytest.param(
            Seen((100, 50, 60, 150), 0.5, points(nose=(130, 62, 0.4), left_ear=(138, 60, 0.3))),
            (120, 52, 140, 72),
            id="a face that the model sees",
        ),
        pytest.param(
            Seen((100, 50, 60, 150), 0.5, points()), (110, 50, 150, 80), id="from behind: the top"
        ),
        pytest.param(Seen((60, 150, 150, 50), 0.2, None), (60, 150, 210, 200), id="lying: all"),
    ],
)
def test_a_face_is_blurred(seen: Seen, face: tuple[int, int, int, int]) -> None:
    chance = np.random.default_rng(3)
    picture = chance.integers(0, 255, (240, 320, 3), np.uint8)
    before = picture.copy()
    faces.blur(picture, [seen])
    left, top, right, bottom = face
    part = picture[top:bottom, left:right].astype(int)
    differs = np.abs(np.diff(part, axis=1)).max(axis=2)
    assert (differs > 0).mean() < 0.3, "coarse squares, not detail"
    assert (picture[230:] == before[230:]).all()


def test_who_was_missed_in_one_picture_is_blurred_where_they_just_were(
    ring: Ring, tmp_path: Path
) -> None:
    class Blinks:
        name = "blinks"
        finds: Literal["people"] = "people"
        turn = 0

        def find(self, picture: Picture) -> Sequence[Seen]:
            self.turn += 1
            return [Seen((100.0, 60.0, 60.0, 150.0), 0.6)] if self.turn % 5 == 1 else []

    out = tmp_path / "clip.mp4"
    clip.copy(
        ring.cut(0, 2**62),
        START_NS,
        START_NS + ns(1),
        NO_MASKS,
        Blinks(),
        out,
    )
    for _at_s, picture in pictures(str(out)):
        squares = picture[64:100, 110:150].astype(int)
        assert np.abs(np.diff(squares, axis=0)).mean() < 4


def test_a_snapshot_is_the_picture_of_its_instant_with_boxes(ring: Ring, tmp_path: Path) -> None:
    out = tmp_path / "snapshot.jpg"
    at_ns = START_NS + ns(5)
    snapshot.write(ring.cut(0, 2**62), at_ns, LEFT_HALF, Somebody(), out)
    picture = cv2.imread(str(out))
    assert picture is not None
    assert picture[20:220, 10:140].max() < 24, "masks are in it"
    assert (picture[100:200, 199:202, 1] > picture[100:200, 199:202, 2] + 60).any(), "a green box"
    dark = picture[150:190, 165:315].mean(axis=(0, 2)) < 60
    walked_px = 10 + 3 * (5 * 25 - 25)
    assert abs((165 + np.flatnonzero(dark)[0]) - min(walked_px, 315)) < 12


def test_of_a_time_without_pictures_there_is_no_snapshot(ring: Ring, tmp_path: Path) -> None:
    with pytest.raises(clip.NothingKeptError):
        snapshot.write(ring.cut(0, 2**62), START_NS - ns(9), NO_MASKS, Nobody(), tmp_path / "s.jpg")


def test_without_a_people_model_all_of_a_copy_is_coarse(ring: Ring, tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    clip.copy(ring.cut(0, 2**62), START_NS, START_NS + ns(2), NO_MASKS, Motion(), out)
    for _at_s, picture in pictures(str(out)):
        steps = np.abs(np.diff(picture[:, :, 1].astype(int), axis=1)).max(axis=0) > 12
        assert steps.mean() < 0.5, "squares of six pixels and more, from the first picture on"


@dataclass
class Box:
    """A keeper whose clock a test moves."""

    folder: Path
    now_ns: int = START_NS
    refused: list[str] = field(default_factory=list)

    def keeper(self, **more: int) -> Keeper:
        limits = {"originals_ns": ns(86_400), "originals_bytes": 10**9, **more}
        return Keeper(
            "cam-1",
            self.folder,
            Limits(ring_s=60, ring_bytes=10**8, **limits),
            NO_MASKS,
            Hours(Site(site=About(id="hall-7")), ()),
            Model(kind="motion"),
            lambda: self.now_ns,
            lambda _device, reason, *, partly=False: self.refused.append(reason),
        )

    def command(self, **more: object) -> Command:
        told = {
            "id": "clip-1", "device": "cam-1", "command": "clip", "expires_ns": 2**62,
            "from_ns": START_NS, "to_ns": START_NS + ns(4), "at_ns": START_NS + ns(2),
            "upload": "http://127.0.0.1:9/api/v1/clips/signed", **more,
        }  # fmt: skip
        return Command.model_validate(told)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"upload": None}, "without", id="nowhere to send it"),
        pytest.param({"upload": "file:///etc/passwd"}, "no http", id="not http"),
        pytest.param({"to_ns": START_NS + ns(1000)}, "more than 120 s", id="too long"),
        pytest.param({"to_ns": START_NS}, "or none", id="empty"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(
    tmp_path: Path, more: dict[str, object], said: str
) -> None:
    box = Box(tmp_path / "clips")
    box.keeper().ask(box.command(**more))
    assert said in box.refused[0]
    assert not list(saved(box.folder))


def test_a_clip_whose_time_is_gone_is_given_up_in_words(tmp_path: Path) -> None:
    box = Box(tmp_path / "clips", now_ns=START_NS + ns(30))
    keeper = box.keeper()
    keeper.ask(box.command())
    _run_until(keeper, lambda: not list(saved(box.folder)))
    assert "no picture of that time" in box.refused[0]


def test_a_backend_that_is_away_is_waited_for_and_nothing_is_lost(
    tmp_path: Path, file: Path
) -> None:
    box = Box(tmp_path / "clips", now_ns=START_NS + ns(30))
    keeper = box.keeper()
    recorded(file, keeper._ring)
    keeper.ask(box.command())
    _run_until(keeper, lambda: any(job.made for job in saved(box.folder)))
    (job,) = saved(box.folder)
    files = sorted(path.name for path in box.folder.iterdir())
    assert files == [
        f"{job.stem}-clip.mp4", f"{job.stem}-original.mp4", f"{job.stem}-snapshot.jpg",
        f"{job.stem}.job",
    ]  # fmt: skip
    modes = {path.stat().st_mode & 0o777 for path in box.folder.iterdir()}
    assert modes == {0o600}, "only the agent's own user reads them"
    assert box.folder.stat().st_mode & 0o777 == 0o700


def test_the_snapshot_goes_before_the_clip_is_over(tmp_path: Path, file: Path) -> None:
    box = Box(tmp_path / "clips", now_ns=START_NS + ns(4.1))
    keeper = box.keeper()
    recorded(file, keeper._ring)
    keeper.ask(box.command(to_ns=START_NS + ns(40)))
    _run_until(keeper, lambda: any(job.shown for job in saved(box.folder)))
    (job,) = saved(box.folder)
    assert not job.made
    assert sorted(path.name for path in box.folder.iterdir()) == [
        f"{job.stem}-snapshot.jpg", f"{job.stem}.job",
    ]  # fmt: skip


def test_originals_are_removed_when_they_are_old_or_too_much(tmp_path: Path) -> None:
    box = Box(tmp_path / "clips")
    box.folder.mkdir()
    for n in range(4):
        path = box.folder / f"cam-1-{n}-0000000{n}-original.mp4"
        path.write_bytes(bytes(100))
        os.utime(path, ns=(START_NS - ns(50_000 * (3 - n)),) * 2)
    other = box.folder / "cam-1-b-1-00000001-original.mp4"
    other.write_bytes(bytes(100))
    os.utime(other, ns=(0, 0))
    keeper = box.keeper(originals_bytes=150)
    _run_until(keeper, lambda: len(list(box.folder.glob("cam-1-[0-9]-*"))) == 1)
    assert [path.name for path in box.folder.glob("cam-1-[0-9]-*")] == [
        "cam-1-3-00000003-original.mp4"
    ]  # fmt: skip
    assert other.exists(), "another camera has limits of its own"


def test_a_job_is_read_back_and_a_spoilt_one_is_removed(tmp_path: Path) -> None:
    job = Job.of(Box(tmp_path).command(), START_NS)
    assert isinstance(job, Job)
    job.save(tmp_path)
    (tmp_path / "spoilt.job").write_text("{")
    assert list(saved(tmp_path)) == [job]
    assert not (tmp_path / "spoilt.job").exists()


def _run_until(keeper: Keeper, done: object) -> None:
    from tests.support.brokers import wait_until

    assert callable(done)
    stopping = threading.Event()
    thread = threading.Thread(target=keeper.run, args=(stopping,))
    thread.start()
    try:
        wait_until(done, "the keeper", 60)
    finally:
        stopping.set()
        keeper._wanted.set()
        thread.join()

from __future__ import annotations

import time
import wave
from contextlib import closing
from fractions import Fraction
from itertools import count as counter
from pathlib import Path

import av
import pytest

from contract.instants import NS_PER_S
from edge.vision.address import with_credentials
from edge.vision.stream import StreamEndedError, StreamError, open_stream, pictures
from tests.support.brokers import free_port
from tests.support.rtsp import Fault, RtspServer
from tests.support.videos import SIZE, walker, written


def count(url: str, most: int = 10_000, silent_s: float = 5.0) -> int:
    """Return how many pictures come, up to `most`."""
    found = 0
    with closing(open_stream(url, silent_s=silent_s)) as stream:
        for _packet, frames in stream.read():
            found += len(frames)
            if found >= most:
                break
    return found


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "mjpeg"])
def test_every_picture_of_a_file_comes_once(tmp_path: Path, codec: str) -> None:
    file = written(tmp_path / "walk.avi", codec=codec)
    found = list(pictures(str(file)))
    assert len(found) == 75
    assert [at_s for at_s, _ in found] == sorted(at_s for at_s, _ in found)
    assert found[0][1].shape == (SIZE[1], SIZE[0], 3)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda path: None, "no such file", id="not there"),
        pytest.param(lambda path: path.write_bytes(b""), "ended at once|no video", id="empty"),
        pytest.param(
            lambda path: path.write_bytes(bytes(range(256)) * 400), "no video|picture", id="garbage"
        ),
        pytest.param(lambda path: path.write_text("<html>"), "no video|format", id="a web page"),
        pytest.param(lambda path: _sound(path), "no video in it", id="sound alone"),
        pytest.param(lambda path: _unknown(path), "no decoder for its codec", id="odd codec"),
    ],
)
def test_says_in_words_what_is_wrong_with_a_file(tmp_path: Path, make: object, said: str) -> None:
    assert callable(make)
    file = tmp_path / "file.mp4"
    make(file)
    with pytest.raises(StreamError, match=said):
        count(str(file))


def _sound(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16_000))


def _unknown(path: Path) -> None:
    content = written(path.with_suffix(".avi"), codec="mpeg4").read_bytes()
    path.write_bytes(content.replace(b"FMP4", b"ZZ99"))


def test_half_a_file_plays_to_where_it_is_cut(tmp_path: Path) -> None:
    whole = written(tmp_path / "walk.ts").read_bytes()
    half = tmp_path / "half.ts"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StreamEndedError):
        count(str(half))
    assert 20 < len(list(pictures(str(half)))) < 60


def test_a_new_resolution_is_counted_and_goes_on(tmp_path: Path) -> None:
    small = written(tmp_path / "a.ts").read_bytes()
    large = written(tmp_path / "b.ts", lambda: walker(50, (640, 480))).read_bytes()
    (tmp_path / "both.ts").write_bytes(small + large)
    sizes = {picture.shape[:2] for _at_s, picture in pictures(str(tmp_path / "both.ts"))}
    assert sizes == {(240, 320), (480, 640)}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("camera") / "walk.mp4")


def test_plays_rtsp_with_a_password(file: Path) -> None:
    with RtspServer(file, credentials=("viewer", "p@ss/word"), speed=4) as server:
        assert count(with_credentials(server.url, "viewer", "p@ss/word"), most=20) >= 20


def test_a_wrong_password_is_said_and_never_told(file: Path) -> None:
    with (
        RtspServer(file, credentials=("viewer", "right")) as server,
        pytest.raises(StreamError, match="401") as refused,
    ):
        count(with_credentials(server.url, "viewer", "hunter2"))
    assert "hunter2" not in str(refused.value)
    assert "viewer" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_nothing_at_the_port() -> None:
    with pytest.raises(StreamError, match="nothing listens"):
        count(f"rtsp://u:secret@127.0.0.1:{free_port()}/x")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param("hang-up", "ended", id="hangs up"),
        pytest.param("stall", "no packet of video", id="stalls"),
        pytest.param("half", "no picture", id="sends halves of pictures"),
    ],
)
def test_a_camera_that_breaks_off_in_the_middle(file: Path, fault: Fault, said: str) -> None:
    with (
        RtspServer(file, fault=fault, fault_after=120, speed=8) as server,
        pytest.raises(StreamError, match=said),
    ):
        count(server.url, silent_s=2.0)


@pytest.mark.slow
def test_garbage_is_said(file: Path) -> None:
    # FFmpeg makes few packets of it, or none: it waits for the end of a picture that has none.
    with (
        RtspServer(file, fault="garbage", fault_after=20) as server,
        closing(open_stream(server.url, silent_s=2.0, monotonic=_hurried)) as stream,
        pytest.raises(StreamError, match=r"no packet of video|packets in .* and no picture"),
    ):
        for _packet, _frames in stream.read():
            pass


def _hurried() -> int:
    """Return the time of a clock that is ten times as fast."""
    return 10 * time.monotonic_ns()


def test_packets_without_a_picture_are_borne_for_thirty_seconds(tmp_path: Path) -> None:
    file = tmp_path / "spoilt.avi"
    _spoilt(written(tmp_path / "walk.avi", codec="mpeg4"), file, after=30)
    seconds_ns = counter(0, NS_PER_S)
    with (
        closing(open_stream(str(file), monotonic=lambda: next(seconds_ns))) as stream,
        pytest.raises(StreamError, match="packets in 31 s and no picture"),
    ):
        for _packet, _frames in stream.read():
            pass


def _spoilt(source: Path, target: Path, after: int) -> None:
    """Copy a video; from packet `after` on there are zeros in it."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as copy:
        video = copy.add_stream_from_template(whole.streams.video[0])
        for number, packet in enumerate(whole.demux(whole.streams.video[0])):
            if packet.size == 0:
                continue
            spoilt = av.Packet(bytes(packet.size) if number >= after else bytes(packet))
            spoilt.pts, spoilt.dts = packet.pts, packet.dts
            spoilt.is_keyframe = packet.is_keyframe
            spoilt.time_base, spoilt.stream = packet.time_base or Fraction(1, 25), video
            copy.mux(spoilt)

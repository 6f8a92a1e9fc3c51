from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time as clock_time
from functools import partial
from pathlib import Path

import cv2
import paho.mqtt.publish
import pytest
import structlog
from pydantic import ValidationError

from contract.camera import CameraView
from contract.errors import SiteFileError
from contract.message import Block
from contract.permission import Shift
from contract.site import About, Agent, Device, Site
from contract.site import Broker as BrokerTable
from contract.tracks import TracksBlock
from edge.errors import SensorError
from edge.sensor import Context
from edge.sensors.camera import Camera
from edge.sensors.catalogue import build
from edge.vision.address import PASSWORD
from edge.way import Way
from tests.support.brokers import Broker, free_port, start_broker, wait_until
from tests.support.rtsp import RtspServer
from tests.support.videos import walker, written

pytestmark = pytest.mark.slow

MOTION = {"kind": "motion"}


class Box:
    """Collects what cameras hand over, and what they refuse."""

    def __init__(self) -> None:
        self.blocks: list[TracksBlock] = []
        self.refused: list[tuple[str | None, str]] = []
        self._lock = threading.Lock()

    def emit(
        self,
        block: Block,
        *,
        numbered: bool = True,
        settled: Callable[[], None] | None = None,
        way: Way | None = None,
    ) -> None:
        assert isinstance(block, TracksBlock)
        assert not numbered
        with self._lock:
            self.blocks.append(block)

    def refuse(self, device: str | None, reason: str, *, partly: bool = False) -> None:
        with self._lock:
            self.refused.append((device, reason))

    def tracks(self, device: str = "cam-1") -> set[int]:
        return {
            track.track
            for block in self.blocks
            if block.device == device
            for frame in block.frames
            for track in frame.tracks
        }

    def has(self, pictures: int) -> bool:
        return self.pictures() >= pictures

    def pictures(self, device: str = "cam-1") -> int:
        return sum(len(block.frames) for block in self.blocks if block.device == device)


class Now:
    def __init__(self, at_ns: int = 1_700_000_000 * 10**9) -> None:
        self._at_ns = at_ns

    def __call__(self) -> int:
        self._at_ns += 1_000_000
        return self._at_ns


@contextmanager
def watching(*cameras: Camera, site: Site | None = None, port: int = 1) -> Iterator[Box]:
    box = Box()
    broker = BrokerTable(host="127.0.0.1", port=port)
    context = Context(site or Site(site=About(id="hall-7")), "edge-1", broker, clock=Now())
    sources = [camera.open(context) for camera in cameras]
    for source in sources:
        source.start(box.emit, box.refuse)
    try:
        yield box
    finally:
        for source in sources:
            source.stop()


def camera(url: str, device: str = "cam-1", **more: object) -> Camera:
    given = {"device": device, "url": url, "model": MOTION, "silent_s": 1.0, **more}
    return Camera.model_validate(given)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("camera") / "walk.mp4", lambda: walker(100))


def test_follows_what_moves_in_a_file(file: Path) -> None:
    with watching(camera(str(file), fps=25)) as box:
        wait_until(lambda: box.tracks(), "a track")
    block = box.blocks[-1]
    assert (block.sees, block.size_px, block.device) == ("motion", (320, 240), "cam-1")
    assert {t.seen for b in box.blocks for f in b.frames for t in f.tracks} == {"motion"}


def test_follows_a_camera_by_rtsp_and_dials_again_when_it_hangs_up(file: Path) -> None:
    with (
        RtspServer(file, fault="hang-up", fault_after=90) as server,
        watching(camera(server.url)) as box,
    ):
        wait_until(lambda: server.served >= 2 and box.blocks, "a second connection", 40)
    assert any("ended" in reason for _device, reason in box.refused)


def test_a_camera_that_is_away_is_waited_for_and_no_other_suffers(file: Path) -> None:
    away = camera(f"rtsp://127.0.0.1:{free_port()}/x", device="cam-2")
    with watching(away, camera(str(file), repeat=True)) as box:
        wait_until(lambda: len([d for d, _ in box.refused if d == "cam-2"]) >= 2, "two refusals")
        before = box.pictures("cam-1")
        wait_until(lambda: box.pictures("cam-1") > before, "the other camera to go on")
    assert all("nothing listens" in reason for device, reason in box.refused if device == "cam-2")


def test_wrong_credentials_are_counted_and_never_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PASSWORD}_CAM_1", "hunter2")
    with (
        RtspServer(file, credentials=("viewer", "right")) as server,
        structlog.testing.capture_logs() as logged,
        watching(camera(server.url, username="viewer")) as box,
    ):
        wait_until(lambda: box.refused, "a refusal")
    assert "401" in box.refused[0][1]
    assert "hunter2" not in f"{box.refused}{logged}"


def test_an_own_password_opens_the_door(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "of-all")
    monkeypatch.setenv(f"{PASSWORD}_CAM_1", "right")
    with (
        RtspServer(file, credentials=("viewer", "right")) as server,
        watching(camera(server.url, username="viewer")) as box,
    ):
        wait_until(lambda: box.blocks, "a block")


def test_weights_that_are_missing_leave_a_camera_that_sees_motion_and_says_so(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLOORWATCH_MODELS", str(tmp_path / "none"))
    # An input size that no other test has: models that are loaded are shared.
    with watching(camera(str(file), model={"input_px": 96})) as box:
        wait_until(lambda: box.blocks, "a block")
    assert box.blocks[0].sees == "motion"
    assert "floorwatch models install" in box.refused[0][1]


def test_what_is_masked_is_never_looked_at(file: Path) -> None:
    all_of_it = ((0.0, 0.0), (640.0, 0.0), (640.0, 480.0), (0.0, 480.0))
    view = CameraView(size_px=(640, 480), masks=(all_of_it,))
    site = Site(site=About(id="hall-7"), device=(Device(id="cam-1", kind="camera", view=view),))
    with watching(camera(str(file), fps=25), site=site) as box:
        wait_until(lambda: box.pictures() >= 2, "frames")
    assert not box.tracks()


@pytest.mark.parametrize(
    ("begins", "ends", "looks"),
    [
        pytest.param(clock_time(22), clock_time(23), True, id="in its hours"),
        pytest.param(clock_time(21), clock_time(2), True, id="in hours that began yesterday"),
        pytest.param(clock_time(6), clock_time(14), False, id="outside of them"),
    ],
)
def test_looks_in_its_hours_alone(
    file: Path, begins: clock_time, ends: clock_time, looks: bool
) -> None:
    """The clock of these tests shows 22:13 UTC on a Tuesday."""
    shift = Shift(id="late", begins=begins, ends=ends)
    view = CameraView(size_px=(320, 240), hours=("late",))
    site = Site(
        site=About(id="hall-7"),
        shift=(shift,),
        device=(Device(id="cam-1", kind="camera", view=view),),
    )
    other = camera(str(file), device="cam-2", repeat=True)
    with watching(camera(str(file), repeat=True), other, site=site) as box:
        wait_until(lambda: box.pictures("cam-2") >= 10, "the other camera")
    assert bool(box.blocks and box.pictures("cam-1")) == looks


def test_zones_drawn_on_other_proportions_are_said_to_be_wrong(file: Path) -> None:
    view = CameraView(size_px=(1280, 720))
    site = Site(site=About(id="hall-7"), device=(Device(id="cam-1", kind="camera", view=view),))
    with watching(camera(str(file)), site=site) as box:
        wait_until(lambda: box.refused, "a refusal")
    assert "other proportions" in box.refused[0][1]


@pytest.mark.mosquitto
def test_jpeg_by_mqtt_and_what_is_none(tmp_path: Path) -> None:
    broker = start_broker("mosquitto", tmp_path / "broker")
    jpegs = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in walker(60)]
    listening = Camera.model_validate(
        {"device": "cam-1", "topic": "frigate/dock/snapshot", "fps": 30, "model": MOTION}
    )

    def publish(payload: bytes, retain: bool = False) -> None:
        paho.mqtt.publish.single(
            "frigate/dock/snapshot", payload, hostname=broker.host, port=broker.port, retain=retain
        )

    try:
        publish(jpegs[0], retain=True)
        with watching(listening, port=broker.port) as box:
            _publish_until(broker, jpegs, publish, lambda: bool(box.tracks()))
            for payload, said in (
                (jpegs[0][: len(jpegs[0]) // 2], "half a JPEG"),
                (b"", "empty"),
                (b"coffee", "no JPEG"),
                (b"\xff\xd8garbage\xff\xd9", "no JPEG"),
            ):
                publish(payload)
                wait_until(lambda said=said: any(said in r for _d, r in box.refused), said)  # type: ignore[misc]
            packed = [base64.b64encode(jpeg) for jpeg in jpegs]
            for payloads in (packed, [b"data:image/jpeg;base64," + text for text in packed]):
                wanted = box.pictures() + 4
                _publish_until(broker, payloads, publish, partial(box.has, wanted))
    finally:
        broker.stop()


def _publish_until(
    broker: Broker,
    payloads: list[bytes],
    publish: Callable[[bytes], None],
    done: Callable[[], bool],
) -> None:
    turn = 0

    def again() -> bool:
        nonlocal turn
        publish(payloads[turn % len(payloads)])
        turn += 1
        return done()

    wait_until(again, f"pictures through {broker.name}", 60)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"url": "rtsp://u:pw@cam/1"}, "does not belong in a site file", id="password"),
        pytest.param({}, "one of the two", id="no source"),
        pytest.param({"url": "rtsp://cam/1", "topic": "a/b"}, "one of the two", id="two sources"),
        pytest.param(
            {"url": "rtsp://cam/1", "model": {"kind": "onnx"}}, "needs `file`", id="no onnx file"
        ),
        pytest.param(
            {"url": "rtsp://cam/1", "model": {"input_px": 380}}, "multiple of 32", id="odd input"
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Camera.model_validate({"device": "cam-1", **given})


def test_a_misspelt_key_is_refused_by_name() -> None:
    table = {"kind": "camera", "device": "cam-1", "url": "rtsp://c/1", "fsp": 5}
    site = Site(site=About(id="hall-7"), agent=(Agent(id="edge-1", sensors=(table,)),))
    with pytest.raises(SiteFileError, match='no key "fsp"'):
        build(site, "edge-1")


def test_a_file_that_is_not_there_is_said_at_once() -> None:
    context = Context(Site(site=About(id="h")), "edge-1", BrokerTable(), clock=Now())
    with pytest.raises(SensorError, match="there is no file"):
        camera("/nowhere/walk.mp4").open(context)

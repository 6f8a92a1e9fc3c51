"""A camera's clip from the box to the backend: the real driver, the real route, a break between."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from backend.api.examples import DETECTION
from backend.runtime import BackendProcess
from contract.command import Command
from contract.detection import Receipt
from contract.instants import ns
from contract.site import Broker, Device, Site
from edge.sensor import Context
from edge.sensors.camera import Camera
from edge.vision.stream import pictures
from tests.support.brokers import wait_until
from tests.support.pages import Inbox, paging_site
from tests.support.videos import walker, written

pytestmark = pytest.mark.slow


class Clock:
    """UTC that a test can wind on. The camera's pictures are stamped with it."""

    def __init__(self, at_ns: int) -> None:
        self.at_ns = at_ns

    def __call__(self) -> int:
        self.at_ns += ns(0.01)
        return self.at_ns


@pytest.fixture
def site() -> Site:
    base = paging_site()
    camera = Device(id="cam-press", kind="camera", zone="press-line")
    return base.model_copy(update={"device": (*base.device, camera)})


def test_what_a_camera_saw_of_a_fall_comes_to_its_incident(site: Site, tmp_path: Path) -> None:
    onset_ns = DETECTION["onset_ns"]
    clock = Clock(onset_ns - ns(3))
    file = written(tmp_path / "walk.mp4", lambda: walker(100))
    camera = Camera.model_validate(
        {"device": "cam-press", "url": str(file), "repeat": True, "model": {"kind": "motion"}}
    )
    context = Context(site, "edge-1", Broker(), clock, state_dir=tmp_path / "box")
    refused: list[str] = []
    source = camera.open(context)
    source.start(
        lambda *_given, **_named: None,
        lambda _device, reason, *, partly=False: refused.append(reason),
    )
    inbox = Inbox()
    try:
        with BackendProcess(
            site, state_dir=tmp_path / "backend", clock=lambda: onset_ns + ns(2), engine="manual",
            channels=[inbox],
        ) as backend:  # fmt: skip
            wait_until(lambda: clock.at_ns > onset_ns + ns(1), "pictures before and after it")
            told = {**DETECTION, "zone": "press-line"}
            answer = httpx.post(f"{backend.url}/api/v1/detections", json=told)
            (asked,) = [
                command
                for command in Receipt.model_validate_json(answer.content).commands
                if command.command == "clip"
            ]
            command = Command.model_validate(
                json.loads(asked.model_dump_json()) | {"to_ns": onset_ns + ns(3)}
            )
            assert source.command(command)
            url = f"{backend.url}/api/v1/incidents/1/clips"
            wait_until(lambda: len(httpx.get(url).json()["items"]) == 2, "clip and snapshot", 60)
            names = {item["name"].split(".", 1)[1]: item for item in httpx.get(url).json()["items"]}
            assert set(names) == {"clip.mp4", "snapshot.jpg"}
            clip = tmp_path / "clip.mp4"
            clip.write_bytes(httpx.get(backend.url + names["clip.mp4"]["url"]).content)
        assert len(list(pictures(str(clip)))) >= 10
        kept = sorted(path.name for path in (tmp_path / "box" / "clips").iterdir())
        assert len(kept) == 1, "what was delivered is not kept twice, and the original stays"
        assert kept[0].endswith("-original.mp4")
        assert not refused
    finally:
        source.stop()
    inbox.empty()


def test_nothing_is_ever_stored_of_a_camera_that_must_store_nothing(tmp_path: Path) -> None:
    from contract.camera import CameraView

    view = CameraView(size_px=(320, 240), store="never")
    base = paging_site()
    camera = Device(id="cam-press", kind="camera", view=view)
    site = base.model_copy(update={"device": (*base.device, camera)})
    file = written(tmp_path / "walk.mp4", lambda: walker(50))
    told = {"device": "cam-press", "url": str(file), "model": {"kind": "motion"}}
    box = tmp_path / "box"
    (box / "clips").mkdir(parents=True)
    (box / "clips" / "cam-press-1700-0123abcd-original.mp4").write_bytes(b"of before it was said")
    source = Camera.model_validate(told).open(
        Context(site, "edge-1", Broker(), Clock(ns(1000)), state_dir=box)
    )
    frames: list[object] = []
    source.start(lambda block, **_named: frames.append(block), lambda *_given, **_named: None)
    try:
        wait_until(lambda: frames, "a block")
        command = {
            "id": "clip-1", "device": "cam-press", "command": "clip", "expires_ns": 2**62,
            "from_ns": 0, "to_ns": ns(10), "upload": "http://127.0.0.1:9/x",
        }  # fmt: skip
        assert source.command(Command.model_validate(command)), "nobody else is to be asked"
    finally:
        source.stop()
    assert [path for path in box.rglob("*") if path.is_file()] == []

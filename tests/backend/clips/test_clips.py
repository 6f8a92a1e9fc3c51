"""Clips over a real socket: asked for in a receipt, delivered in pieces, shown on the record."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from backend.api.auth import API_TOKEN
from backend.api.examples import DETECTION
from backend.clips.retention import Retention
from backend.clips.store import ClipStore
from backend.clips.tickets import Ticket, cameras_of
from backend.database.tables import AccessRow
from backend.runtime import BackendProcess
from contract.camera import CameraView
from contract.detection import AskWearer, Detection, Receipt
from contract.instants import ns
from contract.site import Device, Site
from tests.support.brokers import wait_until
from tests.support.console_session import sign_in
from tests.support.pages import Inbox, paging_site

AT_NS: int = DETECTION["decided_ns"]
SQUARE = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0))
CLIP = bytes(range(256)) * 9000


def camera(name: str, **view: Any) -> Device:
    told = CameraView(size_px=(640, 480), **view) if view else None
    return Device(id=name, kind="camera", view=told)


def site(*cameras: Device) -> Site:
    base = paging_site()
    return base.model_copy(update={"device": (*base.device, *cameras)})


PRESS = camera("cam-press", image_zones={"press-line": SQUARE})
SECRET = camera("cam-secret", image_zones={"press-line": SQUARE}, store="never")
ELSEWHERE = camera("cam-dock", image_zones={"dock": SQUARE})
WHOLE = Device(id="cam-whole", kind="camera", zone="press-line")


class Now:
    at_ns = AT_NS

    def __call__(self) -> int:
        return self.at_ns


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def backend(tmp_path: Path, now: Now, monkeypatch: pytest.MonkeyPatch) -> Iterator[BackendProcess]:
    monkeypatch.setenv(API_TOKEN, "let-me-in")
    with BackendProcess(
        site(PRESS, SECRET, ELSEWHERE, WHOLE),
        state_dir=tmp_path,
        clock=now,
        engine="manual",
        channels=[Inbox()],
    ) as backend:
        yield backend


@pytest.fixture
def box() -> Iterator[httpx.Client]:
    """An edge box: it has no token."""
    with httpx.Client() as client:
        yield client


@pytest.fixture
def api(backend: BackendProcess) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer let-me-in"}
    with httpx.Client(base_url=backend.url, headers=headers) as client:
        yield client


def asked(api: httpx.Client, **changes: Any) -> list[AskWearer]:
    told = {**DETECTION, "zone": "press-line", **changes}
    answer = api.post("/api/v1/detections", json=told)
    assert answer.status_code == 200, answer.text
    receipt = Receipt.model_validate_json(answer.content)
    return [command for command in receipt.commands if command.command == "clip"]


def put(
    box: httpx.Client, url: str, content: bytes, start: int, total: int, piece: str = "clip.mp4"
) -> httpx.Response:
    said = f"bytes {start}-{start + len(content) - 1}/{total}"
    return box.put(f"{url}/{piece}", content=content, headers={"Content-Range": said})


def test_cameras_that_see_the_place_are_asked_and_no_other(api: httpx.Client) -> None:
    commands = asked(api)
    assert [command.device for command in commands] == ["cam-press", "cam-whole"]
    first = commands[0]
    assert first.from_ns == DETECTION["onset_ns"] - ns(20)
    assert first.to_ns == DETECTION["onset_ns"] + ns(20)
    assert [again.id for again in asked(api)] == [command.id for command in commands]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"exercise": True}, "nobody is hurt", id="an exercise"),
        pytest.param({"late": True}, "it is gone from the box", id="late"),
        pytest.param({"zone": "assembly"}, "no camera sees it", id="another place"),
    ],
)
def test_when_no_camera_is_asked(api: httpx.Client, changes: dict[str, Any], why: str) -> None:
    assert not asked(api, **changes), why


def test_a_camera_whose_own_detection_it_is_comes_first() -> None:
    told = Detection.model_validate({**DETECTION, "device": "cam-dock", "zone": "press-line"})
    found = cameras_of(site(PRESS, SECRET, ELSEWHERE), told)
    assert [device.id for device in found] == ["cam-dock", "cam-press"]


def test_a_clip_is_delivered_in_pieces_after_breaks_and_shown(
    api: httpx.Client, box: httpx.Client, now: Now
) -> None:
    url = str(asked(api)[0].upload)
    half = len(CLIP) // 2
    assert box.head(f"{url}/clip.mp4").headers["Upload-Offset"] == "0"
    assert put(box, url, CLIP[:half], 0, len(CLIP)).status_code == 204
    again = put(box, url, CLIP[:half], 0, len(CLIP))
    assert (again.status_code, again.headers["Upload-Offset"]) == (204, str(half))
    gap = put(box, url, CLIP[half + 9 :], half + 9, len(CLIP))
    assert (gap.status_code, gap.headers["Upload-Offset"]) == (409, str(half))
    assert api.get("/api/v1/incidents/1/clips").json() == {"items": []}, "not before it is whole"
    assert put(box, url, CLIP[half - 5 :], half - 5, len(CLIP)).status_code == 201
    assert box.head(f"{url}/clip.mp4").headers["Upload-Offset"] == str(len(CLIP))
    (shown,) = api.get("/api/v1/incidents/1/clips").json()["items"]
    assert (shown["device"], shown["media_type"], shown["bytes"]) == (
        "cam-press", "video/mp4", len(CLIP),
    )  # fmt: skip
    answer = api.get(shown["url"])
    assert answer.content == CLIP
    assert answer.headers["content-type"] == "video/mp4"
    part = api.get(shown["url"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CLIP[10:20]), "a phone seeks"
    timeline = api.get("/api/v1/incidents/1").json()["timeline"]
    told = [entry["text"] for entry in timeline if entry["what"] == "evidence"]
    assert len(told) == 1
    assert "cam-press" in told[0]


def test_nobody_looks_without_the_token(api: httpx.Client, box: httpx.Client) -> None:
    url = str(asked(api)[0].upload)
    put(box, url, b"jpeg", 0, 4, "snapshot.jpg")
    (shown,) = api.get("/api/v1/incidents/1/clips").json()["items"]
    for path in (shown["url"], "/api/v1/incidents/1/clips"):
        assert box.get(api.base_url.join(path)).status_code == 401


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        pytest.param(lambda url: url[:-3] + "abc", 403, id="forged"),
        pytest.param(lambda url: url.rsplit("/", 1)[0] + "/x", 403, id="no ticket at all"),
    ],
)
def test_an_address_that_was_not_signed_here_takes_nothing(
    api: httpx.Client, box: httpx.Client, spoil: Any, status: int
) -> None:
    url = spoil(str(asked(api)[0].upload))
    assert put(box, url, b"jpeg", 0, 4, "snapshot.jpg").status_code == status
    assert box.head(f"{url}/clip.mp4").status_code == status


def test_an_old_address_takes_nothing(api: httpx.Client, box: httpx.Client, now: Now) -> None:
    url = str(asked(api)[0].upload)
    now.at_ns += ns(26 * 3600)
    assert put(box, url, b"jpeg", 0, 4, "snapshot.jpg").status_code == 410


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param("bytes 0-3/4", 404, id="another piece"),
        pytest.param("bytes 0-9/10", 422, id="fewer bytes than it says"),
        pytest.param("bytes 0-3/3", 422, id="beyond the end"),
        pytest.param("bytes 0-3/100000001", 422, id="too large"),
        pytest.param("", 422, id="no range"),
    ],
)
def test_what_makes_no_sense_is_refused(
    api: httpx.Client, box: httpx.Client, said: str, status: int
) -> None:
    url = str(asked(api)[0].upload)
    piece = "passwd" if status == 404 else "clip.mp4"
    answer = box.put(f"{url}/{piece}", content=b"1234", headers={"Content-Range": said})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("name", ["..%2Flink.secret", "link.secret", "a" * 32 + "-x.clip.mp4.part"])
def test_no_other_file_is_shown(api: httpx.Client, name: str) -> None:
    assert api.get(f"/api/v1/clip-files/{name}").status_code == 404


def test_clips_are_removed_though_nothing_else_happens(tmp_path: Path) -> None:
    clock = Now()
    store = ClipStore(tmp_path / "clips", clock, days=30)
    ticket = Ticket("a" * 32, "cam-1")
    store.receive(ticket, "clip.mp4", 0, 4, b"clip")
    path = tmp_path / "clips" / f"{ticket.detection}-cam-1.clip.mp4"
    os.utime(path, ns=(AT_NS, AT_NS))
    clock.at_ns += ns(31 * 86_400)
    retention = Retention(store, every_s=0.01)
    retention.start()
    try:
        wait_until(lambda: not path.exists(), "its removal")
    finally:
        retention.stop()


def test_an_incident_page_shows_what_cameras_saw_and_notes_who_looked(
    api: httpx.Client, box: httpx.Client, backend: BackendProcess
) -> None:
    url = str(asked(api)[0].upload)
    page = f"{backend.url}/i/1"
    assert 'id="films"' not in box.get(page).text  # a stranger
    reader = sign_in(httpx.Client(), backend)
    assert "hidden" in reader.get(page).text.split('id="films"')[1].split(">")[0]
    put(box, url, b"jpeg", 0, 4, "snapshot.jpg")
    shown = re.findall(r'src="(/films/[^"]+)"', reader.get(page).text)
    assert [name.rsplit(".", 2)[1:] for name in shown] == [["snapshot", "jpg"]]
    for start in range(0, len(CLIP), 500_000):
        put(box, url, CLIP[start : start + 500_000], start, len(CLIP))
    (clip,) = re.findall(r'<video[^>]* src="(/films/[^"]+)"', reader.get(page).text)
    assert box.get(backend.url + clip).status_code == 403
    part = reader.get(backend.url + clip, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CLIP[10:20])
    assert reader.get(f"{backend.url}/films/link.secret").status_code == 404
    reader.close()
    with backend.database.read() as session:
        (row,) = session.scalars(select(AccessRow).filter_by(what="clip")).all()
    assert (row.who, clip.endswith(row.details["file"])) == ("console session 1", True)


def test_a_camera_with_a_floor_plan_sees_the_zones_on_it() -> None:
    corners = (
        ((10, 100), (12, 13)),
        ((600, 100), (24, 13)),
        ((630, 470), (24, 24)),
        ((5, 470), (12, 24)),
    )
    floor = [{"px": px, "m": m} for px, m in corners]
    base = site(camera("cam-plan", homography=floor))
    square = {
        "press-line": ((12, 13), (24, 13), (24, 24)),
        "robot-cell": ((90, 90), (99, 90), (99, 99)),
    }
    planned = tuple(
        zone.model_copy(update={"polygon_m": square.get(zone.id, ())}) for zone in base.zone
    )
    told = Site(site=base.site, zone=planned, device=base.device)
    for zone, seen in (("press-line", ["cam-plan"]), ("robot-cell", []), ("chemicals", [])):
        claim = Detection.model_validate({**DETECTION, "zone": zone})
        assert [device.id for device in cameras_of(told, claim)] == seen


def test_clips_are_removed_after_their_days(tmp_path: Path) -> None:
    clock = Now()
    store = ClipStore(tmp_path / "clips", clock, days=30)
    old, new = Ticket("a" * 32, "cam-1"), Ticket("b" * 32, "cam-1")
    for ticket, age_s in ((old, 31 * 86_400), (new, 86_400)):
        store.receive(ticket, "clip.mp4", 0, 4, b"clip")
        path = tmp_path / "clips" / f"{ticket.detection}-cam-1.clip.mp4"
        os.utime(path, ns=(AT_NS - ns(age_s),) * 2)
    store.forget()
    assert (store.held(old, "clip.mp4"), store.held(new, "clip.mp4")) == (0, 4)

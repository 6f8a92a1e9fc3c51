"""One event of what a camera and a wearable or badge tell of one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

import pytest

from contract.detection import Detection
from contract.imu import ImuBlock
from contract.instants import ns
from contract.message import Block
from contract.reads import ReadsBlock
from contract.site import Site
from contract.tick import Tick
from detectors.fall.detector import FallDetector
from detectors.fusion import FusionDetector, FusionFinder, FusionState
from detectors.pipeline import Pipeline
from detectors.vision.detector import CameraDetector
from detectors.zone.detector import ZoneDetector
from tests.support.badges import sent, walk
from tests.support.filmed import T0_NS, Body, falling, filmed, walking
from tests.support.hall import hall
from tests.support.motions import blocks, fall, restless, sampled, still

AT = (480.0, 400.0)
FILM = [*walking(Body((340, 400)), AT, 6.0), *falling(Body(AT), 6.0, 8.0)]
ELSEWHERE = [*walking(Body((340, 400)), AT, 40.0), *falling(Body(AT), 40.0, 8.0)]


def wearable() -> list[ImuBlock]:
    """Keller stands for 6 s and falls."""
    return list(blocks(sampled((restless(6), *fall(lying_s=8)))))


def badges() -> list[ReadsBlock]:
    """Keller's badge is in the stores all the time."""
    return list(sent(walk([("stores", 20.0)])))


def told(site: Site, stream: Sequence[Block]) -> list[Detection]:
    detectors = (CameraDetector(), FallDetector(), ZoneDetector(), FusionDetector())
    pipeline = Pipeline(site, [each.at(site) for each in detectors])
    found: list[Detection] = []
    tick_ns = T0_NS
    for block in sorted(stream, key=lambda block: block.end_ns):
        while tick_ns + ns(1) <= block.end_ns:
            tick_ns += ns(1)
            found += pipeline.tick(tick_ns).detections
        outcome = pipeline.feed(block)
        assert not outcome.faults
        found += outcome.detections
    for _ in range(5):
        tick_ns += ns(1)
        found += pipeline.tick(tick_ns).detections
    return [d for d in found if d.kind in ("fall", "person_down")]


def test_both_sensors_are_one_event_with_joint_confidence() -> None:
    found = told(hall(), [*filmed(FILM), *wearable()])
    onsets = [d for d in found if d.phase == "onset"]
    assert len(onsets) == 1
    assert onsets[0].person == "keller"
    joint = [d for d in found if d.device == "camera-1"]
    assert joint
    assert {d.id for d in joint} == {onsets[0].id}
    (felt,) = told(hall(), wearable())[:1]
    (seen,) = told(hall(), list(filmed(FILM)))[:1]
    # Each is wrong by itself; both are wrong together.
    both_wrong = (1 - felt.confidence) * (1 - seen.confidence)
    assert joint[0].confidence == pytest.approx(1 - both_wrong, abs=1e-3)
    assert joint[0].confidence > max(felt.confidence, seen.confidence)
    assert "camera-1 sees it too" in joint[0].reason


def test_the_camera_alone_tells_of_somebody_unidentified_after_a_moment() -> None:
    found = told(hall(), list(filmed(FILM)))
    (onset,) = (d for d in found if d.phase == "onset")
    assert (onset.person, onset.zone, onset.device) == (None, "stores", "camera-1")
    assert onset.reason.startswith("somebody unidentified")
    assert onset.decided_ns <= T0_NS + ns(6.0 + 0.6 + 1.1 + 1.5 + 1.0)


def test_a_fall_without_an_impact_is_found_and_named_by_the_only_badge() -> None:
    quiet = list(blocks(sampled((still(16),))))
    found = told(hall(), [*filmed(FILM), *quiet, *badges()])
    (onset,) = (d for d in found if d.phase == "onset")
    assert (onset.person, onset.zone) == ("keller", "stores")
    assert "the only badge" in onset.reason


def with_cameras(*others: str) -> Site:
    """Return the hall with further cameras where the first one hangs."""
    site = hall()
    first = site.devices["camera-1"]
    more = tuple(first.model_copy(update={"id": name}) for name in others)
    return site.model_copy(update={"device": (*site.device, *more)})


@pytest.mark.parametrize("worn", [False, True], ids=["nobody wears anything", "one is worn"])
def test_a_fall_that_three_cameras_see_is_one_event(worn: bool) -> None:
    late = [replace(body, t_s=body.t_s + 0.4) for body in FILM]
    cameras = [*filmed(FILM), *filmed(late, device="camera-2"), *filmed(FILM, device="camera-3")]
    found = told(with_cameras("camera-2", "camera-3"), [*cameras, *(wearable() if worn else ())])
    (onset,) = (d for d in found if d.phase == "onset")
    assert (onset.person is not None) == worn
    assert {d.id for d in found} == {onset.id}
    for camera in {"camera-1", "camera-2", "camera-3"} - {onset.device}:
        assert any(f"{camera} sees it too" in d.reason for d in found)


def test_two_who_fall_before_two_cameras_are_two_events() -> None:
    second = [replace(body, foot_px=(body.foot_px[0] + 140, 400), track=2) for body in FILM]
    cameras = [*filmed(FILM, second), *filmed(FILM, device="camera-2")]
    found = told(with_cameras("camera-2"), cameras)
    assert len({d.id for d in found if d.phase == "onset"}) == 2


def beside(film: Sequence[Body], track: int = 2, later_s: float = 0.0) -> list[Body]:
    """Return somebody else who does the same beside the first."""
    return [
        replace(body, foot_px=(body.foot_px[0] + 140, 400), track=track, t_s=body.t_s + later_s)
        for body in film
    ]


@pytest.mark.parametrize("later_s", [0.0, 1.0, 5.0], ids=["at once", "1 s later", "5 s later"])
@pytest.mark.parametrize(
    ("others", "whose"),
    [
        pytest.param([], {None}, id="nobody wears anything"),
        pytest.param(wearable(), {None, "keller"}, id="one is worn"),
        pytest.param(badges(), {None, "keller"}, id="one badge is there"),
        pytest.param([*wearable(), *badges()], {None, "keller"}, id="worn, with a badge"),
    ],
)
def test_two_who_fall_before_one_camera_are_about_two_people(
    others: list[Block], whose: set[str | None], later_s: float
) -> None:
    found = told(hall(), [*filmed(FILM, beside(FILM, later_s=later_s)), *others])
    onsets = [d for d in found if d.phase == "onset"]
    assert len({d.subject for d in onsets}) == 2
    assert {d.person for d in onsets} == whose
    nameless = [d for d in onsets if d.person is None]
    assert {d.subject for d in nameless} <= {"track:camera-1/0/1", "track:camera-1/0/2"}
    assert {d.id for d in found} == {d.id for d in onsets}


def test_a_camera_that_gives_two_one_number_tells_of_two() -> None:
    found = told(hall(), list(filmed(FILM, beside(FILM, track=1))))
    assert {d.subject for d in found} == {"track:camera-1/0/1", "track:camera-1/0/1.2"}


@pytest.mark.parametrize("from_s", [0.0, 3.0, 5.0])
def test_a_gateway_started_anew_in_mid_film_tells_of_the_same_claim(from_s: float) -> None:
    renamed = [replace(body, track=1 if body.t_s < 2.5 else 7) for body in FILM]
    film = list(filmed(renamed))
    (whole,) = {d.id for d in told(hall(), film)}
    tail = [block for block in film if block.t0_ns >= T0_NS + ns(from_s)]
    assert {d.id for d in told(hall(), tail)} == {whole}


def test_two_falls_at_two_times_are_two_events() -> None:
    found = told(hall(), [*filmed(ELSEWHERE), *wearable()])
    onsets = [d for d in found if d.phase == "onset"]
    assert [d.person for d in onsets] == ["keller", None]


def test_without_fusion_a_camera_tells_itself() -> None:
    pipeline = Pipeline(hall(), [CameraDetector().at(hall())])
    found = [d for block in filmed(FILM) for d in pipeline.feed(block).detections]
    assert [(d.kind, d.phase, d.device) for d in found] == [("fall", "onset", "camera-1")]


class Broken(FusionFinder):
    """Raises at every detection."""

    def step(self, state: FusionState, message: Detection | Tick) -> NoReturn:
        raise ValueError("broken")


def test_a_fall_is_told_when_fusion_raises() -> None:
    site = hall()
    pipeline = Pipeline(site, [CameraDetector().at(site), Broken(FusionDetector(), site)])
    found = [d for block in filmed(FILM) for d in pipeline.feed(block).detections]
    assert [(d.kind, d.phase) for d in found] == [("fall", "onset")]


@pytest.mark.parametrize("hold_s", [0.0, 1.5])
def test_nothing_is_withheld(hold_s: float) -> None:
    site = hall()
    pipeline = Pipeline(site, [CameraDetector().at(site), FusionDetector(hold_s=hold_s).at(site)])
    found = [d for block in filmed(FILM) for d in pipeline.feed(block).detections]
    for n in range(30):
        found += pipeline.tick(T0_NS + ns(n)).detections
    assert [d.kind for d in found if d.phase == "onset"] == ["fall"]

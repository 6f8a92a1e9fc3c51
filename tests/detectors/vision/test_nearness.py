"""Somebody on foot close to a vehicle that moves: each person is a subject of their own."""

from __future__ import annotations

from contract.detection import Detection
from contract.instants import ns
from contract.tracks import Frame, Track, TracksBlock
from detectors.pipeline import Pipeline
from detectors.vision.detector import CameraDetector
from tests.support.filmed import SIZE_PX, T0_NS
from tests.support.hall import TOML, hall

CORNERS = ((0, 0), (640, 0), (640, 480), (0, 480))
"""Of a picture that shows the floor from above, a metre in a hundred pixels."""
FLOOR = ", ".join(f"{{px=[{x},{y}],m=[{x / 100},{y / 100}]}}" for x, y in CORNERS)
AISLE = 'id = "aisle"\npolygon_m = [[0, 2.4], [3.2, 2.4], [3.2, 4.8], [0, 4.8]]'
ZONES = "[device.view.image_zones]"
SITE = hall(TOML.replace('id = "aisle"', AISLE).replace(ZONES, f"homography = [{FLOOR}]\n{ZONES}"))


def standing(track: int, x_px: float, seen: str = "person") -> Track:
    return Track.model_validate(
        {
            "track": track,
            "box_px": (x_px - 20, 280, 40, 120),
            "foot_px": (x_px, 400),
            "confidence": 0.8,
            "seen": seen,
        }
    )


def near(*people: tuple[int, float], drives_s: float = 2.0) -> list[Detection]:
    """Return what is told while vehicle 1 drives by at 1.5 m/s."""
    pipeline = Pipeline(SITE, [CameraDetector().at(SITE)])
    found: list[Detection] = []
    for number in range(round((drives_s + 4) * 10)):
        t_ns = T0_NS + ns(number / 10)
        tracks = [standing(track, x_px) for track, x_px in people]
        if number < drives_s * 10:
            tracks.append(standing(1, 60.0 + 15 * number, "vehicle"))
        block = TracksBlock(
            device="camera-1", boot=4, seq=number, t0_ns=t_ns, size_px=SIZE_PX,
            frames=(Frame(t_ns=t_ns, tracks=tuple(tracks)),),
        )  # fmt: skip
        found += pipeline.feed(block).detections
    return [d for d in found if d.kind == "near_vehicle"]


def test_two_who_are_near_one_vehicle_are_two_subjects() -> None:
    found = near((1, 180.0), (2, 220.0))
    onsets = [d for d in found if d.phase == "onset"]
    assert {d.subject for d in onsets} == {"track:camera-1/4/1", "track:camera-1/4/2"}
    assert {d.id for d in found} == {d.id for d in onsets}
    assert [d.phase for d in found] == ["onset", "onset", "clear", "clear"]


def test_who_is_far_from_it_is_not_told_of() -> None:
    assert near((1, 620.0)) == []

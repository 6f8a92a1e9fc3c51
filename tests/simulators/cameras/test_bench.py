"""Films through edge and pipeline: what is remembered, what is written, what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from detectors.vision.detector import CameraDetector
from edge.vision.people import Picture, Seen
from simulators.cameras.bench import bench_falls, bench_zones
from simulators.cameras.films import clips, scenes
from simulators.cameras.programs import falls_for_programs, zones_for_programs
from simulators.cameras.remembered import Remembered
from simulators.cameras.watching import Cost, Eye, watch
from simulators.errors import RecordingError

cv2 = pytest.importorskip("cv2")
SIZE = (320, 240)
FPS = 10


class White:
    """Finds what is white: a block that stands for a person. Counts how often it is asked."""

    name = "white"
    finds: Literal["people"] = "people"

    def __init__(self) -> None:
        self.asked = 0

    def find(self, picture: Picture) -> Sequence[Seen]:
        self.asked += 1
        rows, columns = np.nonzero(picture[:, :, 0] > 128)
        if not len(rows):
            return ()
        left, top = float(columns.min()), float(rows.min())
        width, height = float(np.ptp(columns)) + 1, float(np.ptp(rows)) + 1
        return (Seen((left, top, width, height), 0.9),)


def film(path: Path, seconds: float) -> None:
    """Write somebody who walks in from the left, stands for a while, and walks out again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, SIZE)
    for n in range(round(seconds * FPS)):
        picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        t = n / seconds / FPS
        x = int(20 + 220 * min(1.0, 3 * t, 3 * (1 - t)))
        picture[80:200, x : x + 40] = 255
        picture[:4, :: 2 + n % 3] = 90  # a clock in the picture: it is not frozen
        writer.write(picture)
    writer.release()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    film(tmp_path / "zones" / "walk" / "walk.avi", 9)
    scene = {
        "video": "walk.avi",
        "fps": FPS,
        "size": SIZE,
        "zones": [
            {
                "id": "right_half",
                "polygon": [[160, 0], [320, 0], [320, 240], [160, 240]],
                "visits": [{"first_s": 1.7, "last_s": 7.3, "track": 1, "score": True}],
            },
            {"id": "ceiling", "polygon": [[0, 0], [320, 0], [320, 60], [0, 60]], "visits": []},
        ],
    }
    (tmp_path / "zones" / "walk" / "scene.json").write_text(json.dumps(scene))
    film(tmp_path / "falls" / "walks.avi", 4)
    clip = {"video": "walks.avi", "kind": "adl", "fps": FPS, "onset_s": None, "down_s": None}
    (tmp_path / "falls" / "falls.json").write_text(json.dumps([clip]))
    return tmp_path


def test_a_visit_of_a_film_is_found_and_written(folder: Path) -> None:
    told = zones_for_programs(bench_zones(folder, Eye(White(), gated=False), CameraDetector()))
    (zones,) = told.values()
    assert list(zones) == [
        "visits", "hits", "false", "splits", "share_of_visit_time", "empty_zones_kept_empty",
        "latency_p50_s", "fps",
    ]  # fmt: skip
    assert (zones["visits"], zones["hits"], zones["false"], zones["splits"]) == (1, 1, 0, 0)
    assert zones["empty_zones_kept_empty"] == 1
    assert zones["share_of_visit_time"] > 0.9


def test_a_third_of_the_pictures_lost_is_the_same_visit(folder: Path) -> None:
    eye = Eye(White(), drop=0.3, gated=False)
    total = bench_zones(folder, eye, CameraDetector()).total
    assert (total.hits, total.false, total.splits) == (1, 0, 0)


def test_nobody_falls_who_walks(folder: Path) -> None:
    told = falls_for_programs(bench_falls(folder, Eye(White(), gated=False), CameraDetector()))
    assert told["falls"] == {
        "clips": 0, "hits": 0, "activities": 2, "false": 0, "latency_p50_s": None,
    }  # fmt: skip


def test_what_the_model_said_is_remembered(folder: Path, tmp_path: Path) -> None:
    path = folder / "zones" / "walk" / "walk.avi"
    first, second = White(), White()
    memory = tmp_path / "memory"
    one = watch(path, FPS, Eye(first, memory, gated=False), Cost())
    other = watch(path, FPS, Eye(second, memory, gated=False), Cost())
    assert first.asked == 90
    assert second.asked == 0
    assert [b.frames for b in one.blocks] == [b.frames for b in other.blocks]


def test_another_model_remembers_for_itself(folder: Path, tmp_path: Path) -> None:
    path = folder / "zones" / "walk" / "walk.avi"
    watch(path, FPS, Eye(White(), tmp_path / "memory", gated=False), Cost())
    other = White()
    other.name = "other"
    assert Remembered(other, path, tmp_path / "memory").spent_s == 0.0
    watch(path, FPS, Eye(other, tmp_path / "memory", gated=False), Cost())
    assert other.asked == 90


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"fps": 0}, "fps", id="no rate"),
        pytest.param({"video": "gone.avi"}, "there is no such film", id="no film"),
        pytest.param({"zones": 3}, "zones", id="no list of zones"),
    ],
)
def test_a_scene_that_cannot_be_read_is_named(
    folder: Path, change: dict[str, object], said: str
) -> None:
    path = folder / "zones" / "walk" / "scene.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(RecordingError, match=said):
        scenes(folder)


def test_a_folder_without_films_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"no zones/\*/scene\.json"):
        scenes(tmp_path)
    with pytest.raises(RecordingError, match=r"no falls/falls\.json"):
        clips(tmp_path)


def test_a_film_that_is_none_is_refused(folder: Path) -> None:
    path = folder / "zones" / "walk" / "walk.avi"
    path.write_bytes(b"not a film")
    with pytest.raises(RecordingError, match=r"walk\.avi"):
        bench_zones(folder, Eye(White(), gated=False), CameraDetector())

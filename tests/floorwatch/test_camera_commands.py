from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.vision.stream import pictures
from floorwatch.__main__ import application
from floorwatch.errors import CommandError
from tests.support.rtsp import RtspServer
from tests.support.videos import walker, written
from tests.support.weights import movenet as movenet

SITE = """
[site]
id = "yard"

[[zone]]
id = "lane"

[[device]]
id = "cam-1"
kind = "camera"

[device.view]
size_px = [640, 480]
image_zones = { lane = [[100, 0], [640, 0], [640, 480], [100, 480]] }
masks = [[[0, 0], [60, 0], [60, 480], [0, 480]]]
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("camera") / "walk.mp4", lambda: walker(90))


def ran(*told: str | Path) -> str:
    done = CliRunner().invoke(
        application(), ["camera", "check", *map(str, told)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_shows_what_moves_in_the_zones_of_a_site(file: Path, tmp_path: Path) -> None:
    site, out = tmp_path / "site.toml", tmp_path / "seen.png"
    site.write_text(SITE)
    told = ran(file, "--site", site, "--motion", "--out", out)
    assert "in lane" in told
    assert "motion only" in told
    ((_at_s, shown),) = pictures(str(out))
    assert shown.shape == (240, 320, 3)
    assert shown[100, 10].max() < 10, "the mask is black in the picture that is written"
    answer = json.loads(ran(file, "--site", site, "--motion", "--out", out, "--json"))
    assert answer["people"][0]["zones"] == ["lane"]
    assert answer["sees"] == "motion"


def test_looks_through_rtsp_and_never_tells_the_password(file: Path, tmp_path: Path) -> None:
    with RtspServer(file, credentials=("viewer", "hunter2"), speed=2) as server:
        url = server.url.replace("://", "://viewer:hunter2@")
        told = ran(url, "--motion", "--out", tmp_path / "seen.png", "--seconds", "2")
    assert "h264, 320 x 240" in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("told", "said"),
    [
        pytest.param(("nothing.mp4",), "no such file", id="no file"),
        pytest.param(("x.mp4", "--camera", "cam-1"), "give --site", id="a camera of no site"),
        pytest.param(
            ("x.mp4", "--site", "site.toml", "--camera", "cam-9"), "it has cam-1", id="unknown"
        ),
    ],
)
def test_says_in_one_sentence_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: tuple[str, ...], said: str
) -> None:
    (tmp_path / "site.toml").write_text(SITE)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=said):
        ran(*told, "--motion")


@pytest.mark.recordings
@pytest.mark.slow
def test_a_fall_would_be_told(recordings: Path, movenet: Path, tmp_path: Path) -> None:
    clip = recordings / "camera/falls/urfd-fall-01.mp4"
    answer = json.loads(ran(clip, "--out", tmp_path / "seen.jpg", "--seconds", "9", "--json"))
    assert [found["kind"] for found in answer["found"]] == ["fall"]
    assert 2.7 <= answer["found"][0]["at_s"] <= 5.4

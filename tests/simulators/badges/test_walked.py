"""A walk that the site itself recorded: whose reads of it are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.badges.walked import walked
from simulators.errors import RecordingError
from tests.support.badge_recordings import TAG, standing
from tests.support.walked_badges import record

MINE = standing("1", 10)
OTHER = standing("2", 3, tag="ee01")


@pytest.mark.parametrize("name", ["walk.jsonl", "walk.jsonl.gz"])
def test_the_badge_that_was_read_most_was_carried(tmp_path: Path, name: str) -> None:
    found = walked(record(tmp_path / name, [*OTHER, *MINE]), "dock-3")
    assert [(r.point, r.t_ns, r.rssi_dbm) for r in found] == [
        (point, t_us * 1000, level) for t_us, point, level, _ in MINE
    ]
    assert {(r.zone, r.reader) for r in found} == {("dock-3", "reader-1")}


@pytest.mark.parametrize(
    ("tags", "count"),
    [
        pytest.param([], len(MINE), id="the one read most"),
        pytest.param(["ee01"], len(OTHER), id="the one that is named"),
        pytest.param(["EE01"], len(OTHER), id="in capitals, as it is printed on it"),
        pytest.param(["ee01", TAG], len(MINE) + len(OTHER), id="both, on one person"),
        pytest.param(["ee01", "ee99"], len(OTHER), id="one of which nobody carried"),
    ],
)
def test_badges_may_be_named(tmp_path: Path, tags: list[str], count: int) -> None:
    path = record(tmp_path / "walk.jsonl", [*MINE, *OTHER])
    assert len(walked(path, "dock-3", tags)) == count


def test_what_was_delivered_twice_is_heard_once(tmp_path: Path) -> None:
    path = record(tmp_path / "walk.jsonl", MINE, copies=3)
    assert len(walked(path, "dock-3")) == len(MINE)


def test_a_recording_that_breaks_off_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    path = record(tmp_path / "walk.jsonl", MINE)
    path.write_bytes(path.read_bytes()[:-100])
    assert len(walked(path, "dock-3")) == len(MINE) - 20


@pytest.mark.parametrize(
    ("zone", "tags", "said"),
    [
        pytest.param("dock-3", ["ee99"], f"no read of ee99; there are: {TAG}", id="another badge"),
        pytest.param("Dock 3", [], '"Dock 3" cannot be a zone', id="no name of a zone"),
        pytest.param("", [], "cannot be a zone", id="no zone"),
    ],
)
def test_a_walk_that_cannot_be_used(tmp_path: Path, zone: str, tags: list[str], said: str) -> None:
    with pytest.raises(RecordingError, match=said):
        walked(record(tmp_path / "walk.jsonl", MINE), zone, tags)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "no read of any badge; there are: none", id="empty"),
        pytest.param(
            b'{"arrived_ns": 1, "topic": "x", "payload": "hello"}\n',
            "no read of any badge",
            id="nothing of ours crossed",
        ),
        pytest.param(b"t_us,antenna\n1,1\n", "line 1: no crossing", id="another kind of file"),
        pytest.param(b'{"arrived_ns": 1}\n', "line 1: no crossing", id="no payload"),
    ],
)
def test_a_file_that_is_no_walk(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "walk.jsonl"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=said) as refused:
        walked(path, "dock-3")
    assert str(path) in str(refused.value)

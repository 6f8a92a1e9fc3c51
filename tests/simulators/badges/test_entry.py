"""Bluetooth tags at an entrance: each is judged by what the others taught."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simulators.badges.entry import TagScore, scores, tags
from simulators.badges.quadrants import OURS
from simulators.errors import RecordingError
from tests.support.badge_recordings import SIX_TAGS, ble_csv

HEAD = "t_ms,tag,rssi_receiver_1_dbm,rssi_receiver_2_dbm,truth\n"


def by_system(found: tuple[TagScore, ...]) -> dict[str, TagScore]:
    return {score.system: score for score in found}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reads.csv"
    path.write_text(ble_csv(SIX_TAGS))
    return path


def test_who_stands_between_is_left_out(file: Path) -> None:
    assert [(tag.tag, tag.zone) for tag in tags(file)] == [
        ("aa:00:00:00:00:01", "INSIDE"),
        ("aa:00:00:00:00:02", "INSIDE"),
        ("aa:00:00:00:00:03", "OUTSIDE"),
        ("aa:00:00:00:00:04", "OUTSIDE"),
    ]


def test_sides_that_differ_are_told(file: Path) -> None:
    found = by_system(scores(tags(file)))
    assert found[OURS].share_right == 1.0
    assert found["difference of receivers, 5 s"].share_right == 1.0
    level = found["level, 5 s"].share_right
    assert level < 1.0, "the louder of both is as loud inside as outside"


def test_no_tag_teaches_itself(file: Path) -> None:
    """What it is called changes nothing about where it is said to be."""
    odd, shares = "AA:00:00:00:00:07", []
    for zone in ("INSIDE", "OUTSIDE"):
        file.write_text(ble_csv(SIX_TAGS | {odd: (zone, -90.0, -90.0)}))
        shares.append([score.shares[odd.lower()] for score in scores(tags(file))])
    for inside, outside in zip(*shares, strict=True):
        assert inside + outside <= 1.0


def test_a_tag_that_was_hardly_heard_is_not_scored(file: Path) -> None:
    one, *others = tags(file)
    shortly = replace(one, reads=one.reads[:20])
    assert shortly.lasts_s < 10
    for score in scores([shortly, *others]):
        assert sorted(score.shares) == sorted(tag.tag for tag in others)
    with pytest.raises(RecordingError, match="heard for more than 10 s"):
        scores([shortly])


TWO_INSIDE = {tag: said for tag, said in SIX_TAGS.items() if said[0] == "INSIDE"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "there is no column t_ms", id="empty"),
        pytest.param(HEAD, "fewer than two tags are INSIDE", id="no reads"),
        pytest.param(ble_csv(TWO_INSIDE), "fewer than two tags are OUTSIDE", id="one side only"),
        pytest.param(ble_csv(SIX_TAGS).replace("truth", "side"), "no column truth", id="no truth"),
        pytest.param(HEAD + "1,aa,loud,-60,INSIDE\n", "line 2: could not", id="a level in words"),
        pytest.param(HEAD + "1,aa,nan,-60,INSIDE\n", "line 2: rssi_dbm", id="no number"),
        pytest.param(HEAD + "1,a a,-60,-60,INSIDE\n", "line 2: tag", id="no name of a tag"),
        pytest.param(HEAD + "1,aa,-60\n", "line 2 is cut short", id="cut short"),
        pytest.param(
            ble_csv(SIX_TAGS) + "1753218900000,AA:00:00:00:00:01,-60,-60,OUTSIDE\n",
            "aa:00:00:00:00:01: INSIDE and OUTSIDE",
            id="a tag on both sides",
        ),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(RecordingError, match=said) as refused:
        tags(file)
    assert str(file) in str(refused.value)


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        tags(tmp_path / "reads.csv.gz")

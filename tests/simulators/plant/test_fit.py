"""The channel comes from the recordings, and makes reads that look like them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from simulators.errors import RecordingError
from simulators.plant.channel import FITTED, Channel, fitted
from simulators.plant.fit import Target, fit, main, split
from simulators.plant.likeness import likeness
from simulators.plant.walks import again, read_walks

pytestmark = pytest.mark.slow


@pytest.mark.recordings
def test_the_committed_channel_walks_like_walks_that_it_was_not_fitted_to(
    recordings: Path,
) -> None:
    _, checked = split(read_walks(recordings / "badges/walks"))
    raw = json.loads(FITTED.read_text(encoding="utf-8"))
    power, receive = raw["antennas_power_db"], raw["antennas_receive_db"]
    target = Target.of(checked, np.random.default_rng(1))

    def off(channel: Channel) -> float:
        return target.misfit(likeness(again(checked, channel, power, receive, seed=1)))

    assert off(fitted()) < 3, "deviations of the recordings' own spread"
    for wrong in ({"threshold_dbm": -64.0}, {"shadow_db": 9.0}, {"report_s": 0.05}):
        assert off(fitted().model_copy(update=wrong)) > 1.15 * off(fitted()), wrong
    made = likeness(again(checked, fitted(), power, receive, seed=1))
    for name in ("level 1.6-2.1 m", "level 3.1-3.6 m", "level 4.8-7 m"):
        assert made[name] == pytest.approx(target.wanted[name], abs=3.0), name
    for name in ("silent 3.1-3.6 m", "level memory 0.5 s", "back share"):
        assert made[name] == pytest.approx(target.wanted[name], abs=0.12), name
    for name in ("count 1.2-1.6 m", "count 3.1-3.6 m", "gap 75 %"):
        assert made[name] == pytest.approx(target.wanted[name], rel=0.25), name


@pytest.mark.recordings
def test_a_short_fit_comes_nearer_and_is_the_same_each_time(recordings: Path) -> None:
    walks = read_walks(recordings / "badges/walks")[::4]
    target = Target.of(walks, np.random.default_rng(1))

    def off(rounds: int) -> float:
        found = fit(target, seed=2, population=24, rounds=rounds)
        return target.misfit(likeness(found.walked(walks, 7)))

    assert off(8) < 0.8 * off(0)
    assert off(2) == off(2)


def test_the_parameter_file_says_where_it_is_from() -> None:
    raw = json.loads(FITTED.read_text(encoding="utf-8"))
    assert Channel.parse(raw["channel"]) == fitted()
    assert "badges/walks" in raw["from"]
    assert set(raw["deviations_off"]) == {"fitted to", "checked on"}


@pytest.mark.parametrize(
    ("paths", "reads", "said"),
    [
        pytest.param(None, None, "No such file", id="no index"),
        pytest.param("raw,p,s,o,t,x0,y0,x1,y1\n", None, "names no walk", id="empty index"),
        pytest.param("h\nw-1, 1, slow, 1, line, 0, 0, 1, 1\n", None, "no w-1.csv.gz", id="no file"),
        pytest.param(
            "h\nw-1, 1, slow, 1, line, 0, zero, 1, 1\n", "", "not four numbers", id="no line"
        ),
        pytest.param(
            "h\nw-1, 1, slow, 1, line, 0, 0, 1, 1\n", "a,b\n1,2\n", "wanted are t_us", id="columns"
        ),
        pytest.param(
            "h\nw-1, 1, slow, 1, line, 0, 0, 1, 1\n",
            "t_us,antenna,rssi_dbm,epc\n1,9,-60,ab\n2,1,-60,ab\n",
            "none of 1 to 4",
            id="an antenna that is not there",
        ),
    ],
)
def test_a_folder_that_cannot_be_read_is_refused_in_one_sentence(
    paths: str | None,
    reads: str | None,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if paths is not None:
        (tmp_path / "paths.csv").write_text(paths, encoding="utf-8")
    if reads is not None:
        (tmp_path / "w-1.csv.gz").write_bytes(gzip.compress(reads.encode()))
    with pytest.raises(RecordingError, match=said):
        read_walks(tmp_path)
    assert main(["--data", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err

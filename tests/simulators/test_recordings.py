"""Readers of public data sets, on the data itself and on files with things wrong in them."""

from __future__ import annotations

import gzip
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.imu import ImuBlock
from simulators.errors import RecordingError
from simulators.recordings import own, sisfall
from simulators.recordings.blocks import blocks
from simulators.recordings.find import find, recognise
from simulators.recordings.own import Crossing, Writer
from simulators.recordings.trial import Trial

T0_NS = 1_700_000_000_000_000_000


def written_as_sisfall(trial: Trial, folder: Path, last: str = ";") -> Path:
    """Write a trial as SisFall publishes it, by inverting the Readme's conversion."""
    counts = np.round(trial.accel_g / (2 * 16 / 2**13)).astype(int)
    rows = [
        ", ".join(f"{value:4d}" for value in (*row, -18, -504, -352, 76, -697, -279))
        for row in counts
    ]
    path = folder / f"{trial.activity}_{trial.subject}_R{trial.trial:02d}.txt"
    path.write_text(";\r\n".join(rows) + last)
    return path


def made_trial(count: int = 400, odr_hz: float = 200.0, step_g: float | None = 1 / 256) -> Trial:
    counts = np.random.default_rng(1).integers(-4096, 4095, (count, 3))
    accel_g = (counts / 256).astype(np.float32)
    return Trial("sisfall", "SA01", "F01", 2, odr_hz, accel_g, True, 1.0, step_g=step_g)


@pytest.mark.recordings
@pytest.mark.parametrize("activity", ["D01", "D19", "F01", "F15"])
def test_sisfall_as_published_reads_as_the_converted_set(
    recordings: Path, tmp_path: Path, activity: str
) -> None:
    (trial,) = find([recordings / "imu/sisfall/SA03.npz"], ["sa03"], [activity.lower()], trials=[1])
    (read,) = find([written_as_sisfall(trial, tmp_path)])
    assert np.array_equal(read.accel_g, trial.accel_g)
    for name in ("set", "subject", "activity", "trial", "is_fall", "odr_hz", "range_g", "step_g"):
        assert getattr(read, name) == getattr(trial, name), name
    assert read.peak_s == pytest.approx(trial.peak_s)
    assert read.worn == trial.worn == "trunk"


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("where", "wanted", "people", "falls", "trials"),
    [
        pytest.param("sisfall", "sisfall", 26, 1275, 3137, id="sisfall"),
        pytest.param("wedafall", "wedafall", 25, 350, 969, id="wedafall"),
        pytest.param("uci_chest", "uci_chest", 10, 0, 10, id="uci_chest"),
        pytest.param("assistiot_stairs", "assistiot_stairs", 8, 0, 16, id="assistiot_stairs"),
        pytest.param("seglearn_watch", "seglearn_watch", 10, 0, 140, id="seglearn_watch"),
    ],
)
def test_every_set_is_read_whole(
    recordings: Path, where: str, wanted: str, people: int, falls: int, trials: int
) -> None:
    found_people, found_falls, found = set(), 0, 0
    for trial in find([recordings / "imu" / where]):
        found += 1
        found_people.add(trial.subject)
        found_falls += trial.is_fall
        assert trial.set == wanted
        assert trial.accel_g.dtype == np.float32
        assert 0 <= trial.peak_s <= trial.duration_s
        median_g = np.median(np.linalg.norm(trial.accel_g, axis=1))
        assert 0.5 < median_g < 2.5
    assert (len(found_people), found_falls, found) == (people, falls, trials)


@pytest.mark.recordings
def test_wedafall_is_worn_on_the_arm_and_annotated(recordings: Path) -> None:
    falls = [t for t in find([recordings / "imu/wedafall"], activities=["F01"]) if t.is_fall]
    assert {trial.worn for trial in falls} == {"arm"}
    assert all(t.onset_s is not None and t.end_s is not None for t in falls)
    assert {trial.range_g for trial in falls} == {4.0}


@pytest.mark.recordings
def test_urfd_falls_keep_their_peak_and_have_their_annotation(recordings: Path) -> None:
    trials = list(find([recordings / "camera/falls/acc"]))
    assert sum(trial.is_fall for trial in trials) >= 15
    # Of the 40 activities one has broken times: adl-27.
    assert sum(not trial.is_fall for trial in trials) == 39
    for trial in trials:
        rows = np.loadtxt(
            recordings / f"camera/falls/acc/{trial.activity}-{trial.trial:02d}-acc.csv",
            delimiter=",",
        )
        greatest = np.linalg.norm(rows[:, 2:], axis=1).max()
        assert np.linalg.norm(trial.accel_g, axis=1).max() == pytest.approx(greatest, rel=1e-3)
        lasts_s = (rows[-1, 0] - rows[0, 0]) / 1000
        assert trial.duration_s == pytest.approx(lasts_s, abs=0.05)
    annotated = [trial for trial in trials if trial.onset_s is not None]
    assert len(annotated) >= 10
    for trial in annotated:
        assert trial.onset_s is not None
        assert trial.end_s is not None
        assert trial.onset_s < trial.end_s
        # Seen by two sensors: the impact is felt about when the camera sees the person down.
        assert abs(trial.peak_s - trial.end_s) < 1.5


@pytest.mark.recordings
def test_blocks_of_a_recording_are_its_samples_and_then_its_last_one(recordings: Path) -> None:
    (trial,) = islice(find([recordings / "imu/wedafall"], activities=["F03"]), 1)
    sent = list(blocks(trial, "wrist-1", 3, T0_NS, hold_s=2.0))
    accel_g = samples_g(sent)
    assert np.allclose(accel_g[: len(trial.accel_g)], trial.accel_g, atol=1e-5)
    held = accel_g[len(trial.accel_g) :]
    assert len(held) == np.ceil(2.0 * trial.odr_hz)
    assert (held == accel_g[len(trial.accel_g) - 1]).all()


@pytest.mark.parametrize("block_s", [0.1, 1.0, 7.0])
@pytest.mark.parametrize("step_g", [1 / 256, None])
def test_blocks_lose_nothing_and_are_contiguous(block_s: float, step_g: float | None) -> None:
    trial = made_trial(step_g=step_g)
    sent = list(blocks(trial, "belt-1", 9, T0_NS, block_s, hold_s=0.0))
    assert np.array_equal(samples_g(sent).astype(np.float32), trial.accel_g)
    assert [(block.seq, block.boot) for block in sent] == [(i, 9) for i in range(len(sent))]
    for before, after in pairwise(sent):
        assert abs(before.t_ns(before.count) - after.t0_ns) <= 1


def test_a_block_that_the_contract_would_refuse_is_refused_here() -> None:
    with pytest.raises(RecordingError, match="4096"):
        next(blocks(made_trial(), "belt-1", 1, T0_NS, block_s=30.0))


@pytest.mark.parametrize("last", ["", ";", ";\n", ";\r\n\r\n"])
def test_sisfall_files_may_end_as_they_like(tmp_path: Path, last: str) -> None:
    trial = made_trial()
    (read,) = sisfall.read(written_as_sisfall(trial, tmp_path, last))
    assert np.array_equal(read.accel_g, trial.accel_g)


def test_the_other_accelerometer_of_sisfall_can_be_read(tmp_path: Path) -> None:
    path = written_as_sisfall(made_trial(), tmp_path)
    (read,) = sisfall.read(path, sensor="MMA8451Q")
    # 14 bits over ±8 g: 1024 counts a g.
    assert read.accel_g[0] == pytest.approx([76 / 1024, -697 / 1024, -279 / 1024])
    assert read.range_g == 8.0


LINE = "17,-179,-99,-18,-504,-352,76,-697,-279;"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param("F01_SA01_R01.txt", f"{LINE}\n17,x;\n", "line 2", id="a line that is none"),
        pytest.param("F01_SA01_R01.txt", f"{LINE}\n1,2,3;\n", "nine integers", id="three columns"),
        pytest.param("mine.txt", LINE, "activity, subject", id="a name that says nothing"),
        pytest.param("F01_SA01_R01.txt", "", "nothing; wanted", id="an empty file"),
        pytest.param("notes.txt", "call Anna", "b'call Anna' at its beginning", id="a note"),
        pytest.param("x.npz", "PK\x03\x04 not a zip", "cut short or damaged", id="a broken zip"),
        pytest.param("fall-01-acc.csv", "0,1,0,0,1\n1,x,1,1,1\n", "line 2", id="URFD, broken"),
        pytest.param("fall-01-acc.csv", "0,1,0,0,1\n", "fewer than two", id="URFD, one row"),
        pytest.param("other.csv", "0,1,0,0,1\n9,1,0,0,1\n", "fall-01-acc.csv", id="URFD, no name"),
        pytest.param(
            "ours.jsonl", '{"arrived_ns":1,"topic":"a","payload":"b"}', "no trials", id="ours"
        ),
    ],
)
def test_what_is_no_recording_is_refused_with_what_was_found(
    tmp_path: Path, name: str, content: str, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(RecordingError, match=says) as refused:
        list(find([path]))
    assert name in str(refused.value)


def test_an_npz_of_something_else_says_what_is_missing(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    with pytest.raises(RecordingError, match="weights; acc, acc_scale"):
        list(find([tmp_path / "other.npz"]))


def test_a_path_that_is_not_there_and_a_folder_without_recordings_are_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        list(find([tmp_path / "gone.npz"]))
    (tmp_path / "readme.txt").write_text("nothing here")
    with pytest.raises(RecordingError, match="no file in it"):
        list(find([tmp_path]))


def test_a_folder_is_searched_by_content_in_order_of_name(tmp_path: Path) -> None:
    trial = made_trial()
    written_as_sisfall(trial, tmp_path)
    (tmp_path / "readme.txt").write_text("nothing here")
    (tmp_path / "D01_SA01_R01.txt").write_text(f"{LINE}\n{LINE}\n")
    assert [found.name for found in find([tmp_path])] == [
        "sisfall/SA01/D01/1",
        "sisfall/SA01/F01/2",
    ]
    assert [found.activity for found in find([tmp_path], activities=["f01"])] == ["F01"]
    assert list(find([tmp_path], subjects=["SA09"])) == []


crossings = st.lists(
    st.builds(
        Crossing, st.integers(0, 2**62), st.text(min_size=1, max_size=20), st.binary(max_size=60)
    ),
    max_size=12,
)


@given(told=crossings, zipped=st.booleans())
def test_what_is_recorded_is_read_again_exactly(
    tmp_path_factory: pytest.TempPathFactory, told: list[Crossing], zipped: bool
) -> None:
    told = [c for c in told if c.topic.isprintable()]
    path = tmp_path_factory.mktemp("own") / ("a.jsonl.gz" if zipped else "a.jsonl")
    with Writer(path) as writer:
        for crossing in told:
            writer.write(crossing)
    assert writer.count == len(told)
    assert list(own.read(path)) == told
    assert own.recognises(path) is bool(told)
    if told:
        assert recognise(path) == "own"


def test_text_stays_legible_and_what_is_not_text_is_base64(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with Writer(path) as writer:
        writer.write(Crossing(5, "devices/belt-1/imu", b'{"seq":1}'))
        writer.write(Crossing(6, "x", b"\xff\x00"))
    assert path.read_text().splitlines() == [
        '{"arrived_ns":5,"topic":"devices/belt-1/imu","payload":"{\\"seq\\":1}"}',
        '{"arrived_ns":6,"topic":"x","payload":"/wA=","encoding":"base64"}',
    ]


@pytest.mark.parametrize("zipped", [False, True])
def test_a_recording_that_breaks_off_is_read_up_to_there(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / ("a.jsonl.gz" if zipped else "a.jsonl")
    noise = np.random.default_rng(0).bytes(900)
    with Writer(path) as writer:
        for at_ns in range(60):
            writer.write(Crossing(at_ns, "devices/belt-1/imu", noise))
    path.write_bytes(path.read_bytes()[:-40])
    read = list(own.read(path))
    assert 30 < len(read) < 60
    assert [crossing.arrived_ns for crossing in read] == list(range(len(read)))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{}", id="nothing in it"),
        pytest.param('{"arrived_ns":-1,"topic":"a","payload":""}', id="before 1970"),
        pytest.param('{"arrived_ns":1,"topic":"a","payload":5}', id="a number as payload"),
        pytest.param(
            '{"arrived_ns":1,"topic":"a","payload":"%%","encoding":"base64"}', id="no base64"
        ),
        pytest.param(
            '{"arrived_ns":1,"topic":"a","payload":"","encoding":"rot13"}', id="odd encoding"
        ),
        pytest.param("hello", id="no JSON"),
    ],
)
def test_a_line_that_is_no_crossing_is_refused_by_number(tmp_path: Path, line: str) -> None:
    good = own.as_line(Crossing(1, "a", b"b")).decode()
    path = tmp_path / "a.jsonl"
    path.write_text(f"{good}{line}\n{good}")
    with pytest.raises(RecordingError, match="line 2"):
        list(own.read(path))


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    with Writer(path) as writer:
        writer.write(Crossing(1, "a", b"b"))
    with pytest.raises(FileExistsError):
        Writer(path)
    assert gzip.decompress(path.read_bytes()) == own.as_line(Crossing(1, "a", b"b"))


def samples_g(sent: list[ImuBlock]) -> np.ndarray:
    parts = [np.frombuffer(b.accel_i16 or b"", "<i2").reshape(-1, 3) for b in sent]
    return np.concatenate(parts) * (sent[0].scale_g or 1.0)

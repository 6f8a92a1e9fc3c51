"""Files of reads: what they say is taken as it is, and what they cannot mean is refused."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.instants import NS_PER_S
from simulators.badges.recording import BadgeRead, Recording, quadrants, reads
from simulators.errors import RecordingError
from tests.support.badge_recordings import (
    TAG,
    as_reads,
    csv_of,
    four_quadrants,
    standing,
    write_quadrants,
)

GOOD = csv_of(standing("1", 5))
HEAD = GOOD.splitlines()[0]
ONE = "1753218900000000,1,-50,aa"
ZIPPED = gzip.compress(GOOD.encode())


def broken(zipped: bytes) -> bytes:
    at = len(zipped) // 2
    return zipped[:at] + bytes(byte ^ 0xFF for byte in zipped[at : at + 20]) + zipped[at + 20 :]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("r.csv", b"", "there is no column t_us, antenna, rssi_dbm, epc", id="empty"),
        pytest.param("r.csv", HEAD.encode(), "holds no read", id="a head and nothing else"),
        pytest.param(
            "r.csv", b"t_us,antenna,epc\n1,1,aa\n", "no column rssi_dbm", id="a column is missing"
        ),
        pytest.param("r.csv", GOOD[:-9].encode(), None, id="the last tag is cut short"),
        pytest.param(
            "r.csv", f"{HEAD}\n{ONE}\n17532,1".encode(), "line 3 is cut short", id="cut in a line"
        ),
        pytest.param("r.csv", f"{HEAD}\n{ONE},9\n".encode(), "or has too much", id="too much"),
        pytest.param("r.csv.gz", ZIPPED[:-30], "ended before", id="gzip cut short"),
        pytest.param("r.csv.gz", broken(ZIPPED), "decompress", id="gzip with bytes overwritten"),
        pytest.param("r.csv.gz", GOOD.encode(), "Not a gzipped file", id="not gzipped"),
        pytest.param("r.csv", bytes(range(256)), "can't decode", id="bytes that are no text"),
        pytest.param(
            "r.csv", f'{HEAD}\n"{"9" * 200_000}",1,-50,aa'.encode(), "field larger", id="endless"
        ),
        pytest.param("r.csv", f"{HEAD}\nnow,1,-50,aa".encode(), "line 2", id="a time in words"),
        pytest.param("r.csv", f"{HEAD}\n-5,1,-50,aa".encode(), "line 2: t_ns", id="before 1970"),
        pytest.param("r.csv", f"{HEAD}\n{10**20},1,-50,aa".encode(), "line 2: t_ns", id="too late"),
        pytest.param("r.csv", f"{HEAD}\n5,1,nan,aa".encode(), "line 2: rssi_dbm", id="no number"),
        pytest.param("r.csv", f"{HEAD}\n5,1,-inf,aa".encode(), "line 2: rssi_dbm", id="infinite"),
        pytest.param("r.csv", f"{HEAD}\n5,1,-5000,aa".encode(), "rssi_dbm", id="centi-dBm"),
        pytest.param("r.csv", f"{HEAD}\n5,1,-50,".encode(), "line 2: tag", id="no tag"),
        pytest.param(
            "r.csv", f"{HEAD}\n5,{'x' * 64},-50,aa".encode(), "line 2: point", id="a long antenna"
        ),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, said: str | None
) -> None:
    (tmp_path / name).write_bytes(content)
    if said is None:  # a shorter tag is a tag: a stray one
        assert {read.tag for read in reads(tmp_path / name)} == {TAG}
        return
    with pytest.raises(RecordingError, match=said) as refused:
        reads(tmp_path / name)
    assert str(tmp_path / name) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("write", "name"),
    [
        pytest.param(lambda text: text.encode(), "r.csv", id="plain"),
        pytest.param(lambda text: gzip.compress(text.encode()), "r.csv.gz", id="gzipped"),
        pytest.param(lambda text: text.encode("utf-8-sig"), "r.csv", id="from a spreadsheet"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), "r.csv", id="from Windows"),
        pytest.param(lambda text: text.replace(",", ", ").encode(), "r.csv", id="with blanks"),
        pytest.param(lambda text: text.replace(TAG, TAG.upper()).encode(), "r.csv", id="capitals"),
    ],
)
def test_however_it_is_written_the_same_reads_are_in_it(
    tmp_path: Path, write: Callable[[str], bytes], name: str
) -> None:
    (tmp_path / name).write_bytes(write(GOOD))
    assert reads(tmp_path / name) == as_reads(standing("1", 5))


def test_the_readers_order_is_kept_and_a_stray_tag_is_left_out(tmp_path: Path) -> None:
    mine = standing("1", 5)[::-1]
    stray = standing("3", 2, tag="ee01")
    write_quadrants(tmp_path, [("quadrant-1", [*stray, *mine])])
    (found,) = quadrants(tmp_path).recordings
    assert found.reads == as_reads(mine)
    assert found.name == "walk-1"


def truth(**changed: Any) -> str:
    listed = [{"reads": "walk-1.csv.gz", "zone": "quadrant-1"}]
    return json.dumps({"antennas": {"1": "quadrant-1"}, "recordings": listed} | changed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(None, "No such file", id="missing"),
        pytest.param("", "is not JSON", id="empty"),
        pytest.param("{antennas", "is not JSON", id="not JSON"),
        pytest.param("[" * 100_000, "is not JSON", id="brackets without end"),
        pytest.param("[]", "wanted is", id="a list"),
        pytest.param("{}", "wanted is", id="says nothing"),
        pytest.param(truth(antennas=["quadrant-1"]), "wanted is", id="antennas without places"),
        pytest.param(truth(recordings=7), "wanted is", id="recordings that are a number"),
        pytest.param(truth(recordings=[{"reads": "x"}]), "wanted is", id="no zone"),
        pytest.param(truth(recordings=[]), "lists no recording", id="lists nothing"),
        pytest.param(
            truth(recordings=[{"reads": "walk-1.csv.gz", "zone": "quadrant-9"}]),
            'no antenna stands in "quadrant-9" of walk-1',
            id="a zone without an antenna",
        ),
        pytest.param(
            truth(antennas={"1": "Dock 3"}), '"Dock 3" cannot be a zone', id="no name of a zone"
        ),
        pytest.param(truth(antennas={"1": None}), "cannot be a zone", id="nowhere"),
        pytest.param(
            truth(recordings=[{"reads": "gone.csv", "zone": "quadrant-1"}]),
            "gone.csv: No such file",
            id="a file that is not there",
        ),
        pytest.param(
            truth(recordings=[{"reads": ".", "zone": "quadrant-1"}]), "directory", id="a folder"
        ),
    ],
)
def test_a_truth_that_cannot_be_meant_is_refused(
    tmp_path: Path, text: str | None, said: str
) -> None:
    four_quadrants(tmp_path, 2)
    (tmp_path / "truth.json").unlink()
    if text is not None:
        (tmp_path / "truth.json").write_text(text)
    with pytest.raises(RecordingError, match=said) as refused:
        quadrants(tmp_path)
    assert str(tmp_path) in str(refused.value)


BEGIN_NS = 1_753_218_900_000_000_129
"""The nearest float is later: who reckons in floats loses the first read."""
times = st.lists(st.integers(BEGIN_NS, BEGIN_NS + 120 * NS_PER_S), min_size=1, max_size=40)


def recording(times_ns: list[int]) -> Recording:
    found = (BadgeRead(at, "1", -50.0 - number, "aa") for number, at in enumerate(times_ns))
    return Recording("r", "a", tuple(found))


@given(times, st.floats(0, 1, exclude_max=True))
@example([BEGIN_NS, BEGIN_NS + NS_PER_S], 0.5)
def test_two_parts_join_to_the_whole(times_ns: list[int], share: float) -> None:
    whole = recording(times_ns)
    one, other = whole.part(0, share), whole.part(share, 1)
    assert Counter([*one.reads, *other.reads]) == Counter(whole.reads)
    if one.reads and other.reads:
        assert max(r.t_ns for r in one.reads) < min(r.t_ns for r in other.reads)


@given(times, st.floats(0, 1), st.floats(0, 1))
def test_a_part_keeps_the_readers_order(times_ns: list[int], one: float, other: float) -> None:
    whole = recording(times_ns)
    kept = whole.part(min(one, other), max(one, other)).reads
    assert list(kept) == [read for read in whole.reads if read in kept]
    assert whole.part(0, 1) == whole


def test_halves_are_of_the_time_and_not_of_the_reads() -> None:
    whole = recording([0, 1, 2, 3, 4, 10 * NS_PER_S])
    assert len(whole.part(0, 0.5).reads) == 5
    assert [read.t_ns for read in whole.part(0.5, 1).reads] == [10 * NS_PER_S]

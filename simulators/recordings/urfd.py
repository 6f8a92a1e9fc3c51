"""Reads the accelerometer files of URFD: `fall-01-acc.csv`, `adl-01-acc.csv`.

Kwolek & Kepski, "Human fall detection on embedded platform using depth maps and wireless
accelerometer", Comput. Methods Programs Biomed. 117(3), 2014. A row is the time in ms from the
first frame of the video, the magnitude, and three axes, in g. The rows come at uneven times
(about 30 to 130 a second), so they are interpolated to `ODR_HZ`, on a grid that keeps the greatest
sample as it is.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulators.errors import RecordingError
from simulators.recordings.trial import Trial, Wanted, peak_s

ODR_HZ = 100.0
RANGE_G = 8.0
"""The sensor's range is not given; nothing in the set is beyond ±8 g on an axis."""
_NAME = re.compile(r"(?P<activity>fall|adl)-(?P<trial>\d+)", re.I)
_NUMBER = rb"-?\d+(\.\d+)?([eE][-+]?\d+)?"
_LINE = re.compile(rb"\s*" + _NUMBER + rb"(\s*,\s*" + _NUMBER + rb"){4}\s*")


def looks_like(path: Path, head: bytes) -> bool:
    """Whether a file's first row is five numbers, of which the second is the others' magnitude."""
    lines = [line for line in head.splitlines() if line.strip()]
    if not lines or _LINE.fullmatch(lines[0]) is None:
        return False
    _, magnitude, x, y, z = (float(value) for value in lines[0].split(b","))
    return abs(math.hypot(x, y, z) - magnitude) < 1e-3


def read(path: Path, wanted: Wanted | None = None) -> Iterator[Trial]:
    """Yield the trial of a file, if it is wanted. The set names no subjects.

    `falls.json` beside the folder says when a fall began and when the person was down.

    Raises
    ------
    RecordingError
        When the name does not say what it is, or a row is not five numbers.
    """
    named = _NAME.search(path.stem)
    if named is None:
        raise RecordingError(
            f"{path}: the rows are URFD's, but not the name; it must be as fall-01-acc.csv"
        )
    activity, number = named["activity"].lower(), int(named["trial"])
    if wanted is not None and not wanted.takes("urfd", activity, number):
        return
    t_s, measured_g = _rows(path)
    at_s = _grid(t_s, t_s[int(np.linalg.norm(measured_g, axis=1).argmax())])
    axes = [np.interp(at_s, t_s, measured_g[:, axis]) for axis in range(3)]
    accel_g = np.stack(axes, axis=1).astype(np.float32)
    onset_s, end_s = _annotated(path, float(at_s[0]))
    yield Trial(
        set="urfd",
        subject="urfd",
        activity=activity,
        trial=number,
        odr_hz=ODR_HZ,
        accel_g=accel_g,
        is_fall=activity == "fall",
        peak_s=peak_s(accel_g, ODR_HZ),
        onset_s=onset_s,
        end_s=end_s,
        range_g=RANGE_G,
        worn="trunk",
    )


def _rows(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows: list[list[float]] = []
    with path.open(newline="") as lines:
        for number, row in enumerate(csv.reader(lines), start=1):
            if not row:
                continue
            try:
                values = [float(value) for value in row]
            except ValueError:
                values = []
            if len(values) != 5 or not all(map(math.isfinite, values)):
                raise RecordingError(
                    f"{path}, line {number}: {','.join(row)[:60]!r}; time in ms, magnitude and "
                    "three axes in g are wanted"
                )
            rows.append(values)
    if len(rows) < 2:
        raise RecordingError(f"{path}: fewer than two samples in it")
    table = np.array(rows)
    if np.any(np.diff(table[:, 0]) < 0):
        raise RecordingError(f"{path}: the times go back")
    # Some rows share a time: the one with the greatest magnitude counts, or an impact could go.
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    table = table[np.append(np.diff(table[:, 0]) > 0, True)]
    return table[:, 0] / 1000, table[:, 2:]


def _grid(t_s: NDArray[np.float64], through_s: float) -> NDArray[np.float64]:
    before = int((through_s - t_s[0]) * ODR_HZ)
    after = int((t_s[-1] - through_s) * ODR_HZ)
    return np.asarray(through_s + np.arange(-before, after + 1) / ODR_HZ)


def _annotated(path: Path, first_s: float) -> tuple[float | None, float | None]:
    listed = path.parent.parent / "falls.json"
    if not listed.is_file():
        return None, None
    for clip in json.loads(listed.read_text(encoding="utf-8")):
        if str(clip.get("imu", "")).endswith(f"/{path.name}"):
            onset_s, down_s = clip.get("onset_s"), clip.get("down_s")
            return (
                None if onset_s is None else onset_s - first_s,
                None if down_s is None else down_s - first_s,
            )
    return None, None

"""Reads SisFall as published: one text file a trial, `D01_SA01_R01.txt`.

Sucerquia, López & Vargas-Bonilla, "SisFall: A Fall and Movement Dataset", Sensors 2017, 17(1),
198. A line is a sample of nine integers and a semicolon: three axes of the accelerometer ADXL345
(13 bits, ±16 g), three of the gyroscope ITG3200 (16 bits, ±2000 °/s), three of the accelerometer
MMA8451Q (14 bits, ±8 g), at 200 Hz. By the set's own Readme, g = (2 · range / 2^resolution) · AD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulators.errors import RecordingError
from simulators.recordings.trial import Trial, Wanted, peak_s

ODR_HZ = 200.0
AccelerometerName = Literal["ADXL345", "MMA8451Q"]
_COLUMNS = {"ADXL345": slice(0, 3), "MMA8451Q": slice(6, 9)}
RANGE_G = {"ADXL345": 16.0, "MMA8451Q": 8.0}
RESOLUTION_BITS = {"ADXL345": 13, "MMA8451Q": 14}
_NAME = re.compile(r"(?P<activity>[DF]\d\d)_(?P<subject>S[AE]\d\d)_R(?P<trial>\d\d)", re.I)
_LINE = re.compile(rb"\s*-?\d+(\s*,\s*-?\d+){8}\s*;?\s*")


def step_g(sensor: AccelerometerName) -> float:
    """Return the g that one count stands for.

    >>> step_g("ADXL345")
    0.00390625
    """
    return float(2 * RANGE_G[sensor] / 2 ** RESOLUTION_BITS[sensor])


def looks_like(path: Path, head: bytes) -> bool:
    """Whether a file's first line is one of SisFall's."""
    lines = [line for line in head.splitlines() if line.strip()]
    return bool(lines) and _LINE.fullmatch(lines[0]) is not None


def read(
    path: Path, wanted: Wanted | None = None, sensor: AccelerometerName = "ADXL345"
) -> Iterator[Trial]:
    """Yield the trial of a file, if it is wanted.

    Raises
    ------
    RecordingError
        When the name does not say who did what, or a line is not nine integers; it names the line.
    """
    named = _NAME.search(path.stem)
    if named is None:
        raise RecordingError(
            f"{path}: the lines are SisFall's, but not the name; it must say activity, subject "
            f"and trial, as D01_SA01_R01.txt does"
        )
    activity, subject = named["activity"].upper(), named["subject"].upper()
    number = int(named["trial"])
    if wanted is not None and not wanted.takes(subject, activity, number):
        return
    accel_g = _counts(path)[:, _COLUMNS[sensor]].astype(np.float32) * np.float32(step_g(sensor))
    yield Trial(
        set="sisfall",
        subject=subject,
        activity=activity,
        trial=number,
        odr_hz=ODR_HZ,
        accel_g=accel_g,
        is_fall=activity.startswith("F"),
        peak_s=peak_s(accel_g, ODR_HZ),
        range_g=RANGE_G[sensor],
        worn="trunk",
        step_g=step_g(sensor),
    )


def _counts(path: Path) -> NDArray[np.int64]:
    rows: list[list[int]] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        if _LINE.fullmatch(line) is None:
            said = line[:60].decode(errors="replace")
            raise RecordingError(
                f"{path}, line {number}: {said!r}; nine integers with commas between them and a "
                "semicolon are wanted"
            )
        rows.append([int(value) for value in line.strip().rstrip(b"; \t").split(b",")])
    if not rows:
        raise RecordingError(f"{path}: no samples in it")
    return np.array(rows, dtype=np.int64)

"""Reads the converted sets of `recordings/imu`: one `.npz` a subject or a set.

The container holds many trials end to end: `acc` int16 (N, 3) with `acc_scale` g a count, `start`
and `length` of each trial, its measured `fs`, `subject`, `activity`, `trial`, `is_fall`,
`peak_idx`, annotated `onset_s` and `end_s` (NaN where there are none), `range_g`, and `meta`.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from contract.site import Worn
from simulators.errors import RecordingError
from simulators.recordings.trial import Trial, Wanted

NEEDED = frozenset(
    {"acc", "acc_scale", "start", "length", "fs", "subject", "activity", "trial", "is_fall"}
    | {"peak_idx", "meta"}
)
_ON_THE_ARM = ("wrist", "arm", "hand")


def looks_like(path: Path, head: bytes) -> bool:
    """Whether a file's first bytes are those of an `.npz`."""
    return head.startswith(b"PK") and zipfile.is_zipfile(path)


def read(path: Path, wanted: Wanted | None = None) -> Iterator[Trial]:
    """Yield the wanted trials of a file, in its order.

    Raises
    ------
    RecordingError
        When it is no such container, or a trial lies outside its samples.
    """
    wanted = wanted or Wanted()
    try:
        with np.load(path, allow_pickle=False) as opened:
            table = {name: opened[name] for name in opened.files if name != "gyro"}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise RecordingError(f"{path}: not a readable .npz: {error}") from None
    missing = sorted(NEEDED - set(table))
    if missing:
        raise RecordingError(
            f"{path}: an .npz with {', '.join(sorted(table))}; {', '.join(missing)} is missing"
        )
    meta = json.loads(str(table["meta"]))
    for i in range(len(table["start"])):
        trial = _trial(path, table, meta, i, wanted)
        if trial is not None:
            yield trial


def _trial(
    path: Path, table: dict[str, Any], meta: dict[str, Any], i: int, wanted: Wanted
) -> Trial | None:
    subject, activity = str(table["subject"][i]), str(table["activity"][i])
    number = int(table["trial"][i])
    if not wanted.takes(subject, activity, number):
        return None
    first, count = int(table["start"][i]), int(table["length"][i])
    counts = table["acc"][first : first + count]
    odr_hz = float(table["fs"][i])
    if len(counts) != count or count == 0 or not odr_hz > 0:
        raise RecordingError(
            f"{path}: trial {i} ({subject} {activity} {number}) names {count} samples from {first} "
            f"at {odr_hz:g} Hz; the file has {len(table['acc'])}"
        )
    step_g = float(table["acc_scale"])
    return Trial(
        set=_set_name(path, meta),
        subject=subject,
        activity=activity,
        trial=number,
        odr_hz=odr_hz,
        accel_g=counts.astype(np.float32) * np.float32(step_g),
        is_fall=bool(table["is_fall"][i]),
        peak_s=int(table["peak_idx"][i]) / odr_hz,
        onset_s=_known(table, "onset_s", i),
        end_s=_known(table, "end_s", i),
        range_g=_known(table, "range_g", i),
        worn=_worn(meta),
        position=str(meta.get("position", "")),
        step_g=step_g,
    )


def _set_name(path: Path, meta: dict[str, Any]) -> str:
    # A set of many files has a folder of its name; a set in one file is named by it.
    folder = path.parent.name
    return folder if folder and folder != "imu" else str(meta.get("dataset", path.stem)).lower()


def _worn(meta: dict[str, Any]) -> Worn:
    position = str(meta.get("position", "")).lower()
    return "arm" if any(word in position for word in _ON_THE_ARM) else "trunk"


def _known(table: dict[str, Any], name: str, i: int) -> float | None:
    if name not in table:
        return None
    value = float(table[name][i])
    return value if math.isfinite(value) else None

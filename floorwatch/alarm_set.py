"""Lays labelled windows out as a folder that `bench` and `train` read, whole or not at all."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from backend.evidence.archive import LabelledWindow
from floorwatch.errors import UsageError
from simulators.recordings.npz_writer import Counts, counts, write

SUMMARY = "export.json"
"""Marks a folder as ours: only such a one is ever replaced."""
DATASET = "alarms"


@dataclass(frozen=True)
class AlarmRow:
    """A trial as `index.csv` has it."""

    file: str
    subject: str
    activity: str
    trial: int
    is_fall: int
    fs: float
    n: int
    dur_s: float
    peak_s: float
    range_g: float | str


def check_target(folder: Path, *, force: bool) -> None:
    """Refuse to write over anything but, when forced, an earlier export.

    Raises
    ------
    UsageError
        With what to do instead.
    """
    if not folder.parent.is_dir():
        raise UsageError(f"--to {folder}: there is no folder {folder.parent}")
    if folder.suffix == ".npz":
        raise UsageError(
            f"--to {folder}: name a folder; one .npz holds one place on the body and one step"
        )
    if not folder.exists():
        return
    if not (folder / SUMMARY).is_file():
        raise UsageError(f"--to {folder} exists and is no export of alarms; name a new folder")
    if not force:
        raise UsageError(f"--to {folder} is an earlier export; --force replaces it")


def write_set(folder: Path, windows: Iterable[LabelledWindow]) -> dict[str, object]:
    """Write one `.npz` for each place on the body and step of the sensor; return the summary.

    The windows' own counts are kept as they came. The folder appears when it is whole.
    """
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        summary = _write_into(fresh, windows)
        old = folder.with_name(f".{folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return summary


def _write_into(folder: Path, windows: Iterable[LabelledWindow]) -> dict[str, object]:
    groups: dict[tuple[str, float], list[Counts]] = defaultdict(list)
    of_subject: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for window in windows:
        of_subject[window.subject] += 1
        labels[window.label] += 1
        trial = Counts(
            accel_i16=counts(window.accel_i16),
            odr_hz=window.odr_hz,
            subject=window.subject,
            activity=window.label,
            trial=of_subject[window.subject],
            is_fall=window.label == "fall",
            claimed_at_s=window.claimed_at_s,
            range_g=window.range_g,
        )
        groups[window.worn or "unknown", window.scale_g].append(trial)
    rows: list[AlarmRow] = []
    for (worn, step_g), trials in sorted(groups.items()):
        same = sorted(step for place, step in groups if place == worn)
        name = f"{worn}.npz" if len(same) == 1 else f"{worn}-{same.index(step_g) + 1}.npz"
        meta = {"dataset": DATASET, "position": worn, "notes": "labelled alarms of a site"}
        write(folder / name, trials, step_g, meta)
        rows += [_row(name, trial) for trial in trials]
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(AlarmRow.__dataclass_fields__))
        table.writeheader()
        table.writerows(asdict(row) for row in rows)
    summary: dict[str, object] = {
        "windows": len(rows),
        "subjects": len(of_subject),
        "labels": dict(labels),
        "files": sorted({row.file for row in rows}),
    }
    (folder / SUMMARY).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


def _row(file: str, trial: Counts) -> AlarmRow:
    return AlarmRow(
        file=file,
        subject=trial.subject,
        activity=trial.activity,
        trial=trial.trial,
        is_fall=int(trial.is_fall),
        fs=round(trial.odr_hz, 2),
        n=len(trial.accel_i16),
        dur_s=round(len(trial.accel_i16) / trial.odr_hz, 2),
        peak_s=round(trial.peak / trial.odr_hz, 3),
        range_g=trial.range_g or "",
    )

"""How many falls the real pipeline finds in recordings, and how often it is wrong.

python -m tests.accuracy.fall_table DIR

DIR is the folder of the sets, one a sub-folder with an index.csv and .npz files.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.imu import ImuBlock
from contract.site import Device, Site, Wearer
from detectors.fall.impact_posture import FallDetector
from detectors.pipeline import Pipeline
from tests.support.motions import T0_NS

HELD_S = 3.0
"""The last sample is held this long: many recordings end before the posture can be seen. Somebody
who lies at the end of a recording is thereby taken to lie on."""
NEAR_S = 3.0
"""A fall is hit by an onset this near to its impact; every other onset is a false alarm."""
FALLS, QUIET = (
    ("sisfall", "wedafall"),
    ("assistiot_stairs", "uci_chest", "spsw_har", "seglearn_watch"),
)
ON_THE_ARM = ("wedafall_wrist", "seglearn_watch", "spsw_sw")


@dataclass(frozen=True)
class Trial:
    """One recording, with what is known of it."""

    accel: NDArray[np.int16]
    scale_g: float
    odr_hz: float
    subject: str
    activity: str
    is_fall: bool
    impact_s: float

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return len(self.accel) / self.odr_hz


@dataclass
class Score:
    """Events, not windows: falls found, and alarms for which there was none."""

    falls: int = 0
    hits: int = 0
    false_alarms: int = 0
    everyday_s: float = 0.0
    missed: list[str] = field(default_factory=list)

    @property
    def sensitivity(self) -> float:
        """Share of the falls that were found."""
        return self.hits / self.falls if self.falls else float("nan")

    @property
    def false_an_hour(self) -> float:
        """False alarms an hour of everyday activity."""
        return self.false_alarms / (self.everyday_s / 3600) if self.everyday_s else float("nan")

    def add(self, other: Score) -> None:
        """Take in the score of another trial."""
        self.falls += other.falls
        self.hits += other.hits
        self.false_alarms += other.false_alarms
        self.everyday_s += other.everyday_s
        self.missed += other.missed


def trials(path: Path) -> Iterator[Trial]:
    """Yield the recordings of one file; its format is in the docstring of imu/loader.py."""
    with np.load(path) as file:
        known = {name: file[name] for name in file.files if name not in ("gyro", "label")}
    for i, start in enumerate(known["start"]):
        odr_hz = float(known["fs"][i])
        yield Trial(
            accel=known["acc"][start : start + known["length"][i]],
            scale_g=float(known["acc_scale"]),
            odr_hz=odr_hz,
            subject=str(known["subject"][i]),
            activity=str(known["activity"][i]),
            is_fall=bool(known["is_fall"][i]),
            impact_s=float(known["peak_idx"][i]) / odr_hz,
        )


def onsets_s(trial: Trial, detector: FallDetector) -> list[float]:
    """Stream a trial through the pipeline in blocks of a second; return the impacts claimed."""
    held = np.repeat(trial.accel[-1:], round(HELD_S * trial.odr_hz), axis=0)
    accel = np.concatenate([trial.accel, held]).astype("<i2")
    size = round(trial.odr_hz)
    running = Pipeline(_SITE, [detector])
    impacts: list[float] = []
    for seq, start in enumerate(range(0, len(accel), size)):
        block = ImuBlock(
            device="belt-1",
            seq=seq,
            t0_ns=T0_NS + round(start * 1e9 / trial.odr_hz),
            odr_hz=trial.odr_hz,
            accel_i16=accel[start : start + size].tobytes(),
            scale_g=trial.scale_g,
        )
        for found in running.feed(block).detections:
            if found.kind == "fall" and found.phase == "onset":
                onset_s = (found.onset_ns - T0_NS) / 1e9
                impacts.append(onset_s + found.evidence["impact_after_onset_s"])
    return impacts


_SITE = Site.model_validate(
    {
        "site": {"id": "recorded"},
        "wearer": [Wearer(id="somebody", name="Somebody")],
        "device": [Device(id="belt-1", kind="imu", wearer="somebody", worn="trunk")],
    }
)


def score(trial: Trial, detector: FallDetector) -> Score:
    """Return what the pipeline makes of one trial."""
    impacts = onsets_s(trial, detector)
    if not trial.is_fall:
        return Score(false_alarms=len(impacts), everyday_s=trial.duration_s)
    hits = [at for at in impacts if abs(at - trial.impact_s) <= NEAR_S]
    missed = [] if hits else [f"{trial.subject} {trial.activity}"]
    return Score(1, bool(hits), len(impacts) - len(hits[:1]), 0.0, missed)


def total(paths: Iterable[Path], detector: FallDetector | None = None) -> Score:
    """Return the score of all trials in some files."""
    whole = Score()
    for path in paths:
        for trial in trials(path):
            whole.add(score(trial, detector or FallDetector()))
    return whole


def row(name: str, found: Score) -> str:
    """Return a score as a row of the table in docs/detectors.md."""
    falls = f"{found.hits} of {found.falls} ({found.sensitivity:.1%})" if found.falls else "–"
    hours = found.everyday_s / 3600
    rate = f"{found.false_an_hour:.1f}" if hours else "–"
    return f"| {name} | {falls} | {found.false_alarms} | {hours:.1f} | {rate} |"


def main(folder: Path) -> None:
    """Print the table."""
    print("| set | falls found | false alarms | everyday hours | an hour |")
    print("|---|---|---|---|---|")
    for name in (*FALLS, *QUIET):
        files = sorted((folder / name).glob("*.npz"))
        if name == "sisfall":
            young = [path for path in files if path.stem.startswith("SA")]
            print(row("sisfall, young adults", total(young)), flush=True)
            print(row("sisfall, aged 60–75", total(set(files) - set(young))), flush=True)
            continue
        for path in files:
            worn = "arm" if path.stem in ON_THE_ARM else "trunk or pocket"
            print(row(f"{path.stem} ({worn})", total([path])), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

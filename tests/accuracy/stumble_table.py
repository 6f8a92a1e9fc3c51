"""How many of SisFall's acted stumbles are counted, and what else is.

python -m tests.accuracy.stumble_table DIR

DIR is the folder of the sets. SisFall's D18 is "stumble while walking". The thresholds were chosen
on every second file, from the first; the others are people unseen.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contract.site import Device, Site, Wearer
from detectors.gait.stumble import StumbleDetector
from detectors.pipeline import Pipeline
from simulators.recordings.blocks import blocks
from simulators.recordings.find import find
from simulators.recordings.trial import Trial
from tests.support.motions import T0_NS

STUMBLE = "D18"
_SITE = Site.model_validate(
    {
        "site": {"id": "recorded"},
        "wearer": [Wearer(id="somebody", name="Somebody")],
        "device": [Device(id="belt-1", kind="imu", wearer="somebody", worn="trunk")],
    }
)


@dataclass
class Score:
    """Recordings, those in which something was counted, the counts, and hours."""

    trials: int = 0
    hit: int = 0
    counted: int = 0
    watched_s: float = 0.0

    def add(self, trial: Trial, counted: int) -> None:
        """Take in one recording."""
        self.trials += 1
        self.hit += counted > 0
        self.counted += counted
        self.watched_s += trial.duration_s

    def row(self, name: str) -> str:
        """Return it as a row of the table in docs/detectors.md."""
        hours = self.watched_s / 3600
        share = f"{self.hit} of {self.trials}"
        return f"| {name} | {share} | {self.counted} | {hours:.1f} | {self.counted / hours:.1f} |"


def counted(trial: Trial, detector: StumbleDetector) -> int:
    """Stream a trial through the pipeline; return how many stumbles are counted."""
    running = Pipeline(_SITE, [detector.at(_SITE)])
    sent = blocks(trial, "belt-1", 1, T0_NS, hold_s=3.0 if trial.is_fall else 0.0)
    return sum(len(running.feed(block).detections) for block in sent)


def group(trial: Trial) -> str:
    """Return the row that a trial of SisFall belongs to."""
    if trial.is_fall:
        return "falls"
    return "stumbles while walking" if trial.activity == STUMBLE else "other activities"


def score(files: Iterable[Path], detector: StumbleDetector) -> dict[str, Score]:
    """Return the scores of some files by group."""
    total: dict[str, Score] = {}
    for path in files:
        for trial in find([path]):
            total.setdefault(group(trial), Score()).add(trial, counted(trial, detector))
    return total


def main(folder: Path) -> None:
    """Print the table."""
    print("| set | recordings with one or more | counted | hours | an hour |")
    print("|---|---|---|---|---|")
    sisfall = sorted((folder / "sisfall").glob("*.npz"))
    detector = StumbleDetector()
    for name, files in (("chosen on", sisfall[::2]), ("unseen", sisfall[1::2])):
        for what, found in sorted(score(files, detector).items(), reverse=True):
            print(found.row(f"SisFall, {name}: {what}"), flush=True)
    for name in ("uci_chest", "assistiot_stairs"):
        found = score(sorted((folder / name).glob("*.npz")), detector)["other activities"]
        print(found.row(name), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

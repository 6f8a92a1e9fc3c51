"""How often the no-motion detector is wrong about people who are well.

python -m tests.accuracy.no_motion_table DIR

DIR is the folder of the sets. Everybody in them is well, so every alarm is false; there is nobody
in them who could answer the pre-alarm.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contract.instants import ns
from contract.site import Device, Site, Wearer
from detectors.motion.no_motion import UNSURE_CONFIDENCE, NoMotionDetector
from detectors.pipeline import Pipeline
from simulators.recordings.blocks import blocks
from simulators.recordings.find import find
from simulators.recordings.trial import Trial
from tests.support.motions import T0_NS

SETS = ("uci_chest", "sisfall", "assistiot_stairs")
DETECTORS = {
    "at the defaults": NoMotionDetector(),
    "without the pre-alarm": NoMotionDetector(pre_alarm_s=0),
    "still_g = 0.025": NoMotionDetector(still_g=0.025),
    "still_g = 0.04": NoMotionDetector(still_g=0.04),
}

_SITE = Site.model_validate(
    {
        "site": {"id": "recorded"},
        "wearer": [Wearer(id="somebody", name="Somebody")],
        "device": [Device(id="belt-1", kind="imu", wearer="somebody", worn="trunk")],
    }
)


@dataclass
class Score:
    """Alarms and hours."""

    watched_s: float = 0.0
    alarms: int = 0
    unsure: int = 0
    people: set[str] = field(default_factory=set)

    def row(self, name: str) -> str:
        """Return it as a row of the table in docs/detectors.md."""
        hours = self.watched_s / 3600
        rate = self.alarms / hours
        return f"| {name} | {len(self.people)} | {hours:.1f} | {self.alarms} | {rate:.2f} |"


def days(folder: Path) -> Iterator[tuple[str, list[Trial]]]:
    """Yield each person's trials of everyday activity, to be streamed one after the other.

    Most recordings are shorter than the time that the detector waits, so they are joined.
    """
    of: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in find([folder]):
        if not trial.is_fall:
            of[trial.subject].append(trial)
    yield from sorted(of.items())


def score(day: list[Trial], detector: NoMotionDetector, total: Score) -> None:
    """Stream one person's day through the pipeline, and count."""
    running = Pipeline(_SITE, [detector.at(_SITE)])
    t0_ns, seq = T0_NS, 0
    for trial in day:
        for block in blocks(trial, "belt-1", 1, t0_ns, hold_s=0):
            outcome = running.feed(block.model_copy(update={"seq": seq}))
            seq += 1
            for found in outcome.detections:
                total.alarms += found.phase == "onset"
                total.unsure += found.phase == "onset" and found.confidence == UNSURE_CONFIDENCE
        t0_ns += ns(trial.duration_s)
        total.watched_s += trial.duration_s
        total.people.add(trial.subject)


def main(folder: Path) -> None:
    """Print the table."""
    print("| set | people | hours | alarms | an hour |")
    print("|---|---|---|---|---|")
    for name in SETS:
        recorded = list(days(folder / name))
        for words, detector in DETECTORS.items():
            total = Score()
            for _, day in recorded:
                score(day, detector, total)
            print(total.row(f"{name}, {words}"), f"({total.unsure} unsure)", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

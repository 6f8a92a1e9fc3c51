"""Somebody inside one quadrant throughout: how long it is named, and how often another is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from detectors.zone.presence import PresenceSettings
from simulators.badges.baselines import STRONGEST, strongest
from simulators.badges.calibration import Labelled, hearings
from simulators.badges.recording import READER, Quadrants, Recording
from simulators.badges.room import Course, follow, room
from simulators.errors import RecordingError

SETTLE_S = 10.0
"""The share of time counts from here on; wrong entries count from the first read on."""

OURS = "floorwatch"
UNCALIBRATED = "not calibrated"


@dataclass(frozen=True, slots=True)
class Score:
    """What one system made of all recordings."""

    system: str
    shares: tuple[float, ...]
    lasts_s: tuple[float, ...]
    wrong_entries: int
    first_entry_s: tuple[float | None, ...]

    @property
    def share_right(self) -> float:
        """The share of all time after the first `SETTLE_S` in which the right zone was named."""
        scored = [max(lasts_s - SETTLE_S, 0.0) for lasts_s in self.lasts_s]
        right = sum(share * time for share, time in zip(self.shares, scored, strict=True))
        return right / max(sum(scored), 1e-9)

    @property
    def minutes(self) -> float:
        """How long was listened to."""
        return sum(self.lasts_s) / 60

    @property
    def wrong_per_10min(self) -> float:
        """Entries reported into a quadrant where the person never was, in ten minutes."""
        return 10 * self.wrong_entries / max(self.minutes, 1e-9)

    @property
    def waits_s(self) -> list[float]:
        """How long the first right entry took; who was never found counts with all their time."""
        pairs = zip(self.first_entry_s, self.lasts_s, strict=True)
        return [lasts_s if at_s is None else at_s for at_s, lasts_s in pairs]

    @property
    def never_found(self) -> int:
        """In how many recordings the right zone was never named."""
        return sum(at_s is None for at_s in self.first_entry_s)

    @property
    def first_p50_s(self) -> float:
        """The median of the first right entries."""
        return median(self.waits_s)

    @property
    def first_max_s(self) -> float:
        """The slowest first right entry."""
        return max(self.waits_s)


def labelled(recordings: Iterable[Recording]) -> list[Labelled]:
    """Return what calibration learns from."""
    return [
        Labelled(each.zone, READER, read.point, read.t_ns, read.rssi_dbm)
        for each in recordings
        for read in each.reads
    ]


def scores(
    data: Quadrants,
    calibrated_with: Quadrants | None = None,
    settings: PresenceSettings | None = None,
) -> tuple[Score, ...]:
    """Score the second half of every recording.

    Calibrated with the first halves, or with another folder's whole recordings. Each second half is
    followed from nothing: what was heard in the first is not known.

    Raises
    ------
    RecordingError
        When nobody walked in any of the zones where it was calibrated.
    """
    learned = [each.part(0, 0.5) for each in data.recordings]
    if calibrated_with is not None:
        learned = list(calibrated_with.recordings)
    taught = {each.zone for each in learned}
    if taught.isdisjoint(each.zone for each in data.recordings):
        raise RecordingError(
            f"calibrated in {', '.join(sorted(taught))}: nobody was in any of these afterwards"
        )
    zones = [each.zone for each in (*data.recordings, *learned)]
    site = room(data.zone_of, zones, hearings(labelled(learned)))
    plain = room(data.zone_of, zones, ())
    halves = [each.part(0.5, 1) for each in data.recordings]
    systems: dict[str, Callable[[Recording], Course]] = {
        OURS: lambda each: follow(site, each.reads, settings),
        UNCALIBRATED: lambda each: follow(plain, each.reads, settings),
    }
    for name, window_s in STRONGEST.items():
        systems[name] = partial(_strongest, data.zone_of, window_s)
    return tuple(_score(name, halves, course_of) for name, course_of in systems.items())


def _strongest(zone_of: Mapping[str, str], window_s: float, recording: Recording) -> Course:
    return strongest(zone_of, recording.reads, window_s)


def _score(
    name: str, halves: Sequence[Recording], course_of: Callable[[Recording], Course]
) -> Score:
    courses = [(each, course_of(each)) for each in halves]
    return Score(
        name,
        tuple(course.share({each.zone}, SETTLE_S) for each, course in courses),
        tuple(course.lasts_s for _, course in courses),
        sum(course.wrong({each.zone}) for each, course in courses),
        tuple(course.first({each.zone}) for each, course in courses),
    )

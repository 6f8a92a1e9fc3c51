"""Lines walked across the room: how soon a real crossing is followed.

The recordings of quadrants flatter an estimator that never changes its mind. Here somebody changes
zone once, and where they are is known: on a straight line from start to end, at an even pace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from statistics import median

from detectors.zone.presence import PresenceSettings
from simulators.badges.baselines import STRONGEST, strongest
from simulators.badges.calibration import hearings
from simulators.badges.quadrants import OURS, labelled
from simulators.badges.recording import BadgeRead, Quadrants, reads, table
from simulators.badges.room import Course, follow, room
from simulators.errors import RecordingError

COLUMNS = (
    "raw_CSV_filename", "speed", "start_x_true", "start_y_true", "end_x_true", "end_y_true",
)  # fmt: skip
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Walk:
    """One line, in feet from a corner of the room."""

    name: str
    speed: str
    start_ft: Place
    end_ft: Place
    reads: tuple[BadgeRead, ...]


@dataclass(frozen=True, slots=True)
class WalkScore:
    """What one system made of the walks that end in another quadrant than they begin in."""

    system: str
    speed: str
    walks: int
    followed_s: tuple[float, ...]
    """How long after the line was crossed the new zone was named; of those that were followed."""
    wrong_entries: int
    """Entries into a quadrant that the line does not touch."""
    minutes: float

    @property
    def followed(self) -> float:
        """The share that was followed before the recording ended."""
        return len(self.followed_s) / max(self.walks, 1)

    @property
    def p50_s(self) -> float | None:
        """The median; who was not followed counts as infinitely late."""
        waits = sorted([*self.followed_s, *[float("inf")] * (self.walks - len(self.followed_s))])
        middle = median(waits) if waits else None
        return None if middle is None or middle == float("inf") else middle


def walks(folder: Path) -> tuple[Walk, ...]:
    """Return the walks that a folder's paths.csv lists, as recordings/badges/walks.

    Raises
    ------
    RecordingError
        That names the file and what is wrong with it.
    """
    path = folder / "paths.csv"
    files = {
        file.name.split(".")[0].casefold(): file
        for file in sorted(folder.iterdir())
        if ".csv" in file.name and file.name != path.name
    }
    found = []
    for number, row in table(path, COLUMNS):
        file = files.get(row["raw_CSV_filename"].casefold())
        if file is None:
            raise RecordingError(f'{path}: line {number}: no file "{row["raw_CSV_filename"]}"')
        try:
            ends = [float(row[name]) for name in COLUMNS[2:]]
        except ValueError as error:
            raise RecordingError(f"{path}: line {number}: {error}") from None
        if not all(map(isfinite, ends)):
            raise RecordingError(f"{path}: line {number}: a line has no end at infinity")
        name = file.name.split(".")[0]
        start_ft, end_ft = (ends[0], ends[1]), (ends[2], ends[3])
        found.append(Walk(name, row["speed"], start_ft, end_ft, reads(file)))
    if not found:
        raise RecordingError(f"{path}: lists no walk")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Corners:
    """Which antenna stands in which corner, found where the walks begin and end."""

    middle_ft: Place
    antenna: Mapping[tuple[bool, bool], str]

    @classmethod
    def of(cls, found: Sequence[Walk]) -> Corners:
        """Return the corners: each has the antenna that hears best where a walk is in it."""
        ends = [place for walk in found for place in (walk.start_ft, walk.end_ft)]
        middle_ft = tuple(
            (min(end[axis] for end in ends) + max(end[axis] for end in ends)) / 2 for axis in (0, 1)
        )
        votes: dict[tuple[bool, bool], Counter[str]] = {}
        for walk in found:
            ordered = sorted(walk.reads)
            some = max(len(ordered) // 6, 1)
            for place, part in ((walk.start_ft, ordered[:some]), (walk.end_ft, ordered[-some:])):
                if middle_ft[0] == place[0] or middle_ft[1] == place[1]:
                    continue
                corner = (place[0] > middle_ft[0], place[1] > middle_ft[1])
                loudest = max(part, key=lambda read: read.rssi_dbm)
                votes.setdefault(corner, Counter())[loudest.point] += 1
        antenna = {corner: count.most_common(1)[0][0] for corner, count in votes.items()}
        return cls((middle_ft[0], middle_ft[1]), antenna)

    def at(self, place_ft: Place) -> frozenset[str]:
        """Return the antennas of the quadrants that a place is in; on a border of both."""
        sides = [
            (False, True) if at == middle else (at > middle,)
            for at, middle in zip(place_ft, self.middle_ft, strict=True)
        ]
        corners = [(x, y) for x in sides[0] for y in sides[1]]
        return frozenset(self.antenna[corner] for corner in corners if corner in self.antenna)


def scores(
    found: Sequence[Walk], data: Quadrants, settings: PresenceSettings | None = None
) -> tuple[WalkScore, ...]:
    """Score the walks that begin and end in one quadrant each, calibrated on all of `data`.

    Raises
    ------
    RecordingError
        When there is no such walk, or an antenna of theirs stands in no quadrant of `data`.
    """
    corners = Corners.of(found)
    site = room(data.zone_of, (), hearings(labelled(data.recordings)))
    crossing = [
        walk
        for walk in found
        if len(corners.at(walk.start_ft)) == len(corners.at(walk.end_ft)) == 1
        and corners.at(walk.start_ft) != corners.at(walk.end_ft)
    ]
    if not crossing:
        raise RecordingError("no walk begins in one quadrant and ends in another")
    strange = sorted(set(corners.antenna.values()) - set(data.zone_of))
    if strange:
        raise RecordingError(f"antenna {', '.join(strange)}: calibration knows no quadrant of it")
    systems: dict[str, float | None] = {OURS: None, **STRONGEST}
    scored = []
    for name, window_s in systems.items():
        for speed in dict.fromkeys(walk.speed for walk in crossing):
            courses = [
                (
                    walk,
                    follow(site, walk.reads, settings)
                    if window_s is None
                    else strongest(data.zone_of, walk.reads, window_s),
                )
                for walk in crossing
                if walk.speed == speed
            ]
            scored.append(_score(name, speed, courses, corners, data.zone_of))
    return tuple(scored)


def _score(
    name: str,
    speed: str,
    courses: Sequence[tuple[Walk, Course]],
    corners: Corners,
    zone_of: Mapping[str, str],
) -> WalkScore:
    followed: list[float] = []
    wrong = 0
    for walk, course in courses:
        begin, end = ({zone_of[a] for a in corners.at(p)} for p in (walk.start_ft, walk.end_ft))
        wrong += course.wrong(begin | end)
        # Both ends are as far from the borders: the middle of the line is where it is crossed.
        crossed_s = course.lasts_s / 2
        named_s = course.first(end, crossed_s)
        if named_s is not None:
            followed.append(named_s - crossed_s)
        elif course.spans() and course.spans()[-1][2] in end:
            followed.append(0.0)
    minutes = sum(course.lasts_s for _, course in courses) / 60
    return WalkScore(name, speed, len(courses), tuple(followed), wrong, minutes)

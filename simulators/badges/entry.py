"""Bluetooth tags at an entrance: inside or outside, each tag by what the others taught."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from contract.instants import NS_PER_S
from detectors.zone.presence import PresenceSettings
from simulators.badges.calibration import Labelled, hearings
from simulators.badges.quadrants import OURS, SETTLE_S
from simulators.badges.recording import MS, READER, BadgeRead, table
from simulators.badges.room import STEP_NS, Course, Entry, follow, room
from simulators.errors import RecordingError

CLASSES = ("INSIDE", "OUTSIDE")
"""Who stands in the vestibule between is neither; those tags are left out."""
RECEIVERS = ("1", "2")
COLUMNS = ("t_ms", "tag", "rssi_receiver_1_dbm", "rssi_receiver_2_dbm", "truth")
WINDOW_S = 5.0


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag, which stays where it is for the whole recording."""

    tag: str
    zone: str
    reads: tuple[BadgeRead, ...]

    @property
    def lasts_s(self) -> float:
        """From the first read to the last."""
        times = [read.t_ns for read in self.reads]
        return (max(times) - min(times)) / NS_PER_S


@dataclass(frozen=True, slots=True)
class TagScore:
    """What one system made of every tag."""

    system: str
    shares: dict[str, float]
    """By tag: the share of time after the first `SETTLE_S` in which the right side was named."""

    @property
    def share_right(self) -> float:
        """The mean over tags."""
        return fmean(self.shares.values())

    @property
    def share_min(self) -> float:
        """The worst tag."""
        return min(self.shares.values())


def tags(path: Path) -> tuple[Tag, ...]:
    """Return the tags of a file as recordings/badges/ble-entry, those of `CLASSES` only.

    Raises
    ------
    RecordingError
        That names the file and what is wrong with it.
    """
    heard: dict[tuple[str, str], list[BadgeRead]] = {}
    for number, row in table(path, COLUMNS):
        if row["truth"] not in CLASSES:
            continue
        try:
            t_ns = int(row["t_ms"]) * MS
            levels = [float(row[f"rssi_receiver_{receiver}_dbm"]) for receiver in RECEIVERS]
            tag = row["tag"].lower()
            both = [
                BadgeRead.of(t_ns, receiver, level, tag)
                for receiver, level in zip(RECEIVERS, levels, strict=True)
            ]
        except ValueError as error:
            raise RecordingError(f"{path}: line {number}: {error}") from None
        heard.setdefault((tag, row["truth"]), []).extend(both)
    moved = [tag for tag, count in Counter(tag for tag, _ in heard).items() if count > 1]
    if moved:
        raise RecordingError(f"{path}: {', '.join(moved)}: INSIDE and OUTSIDE, one is wanted")
    found = tuple(Tag(tag, zone, tuple(each)) for (tag, zone), each in sorted(heard.items()))
    for zone in CLASSES:
        if sum(tag.zone == zone for tag in found) < 2:
            raise RecordingError(
                f"{path}: fewer than two tags are {zone}: none is left to learn of"
            )
    return found


def scores(found: Sequence[Tag], settings: PresenceSettings | None = None) -> tuple[TagScore, ...]:
    """Score each tag with what the other tags taught; none is scored with itself.

    A tag that was heard for less than `SETTLE_S` teaches the others, and is not scored.

    Raises
    ------
    RecordingError
        When no tag was heard for so long.
    """
    asked = [tag for tag in found if tag.lasts_s > SETTLE_S]
    if not asked:
        raise RecordingError(f"no tag was heard for more than {SETTLE_S:g} s")
    systems: list[tuple[str, Callable[[Sequence[Tag], Tag], Course]]] = [
        (OURS, lambda others, tag: _followed(others, tag, settings)),
        (f"difference of receivers, {WINDOW_S:g} s", _by(lambda one, other: one - other)),
        (f"level, {WINDOW_S:g} s", _by(max)),
    ]
    return tuple(
        TagScore(
            name,
            {
                tag.tag: course_of([each for each in found if each is not tag], tag).share(
                    {tag.zone.lower()}, SETTLE_S
                )
                for tag in asked
            },
        )
        for name, course_of in systems
    )


def _followed(others: Iterable[Tag], tag: Tag, settings: PresenceSettings | None) -> Course:
    learned = [
        Labelled(other.zone.lower(), READER, read.point, read.t_ns, read.rssi_dbm)
        for other in others
        for read in other.reads
    ]
    site = room({}, (zone.lower() for zone in CLASSES), hearings(learned))
    return follow(site, tag.reads, settings)


def _by(measure: Callable[[float, float], float]) -> Callable[[Sequence[Tag], Tag], Course]:
    """Return a rule: a mean over the window, on one side of the middle between the two classes."""

    def course(others: Sequence[Tag], tag: Tag) -> Course:
        means = {
            zone: fmean(fmean(v for _, v in _values(o, measure)) for o in others if o.zone == zone)
            for zone in CLASSES
        }
        middle = fmean(means.values())
        higher = max(CLASSES, key=lambda zone: means[zone])
        lower = next(zone for zone in CLASSES if zone != higher)
        values = _values(tag, measure)
        begin_ns, end_ns = values[0][0], values[-1][0]
        entries: list[Entry] = []
        for at_ns in range(begin_ns + STEP_NS, end_ns + 1, STEP_NS):
            window = [v for t, v in values if at_ns - WINDOW_S * NS_PER_S < t <= at_ns]
            if not window:
                continue
            zone = (higher if fmean(window) > middle else lower).lower()
            if not entries or entries[-1].zone != zone:
                entries.append(Entry((at_ns - begin_ns) / NS_PER_S, zone))
        return Course(tuple(entries), (end_ns - begin_ns) / NS_PER_S)

    return course


def _values(tag: Tag, measure: Callable[[float, float], float]) -> list[tuple[int, float]]:
    ones, others = (
        [read for read in tag.reads if read.point == receiver] for receiver in RECEIVERS
    )
    return sorted(
        (one.t_ns, measure(one.rssi_dbm, other.rssi_dbm))
        for one, other in zip(ones, others, strict=True)
    )

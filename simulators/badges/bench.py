"""Everything that `floorwatch bench badges` measures on recordings, and its tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from detectors.zone.presence import PresenceSettings
from simulators.badges import entry, quadrants, walks
from simulators.badges.quadrants import OURS, SETTLE_S, Score
from simulators.badges.recording import quadrants as read_quadrants
from simulators.badges.walks import WalkScore
from simulators.errors import RecordingError

T = TypeVar("T")

# Broken here, so that a terminal of 80 columns need not cut names short.
QUADRANT_HEADS = (
    "system", "right\nzone", "wrong\nentries", "in 10\nmin", "first\nentry", "worst",
    "never\nfound",
)  # fmt: skip
WALK_HEADS = ("system", "speed", "walks", "followed", "after,\nmedian", "wrong\nentries")
ENTRY_HEADS = ("system", "tags", "right side", "worst tag")


@dataclass(frozen=True, slots=True)
class Bench:
    """What was measured. A part whose recordings are not there is None."""

    quadrants: tuple[Score, ...] | None
    walks: tuple[WalkScore, ...] | None
    entry: tuple[entry.TagScore, ...] | None
    absent: tuple[str, ...]
    """A sentence for each part that is not there, or cannot be read."""


def measure(
    data: Path, calibrate_with: Path | None = None, settings: PresenceSettings | None = None
) -> Bench:
    """Measure what a folder as recordings/badges has.

    Raises
    ------
    RecordingError
        When it has none of the parts, or `calibrate_with` cannot be used.
    """
    absent: list[str] = []
    learned = None
    if calibrate_with is not None:
        learned = read_quadrants(_within(calibrate_with, "quadrants"))
    room = _part(absent, data, "quadrants", read_quadrants)
    inside = quadrants.scores(room, learned, settings) if room is not None else None
    teacher = learned or room
    lines = _part(absent, data, "walks", walks.walks)
    crossed = None
    if lines is not None and teacher is None:
        absent.append("walks: nothing to calibrate with; give quadrants, or --calibrate-with")
    elif lines is not None and teacher is not None:
        crossed = _said(absent, "walks", partial(walks.scores, lines, teacher, settings))
    tags = _part(absent, data, "ble-entry", lambda path: entry.tags(path / "reads.csv.gz"))
    sides = None
    if tags is not None:
        sides = _said(absent, "ble-entry", partial(entry.scores, tags, settings))
    if inside is None and crossed is None and sides is None:
        raise RecordingError(f"{data}: " + "; ".join(absent))
    return Bench(inside, crossed, sides, tuple(absent))


def _within(folder: Path, name: str) -> Path:
    """Return the part of a folder; the folder itself may be that part."""
    return folder / name if (folder / name).is_dir() else folder


def _part(absent: list[str], data: Path, name: str, read: Callable[[Path], T]) -> T | None:
    if not (data / name).is_dir():
        absent.append(f"{name}: there is no folder {data / name}")
        return None
    return _said(absent, name, partial(read, data / name))


def _said(absent: list[str], name: str, do: Callable[[], T]) -> T | None:
    """Return what is done; None when it cannot be, and `absent` then says why."""
    try:
        return do()
    except RecordingError as error:
        absent.append(f"{name}: {error}")
        return None


def quadrant_title(scores: Sequence[Score]) -> str:
    """Return what all rows have in common."""
    count, minutes = len(scores[0].shares), scores[0].minutes
    told = f"{count} recordings, {minutes:.1f} min; first entry in seconds"
    return f"Inside one quadrant throughout: {told}"


def quadrant_rows(scores: Sequence[Score]) -> list[tuple[str, ...]]:
    """Return a row for each system."""
    return [
        (
            score.system,
            f"{score.share_right:.1%}",
            str(score.wrong_entries),
            f"{score.wrong_per_10min:.1f}",
            f"{score.first_p50_s:.2f}",
            f"{score.first_max_s:.2f}",
            str(score.never_found),
        )
        for score in scores
    ]


def walk_rows(scores: Sequence[WalkScore]) -> list[tuple[str, ...]]:
    """Return a row for each system and speed."""
    return [
        (
            score.system,
            score.speed,
            str(score.walks),
            f"{score.followed:.0%}",
            "not by half" if score.p50_s is None else f"{score.p50_s:.1f} s",
            str(score.wrong_entries),
        )
        for score in scores
    ]


def entry_rows(scores: Sequence[entry.TagScore]) -> list[tuple[str, ...]]:
    """Return a row for each system."""
    return [
        (s.system, str(len(s.shares)), f"{s.share_right:.1%}", f"{s.share_min:.1%}") for s in scores
    ]


def for_programs(bench: Bench) -> dict[str, Any]:
    """Return what was measured as JSON. A part that is not there is left out."""
    answer: dict[str, Any] = {}
    if bench.quadrants is not None:
        ours = next(score for score in bench.quadrants if score.system == OURS)
        others = {s.system: _quadrants(s) for s in bench.quadrants if s is not ours}
        answer["quadrants"] = {**_quadrants(ours), "settle_s": SETTLE_S, "baselines": others}
    if bench.entry is not None:
        first = bench.entry[0]
        others = {s.system: _entry(s) for s in bench.entry[1:]}
        answer["ble"] = {**_entry(first), "baselines": others}
    if bench.walks is not None:
        answer["walks"] = [_walk(score) for score in bench.walks]
    if bench.absent:
        answer["absent"] = list(bench.absent)
    return answer


def _quadrants(score: Score) -> dict[str, Any]:
    return {
        "recordings": len(score.shares),
        "share_right": round(score.share_right, 4),
        "wrong_entries": score.wrong_entries,
        "minutes": round(score.minutes, 3),
        "wrong_entries_per_10min": round(score.wrong_per_10min, 3),
        "first_entry_p50_s": round(score.first_p50_s, 3),
        "first_entry_max_s": round(score.first_max_s, 3),
        "never_found": score.never_found,
    }


def _entry(score: entry.TagScore) -> dict[str, Any]:
    return {
        "tags": len(score.shares),
        "share_right": round(score.share_right, 4),
        "share_right_min": round(score.share_min, 4),
        "by_tag": {tag: round(share, 4) for tag, share in score.shares.items()},
    }


def _walk(score: WalkScore) -> dict[str, Any]:
    return {
        "system": score.system,
        "speed": score.speed,
        "walks": score.walks,
        "followed": len(score.followed_s),
        "follow_p50_s": None if score.p50_s is None else round(score.p50_s, 3),
        "wrong_entries": score.wrong_entries,
        "minutes": round(score.minutes, 3),
    }

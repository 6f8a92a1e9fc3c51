"""Recordings of badges: what a reader said, in its order, with what is known of the truth."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, NamedTuple

from contract.instants import NS_PER_S
from simulators.errors import RecordingError

READER = "reader-1"
US, MS = 1_000, 1_000_000
COLUMNS = ("t_us", "antenna", "rssi_dbm", "epc")


class BadgeRead(NamedTuple):
    """One line of a recording."""

    t_ns: int
    point: str
    rssi_dbm: float
    tag: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One badge for a while. Reads are in the order in which the reader reported them."""

    name: str
    zone: str
    reads: tuple[BadgeRead, ...]

    @property
    def begin_ns(self) -> int:
        """When the first read happened."""
        return min(read.t_ns for read in self.reads)

    @property
    def lasts_s(self) -> float:
        """From the first read to the last."""
        return (max(read.t_ns for read in self.reads) - self.begin_ns) / NS_PER_S

    def part(self, from_share: float, to_share: float) -> Recording:
        """Return the reads between two shares of the recording's length, the end excluded.

        A part that goes to the end holds the last read.
        """
        begin_ns, length = self.begin_ns, self.lasts_s * NS_PER_S
        first, last = begin_ns + from_share * length, begin_ns + to_share * length
        ends = to_share >= 1
        kept = tuple(r for r in self.reads if first <= r.t_ns and (ends or r.t_ns < last))
        return replace(self, reads=kept)


@dataclass(frozen=True, slots=True)
class Quadrants:
    """Somebody walking inside one quadrant a recording, and which antenna stands in which."""

    zone_of: dict[str, str]
    recordings: tuple[Recording, ...]


def quadrants(folder: Path) -> Quadrants:
    """Return the recordings of a folder with a truth.json, as recordings/badges/quadrants.

    A tag that is not the one read most in its recording is a stray one, and is left out.

    Raises
    ------
    RecordingError
        That names the file and what is wrong with it.
    """
    path = folder / "truth.json"
    try:
        truth = json.loads(path.read_text(encoding="utf-8"))
        zone_of = {str(point): str(zone) for point, zone in truth["antennas"].items()}
        listed = [(str(each["reads"]), str(each["zone"])) for each in truth["recordings"]]
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordingError(f"{path}: wanted are antennas and recordings ({error!r})") from None
    found = tuple(
        Recording(Path(name).name.split(".")[0], zone, reads(folder / name))
        for name, zone in listed
    )
    if not found:
        raise RecordingError(f"{path}: lists no recording")
    for each in found:
        if each.zone not in zone_of.values():
            raise RecordingError(f'{path}: no antenna stands in "{each.zone}" of {each.name}')
    return Quadrants(zone_of, found)


def reads(path: Path) -> tuple[BadgeRead, ...]:
    """Return the reads of the tag that a file has most of, in the file's order."""
    found = list(_lines(path))
    if not found:
        raise RecordingError(f"{path}: holds no read")
    tag = Counter(read.tag for read in found).most_common(1)[0][0]
    return tuple(read for read in found if read.tag == tag)


def _lines(path: Path) -> Iterator[BadgeRead]:
    for number, row in table(path, COLUMNS):
        try:
            yield BadgeRead(
                int(row["t_us"]) * US, row["antenna"], float(row["rssi_dbm"]), row["epc"].lower()
            )
        except ValueError as error:
            raise RecordingError(f"{path}: line {number}: {error}") from None


def table(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a CSV file, gzipped or not, with the number of each line."""
    try:
        with _opened(path) as lines:
            found = csv.DictReader(lines, skipinitialspace=True)
            missing = [name for name in columns if name not in (found.fieldnames or ())]
            if missing:
                raise RecordingError(f"{path}: there is no column {', '.join(missing)}")
            for number, row in enumerate(found, start=2):
                if None in row.values() or None in row:
                    raise RecordingError(f"{path}: line {number} is cut short, or has too much")
                yield number, row
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RecordingError(f"{path}: {reason}") from None


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")

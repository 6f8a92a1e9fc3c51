"""Recordings of badges: what a reader said, in its order, with what is known of the truth."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from contract.batch import explain
from contract.instants import NS_PER_S
from contract.message import Identifier
from contract.reads import Read
from simulators.errors import RecordingError

READER = "reader-1"
US, MS = 1_000, 1_000_000
COLUMNS = ("t_us", "antenna", "rssi_dbm", "epc")
WANTED = '{"antennas": {"1": ZONE, …}, "recordings": [{"reads": FILE, "zone": ZONE}, …]}'
_identifier: TypeAdapter[str] = TypeAdapter(Identifier)


class BadgeRead(NamedTuple):
    """One line of a recording."""

    t_ns: int
    point: str
    rssi_dbm: float
    tag: str

    @classmethod
    def of(cls, t_ns: int, point: str, rssi_dbm: float, tag: str) -> BadgeRead:
        """Return a read, or raise ValueError when the contract would refuse it."""
        try:
            Read(t_ns=t_ns, point=point, rssi_dbm=rssi_dbm, tag=tag)
        except ValidationError as error:
            raise ValueError(explain(error)) from None
        return cls(t_ns, point, rssi_dbm, tag)


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
        # In whole nanoseconds: a float is too coarse for those since 1970, and would lose a read.
        begin_ns, length_ns = self.begin_ns, self.lasts_s * NS_PER_S
        first, last = (begin_ns + round(share * length_ns) for share in (from_share, to_share))
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
    truth = _json(path)
    try:
        zone_of = {str(point): zone_name(zone) for point, zone in truth["antennas"].items()}
        listed = [(str(each["reads"]), zone_name(each["zone"])) for each in truth["recordings"]]
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from None
    except (KeyError, TypeError, AttributeError):
        raise RecordingError(f"{path}: wanted is {WANTED}") from None
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


def zone_name(text: Any) -> str:
    """Return a zone's name, or raise `RecordingError` when no site could have such a zone."""
    try:
        return _identifier.validate_python(text)
    except ValidationError:
        raise RecordingError(
            f'"{text}" cannot be a zone; wanted are small letters, digits and hyphens'
        ) from None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{path} is not JSON: {error}") from None


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
            t_ns, level = int(row["t_us"]) * US, float(row["rssi_dbm"])
            yield BadgeRead.of(t_ns, row["antenna"], level, row["epc"].lower())
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
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RecordingError(f"{path}: {reason}") from None


def _opened(path: Path) -> IO[str]:
    # A spreadsheet begins its CSV files with a byte-order mark.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")

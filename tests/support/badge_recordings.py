"""Folders as recordings/badges, written down in a test: what each antenna hears is told by hand."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from random import Random

from simulators.badges.recording import BadgeRead

T0_US = 1_753_218_900_000_000
TAG = "303435fc8803d056d15b963f"
ANTENNAS = {"1": "quadrant-1", "2": "quadrant-2", "3": "quadrant-3", "4": "quadrant-4"}
CORNER_FT = {"1": (1, 1), "2": (1, 14), "3": (14, 14), "4": (14, 1)}
"""Where a walk begins or ends in a quadrant."""
EVERY_MS = 50
NEAR_DBM, FAR_DBM = -50, -66
Line = tuple[int, str, float, str]
"""As in a file: microseconds, antenna, level, tag."""


def standing(near: str, seconds: float, begin_s: float = 0.0, tag: str = TAG) -> list[Line]:
    """Return the reads of a badge that one antenna hears well, and the others badly.

    Levels spread by 4 dB either way, from a fixed seed.
    """
    spread, found = Random(f"{near} {begin_s}"), []
    for number, at_ms in enumerate(range(0, round(seconds * 1000), EVERY_MS)):
        antenna = near if number % 2 else str(1 + number // 2 % 4)
        level = (NEAR_DBM if antenna == near else FAR_DBM) + spread.randint(-4, 4)
        found.append((T0_US + round(begin_s * 1e6) + at_ms * 1000, antenna, float(level), tag))
    return found


def as_reads(lines: Iterable[Line]) -> tuple[BadgeRead, ...]:
    """Return lines as the reader of files gives them."""
    return tuple(BadgeRead(t_us * 1000, point, level, tag) for t_us, point, level, tag in lines)


def csv_of(lines: Iterable[Line]) -> str:
    """Return the text of a file of reads."""
    body = "".join(f"{t_us},{point},{level:g},{tag}\n" for t_us, point, level, tag in lines)
    return "t_us,antenna,rssi_dbm,epc\n" + body


def write_quadrants(
    folder: Path,
    walked: Sequence[tuple[str, Sequence[Line]]],
    antennas: Mapping[str, str] = ANTENNAS,
) -> Path:
    """Write recordings, each with the zone that somebody was in, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for number, (zone, lines) in zip(count(1), walked, strict=False):
        name = f"walk-{number}.csv.gz"
        (folder / name).write_bytes(gzip.compress(csv_of(lines).encode()))
        listed.append({"reads": name, "zone": zone})
    truth = {"antennas": dict(antennas), "recordings": listed}
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return folder


def four_quadrants(folder: Path, seconds: float = 40.0) -> Path:
    """Write somebody in each quadrant in turn, well heard by its antenna."""
    return write_quadrants(
        folder, [(zone, standing(antenna, seconds)) for antenna, zone in ANTENNAS.items()]
    )


def line(one: str, other: str, seconds: float = 20) -> tuple[list[float], list[Line]]:
    """Return the ends of a line and its reads: half in the one corner, half in the other."""
    half = seconds / 2
    reads = [*standing(one, half), *standing(other, half, half)]
    return [*CORNER_FT[one], *CORNER_FT[other]], reads


def write_walk(folder: Path, name: str, ends_ft: Sequence[float], lines: Iterable[Line]) -> None:
    """Write one more walk, as recordings/badges/walks."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "paths.csv"
    heads = "raw_CSV_filename, path_#, speed, start_x_true, start_y_true, end_x_true, end_y_true\n"
    if not paths.exists():
        paths.write_text(heads)
    with paths.open("a", newline="") as file:
        csv.writer(file).writerow([name.lower(), 1, "slow", *ends_ft])
    (folder / f"{name}.csv").write_text(csv_of(lines))


def ble_csv(tags: Mapping[str, tuple[str, float, float]], seconds: float = 60.0) -> str:
    """Return a file as ble-entry: by tag its truth and its level at either receiver."""
    spread = Random(7)
    rows = [
        f"{T0_US // 1000 + at_ms},{tag},{one + spread.randint(-3, 3):g},"
        f"{other + spread.randint(-3, 3):g},{truth}"
        for at_ms in range(0, round(seconds * 1000), 500)
        for tag, (truth, one, other) in tags.items()
    ]
    return "\n".join(["t_ms,tag,rssi_receiver_1_dbm,rssi_receiver_2_dbm,truth", *rows]) + "\n"


SIX_TAGS = {
    "AA:00:00:00:00:01": ("INSIDE", -60.0, -80.0),
    "AA:00:00:00:00:02": ("INSIDE", -62.0, -82.0),
    "AA:00:00:00:00:03": ("OUTSIDE", -80.0, -60.0),
    "AA:00:00:00:00:04": ("OUTSIDE", -82.0, -62.0),
    "AA:00:00:00:00:05": ("IN_VESTIBULE", -70.0, -70.0),
    "AA:00:00:00:00:06": ("IN_VESTIBULE", -71.0, -70.0),
}


def all_parts(folder: Path) -> Path:
    """Write quadrants/, walks/ and ble-entry/, as recordings/badges has them; return the folder."""
    four_quadrants(folder / "quadrants")
    for one, other in ("12", "23", "34", "41"):
        write_walk(folder / "walks", f"Move-{one}{other}", *line(one, other))
    (folder / "ble-entry").mkdir()
    text = ble_csv(SIX_TAGS).encode()
    (folder / "ble-entry" / "reads.csv.gz").write_bytes(gzip.compress(text))
    return folder

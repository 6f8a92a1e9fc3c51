"""The recordings that the channel is fitted to: walked lines, and the same lines simulated."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulators.errors import RecordingError
from simulators.plant.channel import Channel
from simulators.plant.hearing import Array, Ear
from simulators.plant.report import lines

FOOT_M = 0.3048
ROOM_M = 15 * FOOT_M
CORNERS_M = np.array([(0, 0), (0, ROOM_M), (ROOM_M, ROOM_M), (ROOM_M, 0)], dtype=np.float32)
"""Where antennas 1 to 4 are: found from which is loudest at the ends of the diagonal walks."""
COLUMNS = ["t_us", "antenna", "rssi_dbm", "epc"]


@dataclass(frozen=True, slots=True)
class Walk:
    """One tag carried along a line at a steady pace, as its reads came in."""

    name: str
    from_m: tuple[float, float]
    to_m: tuple[float, float]
    t_s: NDArray[np.float64]
    antenna: NDArray[np.int64]
    rssi_dbm: NDArray[np.float64]

    @property
    def lasts_s(self) -> float:
        """From the first read to the last."""
        return float(self.t_s.max() - self.t_s.min())

    def places_m(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where the tag was, taking the pace as steady."""
        share = ((t_s - self.t_s.min()) / self.lasts_s)[:, None]
        start, end = np.asarray(self.from_m), np.asarray(self.to_m)
        return np.asarray(start + share * (end - start))


def read_walks(folder: Path) -> tuple[Walk, ...]:
    """Return every walk that `paths.csv` names, or raise `RecordingError`."""
    index = folder / "paths.csv"
    files = {path.name.casefold(): path for path in folder.glob("*.csv.gz")}
    walks = []
    for row in _rows(index)[1:]:
        name = row[0]
        path = files.get(f"{name}.csv.gz".casefold())
        if path is None:
            raise RecordingError(f"{index} names {name}, but there is no {name}.csv.gz beside it")
        try:
            x0, y0, x1, y1 = (float(value) * FOOT_M for value in row[5:9])
        except ValueError:
            raise RecordingError(f"{index}: {name}: the line is not four numbers") from None
        walks.append(_walk(path, name, (x0, y0), (x1, y1)))
    if not walks:
        raise RecordingError(f"{index} names no walk")
    return tuple(walks)


def _walk(path: Path, name: str, start: tuple[float, float], end: tuple[float, float]) -> Walk:
    head, *rows = _rows(path)
    if head != COLUMNS or len(rows) < 2:
        raise RecordingError(f"{path}: wanted are {', '.join(COLUMNS)} and reads, not {head}")
    try:
        t_us = np.array([int(row[0]) for row in rows])
        antenna = np.array([int(row[1]) - 1 for row in rows])
        rssi_dbm = np.array([float(row[2]) for row in rows])
    except (ValueError, IndexError) as error:
        raise RecordingError(f"{path}: {error}") from None
    if not ((antenna >= 0) & (antenna < len(CORNERS_M))).all():
        raise RecordingError(f"{path}: an antenna that is none of 1 to {len(CORNERS_M)}")
    return Walk(name, start, end, (t_us - t_us.min()) / 1e6, antenna, rssi_dbm)


def _rows(path: Path) -> list[list[str]]:
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8", newline="") as packed:
                return list(csv.reader(packed, skipinitialspace=True)) or [[]]
        with path.open(encoding="utf-8", newline="") as plain:
            return list(csv.reader(plain, skipinitialspace=True)) or [[]]
    except (OSError, UnicodeDecodeError, EOFError, csv.Error) as error:
        raise RecordingError(f"{path}: {error}") from None


def again(
    walks: Sequence[Walk],
    channel: Channel,
    power_db: Sequence[float],
    receive_db: Sequence[float],
    seed: int,
) -> tuple[Walk, ...]:
    """Return the same lines at the same pace, with reads that the simulator makes."""
    rng = np.random.default_rng(seed)
    count = len(walks)
    array = Array(
        CORNERS_M,
        np.zeros(4, dtype=np.int64),
        np.arange(4),
        4,
        np.asarray(power_db, dtype=np.float32),
        np.asarray(receive_db, dtype=np.float32),
    )
    ear = Ear(channel, array, count, rng)
    start = np.array([walk.from_m for walk in walks], dtype=np.float32)
    way = np.array([walk.to_m for walk in walks], dtype=np.float32) - start
    lasts_s = np.array([walk.lasts_s for walk in walks], dtype=np.float32)
    pace = (np.hypot(way[:, 0], way[:, 1]) / lasts_s)[:, None] * channel.cycle_s
    faces = np.zeros_like(start)
    heard = []
    for step in range(int(lasts_s.max() / channel.cycle_s) + 1):
        from_s = step * channel.cycle_s
        share = np.minimum(from_s / lasts_s, 1)[:, None]
        heard.append(ear.cycle(from_s, start + share * way, faces, pace[:, 0]))
    told = lines(channel, array, heard, rng)
    made = []
    for number, walk in enumerate(walks):
        # Like the recordings: from the first read to the last.
        mine = np.flatnonzero((told.tag == number) & (told.at_s <= lasts_s[number]))
        if len(mine) < 2:
            mine = np.flatnonzero(told.tag == number)[:2]
        made.append(
            Walk(
                walk.name, walk.from_m, walk.to_m,
                told.at_s[mine], told.antenna[mine], told.rssi_dbm[mine].astype(np.float64),
            )
        )  # fmt: skip
    return tuple(made)

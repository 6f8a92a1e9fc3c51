"""A people model that remembers what it said of each picture of a film, in a file.

Rules are tried in seconds then, not in minutes. A film, a model and its settings have a file of
their own; nothing is remembered unless a folder is given.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.vision.people import PeopleModel, Picture, Seen

Rows = NDArray[np.float32]
ROW = 5 + 17 * 3
"""left, top, width, height, score, and 17 keypoints."""


class Remembered:
    """Asks the model of what it does not remember. Say `number` before each picture."""

    def __init__(self, model: PeopleModel, film: Path, folder: Path | None) -> None:
        self.name = model.name
        self.finds: Literal["people", "motion"] = model.finds
        self.number = 0
        self.spent_s = 0.0
        """What the model took when it was asked, by the processor's clock."""
        self.asked_s = 0.0
        """The part of it that was asked now, and not remembered."""
        self._model = model
        self._path = None if folder is None else folder / f"{_key(model, film)}.npz"
        self._rows: dict[int, Rows] = {}
        self._took_s: dict[int, float] = {}
        self._new = False
        if self._path is not None and self._path.is_file():
            self._load(self._path)

    def find(self, picture: Picture) -> Sequence[Seen]:
        """Return who is in a picture, or was when it was asked before."""
        rows = self._rows.get(self.number)
        if rows is None:
            begun_s = time.thread_time()
            rows = _rows(self._model.find(picture))
            self._took_s[self.number] = time.thread_time() - begun_s
            self.asked_s += self._took_s[self.number]
            self._rows[self.number] = rows
            self._new = True
        self.spent_s += self._took_s[self.number]
        return [
            Seen(
                (float(row[0]), float(row[1]), float(row[2]), float(row[3])),
                float(row[4]),
                None if np.isnan(row[5]) else row[5:].reshape(17, 3),
            )
            for row in rows
        ]

    def keep(self) -> None:
        """Write down what was asked."""
        if self._path is None or not self._new:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        numbers = sorted(self._rows)
        file = io.BytesIO()
        np.savez(
            file,
            numbers=np.array(numbers),
            counts=np.array([len(self._rows[n]) for n in numbers]),
            took_s=np.array([self._took_s[n] for n in numbers]),
            rows=np.concatenate(
                [np.zeros((0, ROW), np.float32)] + [self._rows[n] for n in numbers]
            ),
        )
        part = self._path.with_suffix(".part")
        part.write_bytes(file.getvalue())
        part.replace(self._path)

    def _load(self, path: Path) -> None:
        with np.load(path) as kept:
            ends = np.cumsum(kept["counts"])
            parts = np.split(kept["rows"], ends[:-1]) if len(ends) else []
            numbers = [int(number) for number in kept["numbers"]]
            self._rows = dict(zip(numbers, parts, strict=True))
            self._took_s = dict(zip(numbers, map(float, kept["took_s"]), strict=True))


def _rows(seen: Sequence[Seen]) -> Rows:
    rows = np.full((len(seen), ROW), np.nan, np.float32)
    for row, each in zip(rows, seen, strict=True):
        row[:4], row[4] = each.box_px, each.score
        if each.keypoints is not None:
            row[5:] = each.keypoints.reshape(-1)
    return rows


def _key(model: PeopleModel, film: Path) -> str:
    told = f"{model.name}|{vars(model).get('_least_score')}".encode()
    content = hashlib.sha256(film.read_bytes())
    content.update(told)
    return f"{film.stem}-{content.hexdigest()[:16]}"

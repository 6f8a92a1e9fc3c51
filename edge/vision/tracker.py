"""Follows people from picture to picture: the same number for the same person.

Where somebody will be next is foretold by a Kalman filter a person, whoever is seen is given to
whoever was foretold nearest, and a person out of sight is waited for. Ideas: SORT (Bewley et al.,
ICIP 2016), and from ByteTrack (Zhang et al., ECCV 2022) that a weak sight is good enough to keep
somebody, though not to begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contract.instants import seconds
from edge.vision.assignment import FORBIDDEN, assign
from edge.vision.people import Box, Keypoints, Seen, overlap

Four = NDArray[np.float64]
"""Foot x, foot y, width, height, in pixels: each followed with a speed of its own."""

LEAST_OVERLAP = 0.1
NEAR = 0.5
"""Of the mean size of two boxes: a person who falls changes shape faster than place."""
STRAY_S = 0.4
"""So much further, each second that a person was out of sight …"""
FAR = 1.0
"""… up to this."""
JERK_SIZES_S2 = 2.0
"""Acceleration that surprises nobody, in a person's own sizes a second squared."""
BLUR_SIZES = 0.04
"""How far a box's side is off, in its own size: measured on still people."""
HALF_SPEED_S = 0.7
"""Out of sight, a person is foretold to slow down: half of the speed is left after so long."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A person in this picture, or where one is believed to be."""

    track: int
    box_px: Box
    foot_px: tuple[float, float]
    score: float
    keypoints: Keypoints | None
    is_seen: bool
    """False: hidden or missed just now, and only foretold."""


@dataclass(slots=True)
class _Person:
    track: int
    at: Four
    t_ns: int
    seen_ns: int
    latest: Seen
    sights: int = 1
    speed: Four = field(default_factory=lambda: np.zeros(4))
    var_at: Four = field(default_factory=lambda: np.zeros(4))
    var_both: Four = field(default_factory=lambda: np.zeros(4))
    var_speed: Four = field(default_factory=lambda: np.zeros(4))

    @property
    def size(self) -> float:
        return float(max(self.at[2], self.at[3], 1.0))

    @property
    def box_px(self) -> Box:
        x, y, width, height = (float(value) for value in self.at)
        return x - width / 2, y - height, width, height

    def foretell(self, t_ns: int) -> None:
        """Move on to an instant: constant speed, and less sure of it the longer it is."""
        dt = max(0.0, seconds(t_ns - self.t_ns))
        left = 0.5 ** (dt / HALF_SPEED_S) if self.t_ns > self.seen_ns else 1.0
        self.speed *= left
        self.at = self.at + self.speed * dt
        self.at[2:] = np.maximum(self.at[2:], 1.0)
        noise = (JERK_SIZES_S2 * self.size) ** 2
        self.var_at = self.var_at + 2 * dt * self.var_both + dt**2 * self.var_speed
        self.var_at = self.var_at + noise * dt**4 / 4
        self.var_both = self.var_both + dt * self.var_speed + noise * dt**3 / 2
        self.var_speed = self.var_speed + noise * dt**2
        self.t_ns = t_ns

    def correct(self, seen: Seen) -> None:
        """Take in where the person was seen."""
        blur = (BLUR_SIZES * self.size) ** 2
        gain_at = self.var_at / (self.var_at + blur)
        gain_speed = self.var_both / (self.var_at + blur)
        off = _four(seen.box_px) - self.at
        self.at = self.at + gain_at * off
        self.speed = self.speed + gain_speed * off
        self.var_speed = self.var_speed - gain_speed * self.var_both
        self.var_both = (1 - gain_at) * self.var_both
        self.var_at = (1 - gain_at) * self.var_at
        self.latest, self.seen_ns, self.sights = seen, self.t_ns, self.sights + 1


class Tracker:
    """The people of one camera. Numbers are never given twice."""

    def __init__(
        self,
        *,
        begin_score: float = 0.12,
        sure_score: float = 0.3,
        wait_s: float = 2.0,
        first_track: int = 1,
    ) -> None:
        """Begin with nobody.

        Parameters
        ----------
        begin_score
            A weaker sight continues a track, but begins none.
        sure_score
            So good a sight is believed at once; a weaker one when it is seen a second time.
        wait_s
            How long a person out of sight keeps the number.
        """
        self._begin_score = begin_score
        self._sure_score = sure_score
        self._wait_s = wait_s
        self._next = first_track
        self._people: list[_Person] = []

    @property
    def next_track(self) -> int:
        """The number that the next newcomer gets."""
        return self._next

    def step(self, t_ns: int, seen: Sequence[Seen]) -> Sequence[Followed]:
        """Take in one picture, and return who is followed, ordered by number.

        Pictures come in the order of time; how far apart they are does not matter much.
        """
        for person in self._people:
            person.foretell(t_ns)
        free = self._give(self._people, [one for one in seen if one.score >= self._begin_score])
        weak = [one for one in seen if one.score < self._begin_score]
        self._give([person for person in self._people if person.seen_ns != t_ns], weak)
        self._people += [self._newcomer(t_ns, one) for one in free]
        self._people = [person for person in self._people if self._is_kept(person, t_ns)]
        return [_followed(person, t_ns) for person in self._people if self._is_believed(person)]

    def _give(self, people: Sequence[_Person], seen: Sequence[Seen]) -> Sequence[Seen]:
        """Correct each person by the sight that fits best; return the sights left over."""
        cost = np.array([[_distance(person, one) for one in seen] for person in people])
        pairs = assign(cost.reshape(len(people), len(seen)))
        for row, column in pairs:
            people[row].correct(seen[column])
        taken = {column for _row, column in pairs}
        return [one for column, one in enumerate(seen) if column not in taken]

    def _newcomer(self, t_ns: int, seen: Seen) -> _Person:
        person = _Person(self._next, _four(seen.box_px), t_ns, t_ns, seen)
        person.var_at = np.full(4, (BLUR_SIZES * person.size) ** 2)
        person.var_speed = np.full(4, person.size**2)
        self._next += 1
        return person

    def _is_believed(self, person: _Person) -> bool:
        return person.sights > 1 or person.latest.score >= self._sure_score

    def _is_kept(self, person: _Person, t_ns: int) -> bool:
        # Who was seen once, weakly, and not again, was most likely never there.
        wait_s = self._wait_s if self._is_believed(person) else self._wait_s / 4
        return seconds(t_ns - person.seen_ns) <= wait_s


def _four(box: Box) -> Four:
    left, top, width, height = box
    return np.array([left + width / 2, top + height, width, height], np.float64)


def _distance(person: _Person, seen: Seen) -> float:
    """Return how ill a sight fits a person, 0…1; `FORBIDDEN` if it cannot be the same one."""
    box = person.box_px
    shared = overlap(box, seen.box_px)
    size = (max(box[2:]) + max(seen.box_px[2:])) / 2
    apart = float(
        np.hypot(
            box[0] + box[2] / 2 - seen.box_px[0] - seen.box_px[2] / 2,
            box[1] + box[3] / 2 - seen.box_px[1] - seen.box_px[3] / 2,
        )
    )
    near = min(FAR, NEAR + STRAY_S * seconds(person.t_ns - person.seen_ns))
    if shared < LEAST_OVERLAP and apart > near * size:
        return FORBIDDEN
    return 0.5 * (1 - shared) + 0.5 * min(1.0, apart / size)


def _followed(person: _Person, t_ns: int) -> Followed:
    is_seen = person.seen_ns == t_ns
    box = person.latest.box_px if is_seen else person.box_px
    foot = float(person.at[0]), float(person.at[1])
    keypoints = person.latest.keypoints if is_seen else None
    return Followed(person.track, box, foot, person.latest.score, keypoints, is_seen)

"""Scores what was reported against the truth. Pure.

A visit is hit when a reported visit of its zone overlaps it by at least half of the shorter of the
two. A reported visit that overlaps no visit, scored or not, is false. Reports and visits are paired
one to one, the longest common time first of all; a report that is left over though it overlaps a
visit is an extra piece of it: a split.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

import numpy as np

from simulators.cameras.films import Clip, DrawnZone, Visit

HELD_S = 3.0
"""The last frame of a clip is held for so long: some clips end a tenth of a second after a fall."""


class Reported(NamedTuple):
    """A visit that was told: its first and last foot point, and when it was told."""

    zone: str
    first_s: float
    last_s: float
    told_s: float


@dataclass(frozen=True, slots=True)
class ZoneScore:
    """What was reached in one zone, or in several."""

    visits: int = 0
    hits: int = 0
    false: int = 0
    splits: int = 0
    visit_s: float = 0.0
    covered_s: float = 0.0
    empty: int = 0
    """Zones that nobody visits."""
    kept_empty: int = 0
    latencies_s: tuple[float, ...] = ()

    def __add__(self, other: ZoneScore) -> ZoneScore:
        return ZoneScore(
            *(getattr(self, name) + getattr(other, name) for name in ZoneScore.__slots__)
        )

    @property
    def share_of_visit_time(self) -> float | None:
        """How much of the visits' time the zone was said to be occupied."""
        return self.covered_s / self.visit_s if self.visit_s else None

    @property
    def latency_p50_s(self) -> float | None:
        """How long after a visit's begin it was told, in the middle."""
        return median(self.latencies_s) if self.latencies_s else None


def score_zone(zone: DrawnZone, reported: Iterable[Reported], frame_s: float) -> ZoneScore:
    """Score the visits that were reported of one zone; a film's frame lasts `frame_s`."""
    told = [each for each in reported if each.zone == zone.id]
    truth = zone.visits
    common = np.array(
        [[_common_s(visit, each, frame_s) for each in told] for visit in truth]
    ).reshape(len(truth), len(told))
    hits = 0
    latencies: list[float] = []
    for n, visit in enumerate(truth):
        good = [
            each
            for k, each in enumerate(told)
            if common[n, k] >= 0.5 * min(_lasts_s(visit, frame_s), _lasts_s(each, frame_s))
        ]
        if visit.score and good:
            hits += 1
            latencies.append(max(0.0, min(each.told_s for each in good) - visit.first_s))
    from scipy.optimize import linear_sum_assignment  # 50 MB, for a bench alone

    pairs = zip(*linear_sum_assignment(common, maximize=True), strict=True)
    paired = {int(k) for n, k in pairs if common[n, k] > 0}
    overlapping = {k for k in range(len(told)) if len(truth) and common[:, k].max() > 0}
    scored = [visit for visit in truth if visit.score]
    return ZoneScore(
        visits=len(scored),
        hits=hits,
        false=len(told) - len(overlapping),
        splits=len(overlapping - paired),
        visit_s=sum(_lasts_s(visit, frame_s) for visit in scored),
        covered_s=sum(_covered_s(visit, told, frame_s) for visit in scored),
        empty=int(not truth),
        kept_empty=int(not truth and not told),
        latencies_s=tuple(latencies),
    )


def _lasts_s(each: Visit | Reported, frame_s: float) -> float:
    return each.last_s - each.first_s + frame_s


def _common_s(visit: Visit, each: Reported, frame_s: float) -> float:
    first_s, last_s = max(visit.first_s, each.first_s), min(visit.last_s, each.last_s)
    return max(0.0, last_s - first_s + frame_s)


def _covered_s(visit: Visit, told: Sequence[Reported], frame_s: float) -> float:
    covered, until_s = 0.0, visit.first_s
    for each in sorted(told, key=lambda each: each.first_s):
        begin_s = max(until_s, each.first_s)
        end_s = min(visit.last_s, each.last_s) + frame_s
        if end_s > begin_s:
            covered += end_s - begin_s
            until_s = end_s
    return covered


@dataclass(frozen=True, slots=True)
class FallScore:
    """What was reached on clips."""

    clips: int = 0
    """With a fall."""
    hits: int = 0
    early: int = 0
    """Clips with a fall that was told before it was one."""
    activities: int = 0
    """Films without a fall, the zone scenes among them."""
    false: int = 0
    """Falls told where there was none: in an activity, or too early."""
    latencies_s: tuple[float, ...] = ()
    missed: tuple[str, ...] = field(default=())

    def __add__(self, other: FallScore) -> FallScore:
        return FallScore(
            *(getattr(self, name) + getattr(other, name) for name in FallScore.__slots__)
        )

    @property
    def latency_p50_s(self) -> float | None:
        """How long after the person was down it was told, in the middle."""
        return median(self.latencies_s) if self.latencies_s else None


def score_clip(clip: Clip, told_s: Sequence[float], end_s: float) -> FallScore:
    """Score the times at which a fall was told in a clip whose last frame is at `end_s`."""
    from_s = clip.counts_from_s
    if from_s is None:
        return FallScore(activities=1, false=len(told_s))
    early = sum(at_s < from_s for at_s in told_s)
    in_time = [at_s for at_s in told_s if from_s <= at_s <= end_s + HELD_S + 1e-6]
    down_s = clip.down_s if clip.down_s is not None else clip.onset_s
    assert down_s is not None
    return FallScore(
        clips=1,
        hits=int(bool(in_time)),
        early=int(bool(early)),
        false=early,
        latencies_s=(min(in_time) - down_s,) if in_time else (),
        missed=() if in_time else (clip.video,),
    )

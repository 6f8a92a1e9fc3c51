"""docs/accuracy/falls.md: the tables of a run, and how they are to be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simulators.accuracy.curve import Curve, pooled
from simulators.accuracy.report import (
    CURVE_HEADS,
    HEADS,
    WRONG_HEADS,
    curve_rows,
    plain_rows,
    rows,
    wrong_rows,
)
from simulators.accuracy.scoring import Scores
from simulators.accuracy.system import System

HOW = """\
# Falls: how many are found, how often it is wrong

Made by `floorwatch bench falls --data DIR --write-docs`, where `DIR` holds the recordings. Do not
edit it.

- Whole recordings go through the real pipeline in blocks of a second, at their own rate, each one
  followed by its last sample held for 3 s.
- A **hit** is a fall whose onset is within 2 s of the recorded impact, or within 2 s of the fall
  that somebody annotated, where somebody did. The first to be decided counts; **everything else is
  a false alarm**: a second one for the same fall, and one anywhere else in a recording of a fall.
- **Hours** are those of recordings in which nobody falls. False alarms in the others are counted,
  their time is not.
- The interval is Garwood's, exact for a Poisson count. It says what the count can say of *these
  people doing these things*, not what another workplace will see.
- **Quiet** is a recording of ten minutes or more: people living. **Scripted** is all that is
  shorter: acts that were asked for, dense in jumps and in dropping into chairs. Never add up the
  two.
- **Decided after** is the time from the recorded impact to the sample that settled it; the block
  that holds this sample arrives up to a second later.
- **Cross-fitted**: these people trained the shipped weights, so other weights score them, of the
  same make, for which neither they nor their recordings were used, not for the threshold either.
  **New people** were never trained on, but others of a set of that name were; of a **new set**
  nobody was. Those two are scored with what is shipped. Recordings are told by their samples, not
  by their names.

All falls are acted, nearly all by young people on mats. Expect the field to be worse.
"""
POOLED = """\
The same, of all sets worn alike: those in which somebody falls, and those of activity only.
"""
COMMON_RATE = """\
In some sets the rate tells what was recorded: WEDA-Fall's first thirteen people fall at 39.7 Hz and
live at 49.6 Hz. Here every recording was brought to one rate and one band before it was sent, what
is faster than the slowest of its set could tell being taken from all of them. What a detector
gained from the rate is missing here.
"""
WRONG = """\
At the shipped threshold, by the sets' own names of what people did, the most frequent first.
**Claimed elsewhere** are recordings of a fall in which one was claimed, but more than 2 s from the
recorded impact: each counts as a miss and as a false alarm. Recorded is the greatest sample, and
that may be a stride or a knock on the device: in `sisfall/SA13/F03/4` it is a knock in the first
second, long before the fall. They are left as they are.
"""
RULES = """\
## Published rules

The same recordings, the same pipeline, the same scoring. The formula of each is in its file under
`simulators/accuracy/baselines/`. What the papers leave open for a stream is the same for all: one
impact is the greatest sample within a second to either side, and after a fall a rule rests for 3 s.
So these are our readings of the papers, and their rows are not the papers' own figures.
"""
CURVES = """\
One threshold is moved, everything else stays. The filled mark is where it stands today, or in the
paper. The upright scale is stretched near all falls, where detectors are worth comparing. The table
has the most that was found at any threshold with at most so many false alarms an hour; in brackets
the falls found and the false alarms. It is read off the very recordings that it is about: a site
that chose its threshold beforehand would not have met it quite as well.
"""


@dataclass(frozen=True)
class Reading:
    """All recordings, scored one way: at their own rates, or at one."""

    scores: Scores
    curves: Sequence[Curve]
    rate_hz: float | None = None


def page(
    own: Reading, common: Reading, ours: System, baselines: Sequence[System], chart: str
) -> str:
    """Return the page; `chart` is the name of the picture beside it."""
    scores = own.scores
    parts = [
        HOW,
        "## Floorwatch\n",
        _table(HEADS, rows(scores.known(ours))),
        POOLED,
        _table(HEADS, plain_rows(pooled(scores.sets(ours)))),
        "## What was wrong\n",
        WRONG,
        _table(WRONG_HEADS, wrong_rows(scores.sets(ours))),
    ]
    if own.curves:
        parts += ["## Curves\n", _picture(chart, own.curves)]
    parts += [
        f"## At one rate, {common.rate_hz:g} Hz\n",
        COMMON_RATE,
        _table(HEADS, rows(common.scores.known(ours))),
    ]
    if common.curves:
        parts.append(_table(CURVE_HEADS, curve_rows(common.curves)))
    parts.append(RULES)
    for each in baselines:
        warning = " **From memory, not checked against the paper.**" if each.from_memory else ""
        sets = rows(scores.known(each))
        parts += [f"### {each.title}\n\n{each.citation}.{warning}\n", _table(HEADS, sets)]
        at_one_rate = _with_falls(rows(common.scores.known(each)))
        parts += [f"At one rate, {common.rate_hz:g} Hz:\n", _table(HEADS, at_one_rate)]
    return "\n".join(parts)


def _with_falls(found: Iterable[list[str]]) -> list[list[str]]:
    return [row for row in found if row[HEADS.index("hits / falls")] != "–"]


def _picture(chart: str, curves: Sequence[Curve]) -> str:
    lines = [
        f"![Falls found against false alarms an hour]({chart})\n",
        CURVES,
        _table(CURVE_HEADS, curve_rows(curves)),
    ]
    points = [
        [
            curve.set,
            curve.system.title,
            f"{curve.system.swept[0]} = {point.threshold:g}" + (" (today)" * point.shipped),
            f"{point.hits} / {point.falls}",
            f"{point.sensitivity:.1%}",
            str(point.watch.false_alarms),
            f"{point.per_hour:.2f}",
        ]
        for curve in curves
        for point in curve.distinct
    ]
    heads = ("set", "rule", "threshold", "hits / falls", "found", "false alarms", "an hour")
    table = _table(heads, points)
    return "\n".join([*lines, "<details><summary>The points</summary>\n", table, "</details>\n"])


def _table(heads: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

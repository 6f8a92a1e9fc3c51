"""docs/accuracy/falls.md: the tables of a run, and how they are to be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulators.accuracy.curve import Curve
from simulators.accuracy.report import CURVE_HEADS, HEADS, curve_rows, rows
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
- **In training**: settings were chosen on this set, so its row is no test on people unseen.

All falls are acted, nearly all by young people on mats. Expect the field to be worse.
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
has the most that was found at any threshold with at most so many false alarms an hour.
"""


def page(
    scores: Scores, ours: System, baselines: Sequence[System], curves: Sequence[Curve], chart: str
) -> str:
    """Return the page; `chart` is the name of the picture beside it."""
    parts = [HOW, "## Floorwatch\n", _table(HEADS, rows(scores.sets(ours.name), ours.chosen_on))]
    if curves:
        parts += ["## Curves\n", _picture(chart, curves)]
    parts.append(RULES)
    for each in baselines:
        warning = " **From memory, not checked against the paper.**" if each.from_memory else ""
        sets = rows(scores.sets(each.name))
        parts += [f"### {each.title}\n\n{each.citation}.{warning}\n", _table(HEADS, sets)]
    return "\n".join(parts)


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
            f"{point.sensitivity:.1%}",
            f"{point.per_hour:.2f}",
        ]
        for curve in curves
        for point in curve.points
    ]
    table = _table(("set", "rule", "threshold", "found", "false alarms an hour"), points)
    return "\n".join([*lines, "<details><summary>The points</summary>\n", table, "</details>\n"])


def _table(heads: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

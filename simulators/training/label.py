"""Whether an impact belongs to a fall, from what is known of its recording."""

from __future__ import annotations

from enum import IntEnum

from simulators.recordings.trial import Trial

NEAR_S = 0.75
"""An impact this near to the recorded one is of the same fall: knees, then hip, then shoulder."""
BEFORE_S, AFTER_S = 0.3, 0.5
"""How far an impact may lie outside an annotated fall and still belong to it."""


class Label(IntEnum):
    """What an impact is taken to be."""

    UNKNOWN = -1
    """Not learned from: in a recording of a fall, but not at the fall."""
    ACTIVITY = 0
    FALL = 1


def label_of(trial: Trial, peak_s: float) -> Label:
    """Return what an impact `peak_s` after the first sample of a trial is.

    In a recording of a fall nothing else is learned from: whoever acted it may have dropped
    themselves before it or got up roughly after it, and of a few recordings the greatest sample,
    which stands for the impact, is not the fall's at all.
    """
    if not trial.is_fall:
        return Label.ACTIVITY
    if trial.onset_s is None or trial.end_s is None:
        near = abs(peak_s - trial.peak_s) <= NEAR_S
    else:
        near = trial.onset_s - BEFORE_S <= peak_s <= trial.end_s + AFTER_S
    return Label.FALL if near else Label.UNKNOWN

"""What a recording is known by, whatever it is called and whichever file it is in."""

from __future__ import annotations

import hashlib

import numpy as np

from simulators.recordings.blocks import scale
from simulators.recordings.trial import Trial

DIGITS = 12
"""Of SHA-256, in hexadecimal: two of ten thousand recordings are alike once in five million."""


def identity_of(trial: Trial) -> str:
    """Return a digest of a trial's samples, as the counts that its sensor gave.

    Two sets may be called alike and name their people alike, and one set may be kept in two
    formats. Neither name nor file nor rate is in the digest, so it tells whether weights have seen
    these very samples.
    """
    counts = np.rint(trial.accel_g.astype(np.float64) / scale(trial)).astype("<i2")
    return hashlib.sha256(counts.tobytes()).hexdigest()[:DIGITS]

"""A badge on a body: how well the tag is heard from a place. Path loss, shadow, fading."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

AT_1_M_DBM = -46.0
DB_A_DECADE = 27.0
"""Backscatter falls off faster than free space. Both fitted to the quadrant recordings: about
-57 dBm at the own antenna, -64 dBm across a room of 4.5 m."""
BODY_DB = 7.0
"""What a body takes that stands between tag and antenna."""
LYING_DB = 4.0
"""What it takes more when it lies on its badge, on average."""
FADING_DB = 3.5
SHADOW_DB = 2.5
SHADOW_S = 2.0
"""A shadow changes over a couple of seconds, as racks and people move by."""
FAINTEST_DBM = -75.0
"""The weakest read in the quadrant recordings is -76 dBm."""
OUTSIDE_DB = 10.0
"""An antenna looks down into its zone; what stands beside it is heard by its side lobe."""


def mean_rssi_dbm(
    way_m: Floats, facing: Floats, lying: NDArray[np.bool_], outside: NDArray[np.bool_]
) -> Floats:
    """Return the mean signal strength of tags at antennas.

    `facing` is the cosine between the way the wearer faces and the antenna: 1 towards it.
    """
    loss_db = DB_A_DECADE * np.log10(np.maximum(way_m, 0.7))
    body_db = BODY_DB * (1 - facing) / 2 + LYING_DB * lying
    return np.asarray(AT_1_M_DBM - loss_db - body_db - OUTSIDE_DB * outside)


class Shadow:
    """The slow part of the channel, one value a tag and antenna: a first-order random walk home."""

    def __init__(self, shape: tuple[int, int], rng: np.random.Generator) -> None:
        self._rng = rng
        self.db: Floats = SHADOW_DB * rng.standard_normal(shape)

    def drift(self, by_s: float) -> None:
        """Let time pass."""
        kept = float(np.exp(-by_s / SHADOW_S))
        fresh = SHADOW_DB * self._rng.standard_normal(self.db.shape)
        self.db = kept * self.db + np.sqrt(1 - kept**2) * fresh

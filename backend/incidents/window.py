"""A sensor window as a person looks at it: magnitudes in g."""

from __future__ import annotations

import math
import sys
from array import array

from backend.database.tables import EvidenceRow
from backend.incidents.view import EvidenceView
from contract.instants import seconds


def view(row: EvidenceRow, onset_ns: int) -> EvidenceView:
    """Return a window as magnitudes in g."""
    return EvidenceView(
        device=row.device,
        onset_at_s=seconds(onset_ns - row.t0_ns),
        odr_hz=row.odr_hz,
        magnitude_g=magnitudes(row.accel_i16, row.scale_g),
        complete=row.complete,
    )


def magnitudes(accel_i16: bytes, scale_g: float) -> tuple[float, ...]:
    """Return √(x² + y² + z²) in g for little-endian int16 triples.

    >>> import struct
    >>> magnitudes(struct.pack("<6h", 0, 0, 1000, 300, 400, 0), 0.001)
    (1.0, 0.5)
    """
    axes = array("h")
    axes.frombytes(accel_i16)
    if sys.byteorder == "big":
        axes.byteswap()
    triples = zip(axes[0::3], axes[1::3], axes[2::3], strict=True)
    return tuple(round(math.hypot(x, y, z) * scale_g, 4) for x, y, z in triples)

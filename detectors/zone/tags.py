"""Several tags of one person: the one in the locker must not speak for the one on the body.

A tag on a body is heard at levels that change all the time; one that lies still is not. So of a
person with several tags each tag's levels are followed, and one that varies much less than another
is at rest, and is not heeded until it varies again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp

from contract.instants import ns, seconds

MEMORY_S = 30.0
"""Over about so long is the variation of a tag's levels judged."""
KNOWN_AFTER_S = 20.0
"""No tag is at rest before it has been followed for so long."""
REST_SHARE = 0.5
"""A tag that varies less than this share of another that is heard now lies still."""
ALIVE_DB = 2.5
"""A tag at rest that varies by so much again is carried. On a body the mean absolute deviation was
3 to 5 dB in the recordings; a tag that lies still is off by the channels that a reader hops over,
1 to 2 dB."""
HEARD_NS = ns(60)


@dataclass(frozen=True, slots=True)
class Trace:
    """How one tag has been heard."""

    tag: str
    begun_ns: int
    heard_ns: int
    means_dbm: tuple[tuple[int, float], ...] = ()
    varies_db: float = 0.0
    resting: bool = False


def followed(
    traces: tuple[Trace, ...], reads: Iterable[tuple[int, int, float, str]]
) -> tuple[Trace, ...]:
    """Return the traces after reads (time, antenna, level, tag), in the order of time."""
    known = {trace.tag: trace for trace in traces}
    for t_ns, point, level_dbm, tag in reads:
        before = known.get(tag) or Trace(tag, t_ns, t_ns)
        known[tag] = _heard(before, t_ns, point, level_dbm)
    return _judged(tuple(known[tag] for tag in sorted(known)))


def resting(traces: Sequence[Trace]) -> frozenset[str]:
    """Return the tags that are not to be heeded."""
    return frozenset(trace.tag for trace in traces if trace.resting)


def _heard(trace: Trace, t_ns: int, point: int, level_dbm: float) -> Trace:
    means = dict(trace.means_dbm)
    kept = exp(-max(seconds(t_ns - trace.heard_ns), 0.05) / MEMORY_S)
    varies_db = trace.varies_db
    if point in means:
        off_db = abs(level_dbm - means[point])
        varies_db = kept * varies_db + (1 - kept) * off_db
        means[point] = kept * means[point] + (1 - kept) * level_dbm
    else:
        means[point] = level_dbm
    return Trace(
        trace.tag, trace.begun_ns, t_ns, tuple(sorted(means.items())), varies_db, trace.resting
    )


def _judged(traces: tuple[Trace, ...]) -> tuple[Trace, ...]:
    now_ns = max((trace.heard_ns for trace in traces), default=0)
    lively = max(
        (t.varies_db for t in traces if now_ns - t.heard_ns < HEARD_NS and _known(t)), default=0.0
    )
    return tuple(
        Trace(
            t.tag,
            t.begun_ns,
            t.heard_ns,
            t.means_dbm,
            t.varies_db,
            _known(t) and t.varies_db < (ALIVE_DB if t.resting else REST_SHARE * lively),
        )
        for t in traces
    )


def _known(trace: Trace) -> bool:
    return trace.heard_ns - trace.begun_ns >= ns(KNOWN_AFTER_S)

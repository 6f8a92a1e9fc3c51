"""Counts of a while, on either database."""

from __future__ import annotations

from backend.incidents.digest import DigestLine, digest
from contract.instants import ns
from tests.support.pages import START_NS, Pager

HOUR_NS = ns(3600)


def test_counts_what_began_in_a_while_and_just_before(pager: Pager) -> None:
    pager.now_ns += HOUR_NS // 2
    pager.detect("stumble", "belt-12", onset_s=-3)
    pager.now_ns += HOUR_NS
    pager.detect("stumble", "belt-12", onset_s=-3)
    pager.detect("stumble", "belt-03", onset_s=-4)
    pager.detect("stumble", "belt-10", onset_s=-5, exercise=True)
    then = START_NS + HOUR_NS
    (line,) = digest(pager.parts.database, then, then + HOUR_NS)
    assert line == DigestLine("SEV4", "stumble", "press-line", 2, 2, 2, before=1)
    drilled = digest(pager.parts.database, then, then + HOUR_NS, exercises=True)
    assert sum(line.claims for line in drilled) == 3
    assert not digest(pager.parts.database, then + 4 * HOUR_NS, then + 5 * HOUR_NS)

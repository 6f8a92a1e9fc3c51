"""How well zones can be told apart, from the labelled walking itself: half teaches, half is asked.

For every look of the half that was not learned from, one after the other and each by itself, the
zone that is most probable. A look by itself is the hardest question: presence joins many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contract.hearing import Hearing
from contract.instants import ns
from contract.site import About, Device, Site
from contract.zone import Zone
from detectors.zone.ears import Ears
from detectors.zone.settings import PresenceSettings
from simulators.badges.calibration import Labelled, hearings


@dataclass(frozen=True, slots=True)
class Separability:
    """What a zone is taken for."""

    zone: str
    seconds: float
    reads: int
    looks: int
    right: int
    mistaken: str | None
    """The zone that it is most often mistaken for."""
    mistaken_looks: int

    @property
    def share_right(self) -> float | None:
        """The share of looks that name the zone; None when there was too little to ask."""
        return self.right / self.looks if self.looks else None


def separability(
    labelled: Sequence[Labelled], site: Site | None = None
) -> tuple[Separability, ...]:
    """Return how well each zone is told from the others, in order of name."""
    asked: dict[str, Counter[str]] = defaultdict(Counter)
    halves = _halves(labelled)
    for learned, other in (halves, halves[::-1]):
        if not learned or not other:
            continue
        tables = hearings(learned)
        ears = Ears.of(plain_site(tables, site))
        for zone, said in _looks(other, ears):
            asked[zone][said] += 1
    found = []
    for zone in sorted({each.zone for each in labelled}):
        counts = asked[zone]
        wrong = [(name, count) for name, count in counts.most_common() if name != zone]
        mine = [table for table in hearings(labelled) if table.zone == zone]
        found.append(
            Separability(
                zone,
                mine[0].seconds,
                sum(table.reads for table in mine),
                counts.total(),
                counts[zone],
                wrong[0][0] if wrong else None,
                wrong[0][1] if wrong else 0,
            )
        )
    return tuple(found)


def plain_site(tables: Iterable[Hearing], site: Site | None = None) -> Site:
    """Return the site with these tables; without one, a site of what the tables name."""
    rows = tuple(tables)
    if site is not None:
        return site.model_copy(update={"hearing": rows})
    return Site(
        site=About(id="calibration"),
        zone=tuple(Zone(id=zone) for zone in sorted({row.zone for row in rows})),
        device=tuple(
            Device(id=reader, kind="reader") for reader in sorted({row.reader for row in rows})
        ),
        hearing=rows,
    )


def _halves(labelled: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """Split every zone's walking in two: the earlier half of its reads, and the later."""
    of_zone: dict[str, list[Labelled]] = defaultdict(list)
    for each in labelled:
        of_zone[each.zone].append(each)
    first: list[Labelled] = []
    second: list[Labelled] = []
    for reads in of_zone.values():
        ordered = sorted(reads, key=lambda each: each.t_ns)
        first += ordered[: len(ordered) // 2]
        second += ordered[len(ordered) // 2 :]
    return first, second


def _looks(labelled: Iterable[Labelled], ears: Ears) -> Iterable[tuple[str, str]]:
    look_ns = ns(PresenceSettings().look_s)
    looks: dict[tuple[str, int], list[Labelled]] = defaultdict(list)
    for each in labelled:
        looks[each.zone, each.t_ns // look_ns].append(each)
    for (zone, _), reads in looks.items():
        points = [ears.point(each.reader, each.point) for each in reads]
        known = [(p, e) for p, e in zip(points, reads, strict=True) if p is not None]
        if known:
            told = [ears.told(each.rssi_dbm, "") for _, each in known]
            nats = ears.evidence([point for point, _ in known], told).sum(axis=0)
            yield zone, ears.zones[int(nats.argmax())]

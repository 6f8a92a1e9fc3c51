"""Which zones one can step into from which, and which zones lie in which."""

from __future__ import annotations

from collections.abc import Mapping

from shapely import STRtree
from shapely.geometry import Polygon

from contract.site import Site

TOUCH_M = 0.5
"""Polygons are drawn by hand: walls and inaccuracy leave gaps between zones that touch."""


def polygons(site: Site) -> dict[str, Polygon]:
    """Return the zones' polygons; a crossed outline is mended, a zone without one is left out."""
    drawn = {}
    for zone in site.zone:
        if len(zone.polygon_m) >= 3:
            shape = Polygon(zone.polygon_m)
            drawn[zone.id] = shape if shape.is_valid else shape.buffer(0)
    return {zone: shape for zone, shape in drawn.items() if not shape.is_empty}


def neighbours(site: Site) -> Mapping[str, frozenset[str]]:
    """Return for each zone those that touch it: as declared, through doors, and on the floor plan.

    A zone also neighbours the zones that it lies in, and those that lie in it.
    """
    found = {zone: set(others) for zone, others in site.neighbours.items()}
    drawn = polygons(site)
    names = list(drawn)
    tree = STRtree([drawn[name].buffer(TOUCH_M) for name in names])
    for name in names:
        for number in tree.query(drawn[name], predicate="intersects"):
            if names[number] != name:
                found[name].add(names[number])
                found[names[number]].add(name)
    for zone, others in outer(site).items():
        for other in others:
            found[zone].add(other)
            found[other].add(zone)
    return {zone: frozenset(others) for zone, others in found.items()}


def outer(site: Site) -> Mapping[str, tuple[str, ...]]:
    """Return for each zone those that it lies in, innermost first, as `within` declares."""
    chains: dict[str, tuple[str, ...]] = {}
    for zone in site.zone:
        chain: list[str] = []
        around = zone.within
        while around is not None and around in site.zones and around not in (zone.id, *chain):
            chain.append(around)
            around = site.zones[around].within
        chains[zone.id] = tuple(chain)
    return chains

"""Who was heard last, when and where. Pure; it leaves the gateway for a purpose only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from contract.door import DoorBlock
from contract.instants import ns
from contract.message import Block
from contract.reads import ReadsBlock
from contract.report import Whereabouts
from contract.site import Site

OF_LATE_NS = ns(16 * 3600)
"""Longer than any shift: of whom nothing was heard for so long is not at work."""


@dataclass(slots=True)
class HeardPerson:
    """When anything of somebody was heard last, and the last zone that is known."""

    heard_ns: int
    zone: str | None = None


class LastHeard:
    """Notes each block as it goes through the pipeline.

    Parameters
    ----------
    site
        Tells whose device it is.
    zone_of
        Where the pipeline believes a person to be; None when it believes nothing.
    wearer_of
        Who carried a tag at an instant, as the pipeline knows; the site file's word without one.
    """

    def __init__(
        self,
        site: Site,
        zone_of: Callable[[str], str | None] = lambda person: None,
        wearer_of: Callable[[str, int], str | None] | None = None,
    ) -> None:
        self._site = site
        self._zone_of = zone_of
        self._wearer_of = wearer_of or (lambda tag, at_ns: site.wearer_of_tag.get(tag))
        self._heard: dict[str, HeardPerson] = {}
        self._changed: set[str] = set()

    def restore(self, rows: Iterable[tuple[str, str | None, int]]) -> None:
        """Take up what an earlier process knew: person, zone, instant."""
        for person, zone, heard_ns in rows:
            if person in self._site.wearers:
                self._heard[person] = HeardPerson(heard_ns, zone)

    def note(self, block: Block) -> None:
        """Take one block, after the pipeline has."""
        for person, at_ns, zone in self._signs(block):
            known = self._heard.get(person)
            if known is None:
                known = self._heard[person] = HeardPerson(at_ns, zone)
            elif at_ns >= known.heard_ns:
                known.heard_ns = at_ns
                known.zone = zone or known.zone
            # The pipeline weighs every read; a lone one may have come through a wall.
            known.zone = self._zone_of(person) or known.zone
            self._changed.add(person)

    def changed(self) -> list[tuple[str, str | None, int]]:
        """Return what has changed since the last call, as `restore` takes it."""
        rows = [(who, self._heard[who].zone, self._heard[who].heard_ns) for who in self._changed]
        self._changed.clear()
        return rows

    def whereabouts(self, now_ns: int, *, evacuation: bool) -> tuple[Whereabouts, ...]:
        """Return everybody of late during an evacuation, else whoever is in a hazard."""
        return tuple(
            Whereabouts(
                person=person,
                zone=inside or heard.zone,
                inside=inside is not None,
                heard_ns=heard.heard_ns,
            )
            for person, heard in sorted(self._heard.items())
            if now_ns - heard.heard_ns <= OF_LATE_NS
            and (evacuation or self._in_hazard(self._zone_of(person)))
            for inside in (self._zone_of(person),)
        )

    def _in_hazard(self, zone: str | None) -> bool:
        known = self._site.zones.get(zone or "")
        return known is not None and known.hazard != "none"

    def _signs(self, block: Block) -> Iterator[tuple[str, int, str | None]]:
        """Yield who gave a sign of life, when, and where it was heard if that is known."""
        device = self._site.devices.get(block.device)
        if isinstance(block, ReadsBlock):
            for read in block.reads:
                person = self._wearer_of(read.tag, read.t_ns)
                if person is not None:
                    zone = device.points.get(read.point, device.zone) if device else None
                    yield person, read.t_ns, zone
        elif isinstance(block, DoorBlock):
            for event in block.events:
                person = self._wearer_of(event.tag, event.t_ns)
                if person is not None:
                    yield person, event.t_ns, None
        elif device is not None and device.wearer is not None:
            yield device.wearer, block.end_ns, None

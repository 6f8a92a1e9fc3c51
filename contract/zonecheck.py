"""What does not hold together among a site's zones, doors, permits, certificates and shifts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contract.permission import Permit
from contract.site import Site
from contract.suggestion import did_you_mean
from contract.zone import Zone


def contradictions(site: Site) -> Iterator[str]:
    """Yield one sentence for each: the table, the name, and what was meant perhaps."""
    yield from _references(site)
    nested = [zone for zone in site.zone if zone.within in site.zones]
    for zone in nested:
        yield from _nesting(site, zone)
    for zone in site.zone:
        yield from _says_nothing(zone)
        yield from _cannot_be(site, zone)
    for permit in site.permit:
        yield from _permit(site, permit)
    for shift in site.shift:
        if shift.valid_from and shift.valid_to and shift.valid_to < shift.valid_from:
            yield f'[[shift]] "{shift.id}": valid_to is before valid_from, so it never is'
    for paper in site.certificate:
        if paper.valid_from and paper.expires and paper.expires < paper.valid_from:
            told = f'[[certificate]] of "{paper.wearer}" for "{paper.training}"'
            yield f"{told}: it expires before valid_from, so it never is valid"


def _references(site: Site) -> Iterator[str]:
    zones, wearers = set(site.zones), set(site.wearers)
    roles = {role for wearer in site.wearer for role in wearer.roles}
    shifts, calendars = {s.id for s in site.shift}, {c.id for c in site.calendar}
    trainings = {paper.training for paper in site.certificate}
    for zone in site.zone:
        told = f'[[zone]] "{zone.id}"'
        yield from _known(f"{told}: adjacent", "zone", zone.adjacent, zones)
        yield from _known(f"{told}: within", "zone", (zone.within,) if zone.within else (), zones)
        yield from _known(f"{told}: hours", "[[shift]]", zone.hours, shifts)
        for role in sorted({*zone.roles, *zone.escort} - roles):
            yield f'{told}: no wearer has the role "{role}"{did_you_mean(role, roles)}'
        for name in (name for name in zone.wearers if name not in wearers):
            yield f'{told}: there is no wearer "{name}"{did_you_mean(name, wearers)}'
        for name in sorted({*zone.training, *zone.rescue_training} - trainings):
            suggestion = did_you_mean(name, trainings)
            yield f'{told}: no [[certificate]] is for the training "{name}"{suggestion}'
    for door in site.door:
        sides = (door.zone, *((door.outside,) if door.outside else ()))
        yield from _known(f'[[door]] "{door.id}"', "zone", sides, zones)
        if door.outside == door.zone:
            yield f'[[door]] "{door.id}": zone and outside are the same, so it leads nowhere'
    for permit in site.permit:
        told = f'[[permit]] "{permit.id}"'
        yield from _known(told, "zone", permit.zones, zones)
        yield from _known(told, "wearer", (*permit.wearers, *permit.attendants), wearers)
    for number, paper in enumerate(site.certificate, start=1):
        yield from _known(f"[[certificate]] number {number}", "wearer", (paper.wearer,), wearers)
    for shift in site.shift:
        yield from _known(f'[[shift]] "{shift.id}"', "[[calendar]]", shift.not_on, calendars)


def _known(told: str, what: str, names: Collection[str], known: Collection[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f'{told}: there is no {what} "{name}"{did_you_mean(name, known)}'


def _nesting(site: Site, zone: Zone) -> Iterator[str]:
    seen = [zone.id]
    outer = zone.within
    while outer is not None and outer in site.zones and outer not in seen:
        seen.append(outer)
        outer = site.zones[outer].within
    if outer == zone.id:
        ring = " within ".join(f'"{name}"' for name in (*seen, zone.id))
        yield f"[[zone]] {ring}: a zone cannot be a part of itself"


def _says_nothing(zone: Zone) -> Iterator[str]:
    """Yield the keys that would be obeyed nowhere: a silent rule is worse than none."""
    told = f'[[zone]] "{zone.id}"'
    if zone.hazard == "none":
        keys = ("permit_required", "training", "hours", "escort", "open_states", "idlh")
        for key in (key for key in keys if getattr(zone, key)):
            yield f'{told}: {key} says nothing without a hazard class; give it hazard = "C"'
    if zone.rescue_training and not zone.idlh:
        yield f"{told}: rescue_training is for a zone that kills at once; say idlh = true"
    if zone.attendant and not zone.permit_required:
        yield f"{told}: a permit names the attendant; say permit_required = true"
    if zone.max_stay_s is None:
        for key, given in (("exposure", zone.exposure), ("rest_s", zone.rest_s)):
            if given:
                yield f"{told}: {key} says nothing without max_stay_s"


def _cannot_be(site: Site, zone: Zone) -> Iterator[str]:
    told = f'[[zone]] "{zone.id}"'
    both = zone.state is not None and "live" in zone.model_fields_set
    if both and zone.live is not (zone.state != "locked_out"):
        live = str(zone.live).lower()
        yield f'{told}: live = {live} and state = "{zone.state}" contradict; leave out live'
    if zone.id in zone.adjacent:
        yield f"{told}: it is adjacent to itself"
    if zone.most_people is not None and zone.most_people < zone.least_people:
        most, least = zone.most_people, zone.least_people
        yield f"{told}: most_people = {most} and least_people = {least}: nobody could be there"
    if zone.attendant and not _bordered(site, zone):
        yield f"{told}: an attendant stands in an adjacent zone; name it in adjacent"
    if zone.idlh and zone.hazard in ("B", "C"):
        yield f'{told}: idlh means that people die there; say hazard = "A"'


def _bordered(site: Site, zone: Zone) -> bool:
    """Whether anything borders the zone; unknown names are told elsewhere."""
    named = set(zone.adjacent) | {other.id for other in site.zone if zone.id in other.adjacent}
    for door in site.door:
        if door.zone == zone.id and door.outside:
            named.add(door.outside)
        elif door.outside == zone.id:
            named.add(door.zone)
    return bool(named)


def _permit(site: Site, permit: Permit) -> Iterator[str]:
    told = f'[[permit]] "{permit.id}"'
    try:
        here = ZoneInfo(site.site.time_zone)
    except (ZoneInfoNotFoundError, ValueError):  # told by itself
        return
    first, last = (_aware(moment, here) for moment in (permit.valid_from, permit.valid_to))
    if last <= first:
        yield f"{told}: valid_to is not after valid_from, so it never is valid"
    both = set(permit.wearers) & set(permit.attendants)
    for name in sorted(both):
        yield f'{told}: "{name}" is entrant and attendant; an attendant stays outside'


def _aware(moment: datetime, here: ZoneInfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=here)

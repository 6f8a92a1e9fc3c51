"""Reads a site file, and refuses one that does not hold together: what, where, and a suggestion."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin
from zoneinfo import available_timezones

from pydantic import BaseModel, ValidationError

from contract.cameracheck import blind_views
from contract.errors import SiteFileError
from contract.report import SPEAKER
from contract.severity import Severity
from contract.site import Site
from contract.suggestion import did_you_mean
from contract.zonecheck import contradictions

NAMED_BY = ("id", "kind", "severity", "wearer")
"""What a table is called by, the first that it has."""


def parse(toml: str) -> Site:
    """Return the site that a TOML text describes.

    Raises
    ------
    SiteFileError
        With one sentence for each problem: the table, the name, and what was meant perhaps.
    """
    try:
        raw = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise SiteFileError((f"not TOML: {error}",)) from None
    try:
        site = Site.model_validate(raw)
    except ValidationError as error:
        raise SiteFileError(tuple(_sentence(raw, e) for e in error.errors())) from None
    problems = tuple(_contradictions(site))
    if problems:
        raise SiteFileError(problems)
    return site


def table_name(raw: Any, path: tuple[int | str, ...]) -> str:
    """Return a table as a person would point at it: `[[device]] "badge-17"`."""
    head, *rest = path
    if not rest or not isinstance(rest[0], int):
        return f"[{head}]"
    try:
        entry = raw[head][rest[0]]
        name = next((entry[key] for key in NAMED_BY if entry.get(key)), None)
    except (KeyError, IndexError, TypeError, AttributeError):
        name = None
    return f'[[{head}]] "{name}"' if isinstance(name, str) else f"[[{head}]] number {rest[0] + 1}"


def _sentence(raw: dict[str, Any], error: Any) -> str:
    path: tuple[int | str, ...] = error["loc"]
    if error["type"] == "extra_forbidden":
        wrong = str(path[-1])
        known = _fields_at(Site, path[:-1])
        if len(path) == 1:
            return f"there is no table [{wrong}]{did_you_mean(wrong, known)}"
        return f'{table_name(raw, path)} has no key "{wrong}"{did_you_mean(wrong, known)}'
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        return f'{table_name(raw, path)}: "{path[-1]}" is missing'
    if len(path) == 1:
        return f"[{path[0]}]: {said}"
    where = ".".join(str(part) for part in path[1:] if not isinstance(part, int)) or str(path[0])
    given = error.get("input")
    shown = f" (it is {given!r})" if isinstance(given, str | int | float) else ""
    suggestion = ""
    if error["type"] in ("literal_error", "enum") and isinstance(given, str):
        choices = [part for part in str(error["ctx"]["expected"]).split("'") if part.strip(", or")]
        suggestion = did_you_mean(given, choices)
    return f"{table_name(raw, path)}: {where}: {said}{shown}{suggestion}"


def _fields_at(model: Any, path: Iterable[int | str]) -> tuple[str, ...]:
    for part in path:
        if isinstance(part, int):
            continue
        model = _table_in(model.model_fields[part].annotation)
        if model is None:
            return ()
    return tuple(model.model_fields)


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, Union, UnionType):
        found = (_table_in(part) for part in get_args(annotation))
        return next((part for part in found if part), None)
    return None


def _contradictions(site: Site) -> Iterator[str]:
    zone_name = site.site.time_zone
    if zone_name not in available_timezones():
        yield (
            f'[site]: there is no time zone "{zone_name}"'
            f"{did_you_mean(zone_name, available_timezones())}"
        )
    yield from _twice(site)
    yield from _bad_references(site)
    yield from contradictions(site)
    yield from blind_views(site)
    yield from _nobody_reached(site)


def _twice(site: Site) -> Iterator[str]:
    tables = {
        "zone": [zone.id for zone in site.zone],
        "door": [door.id for door in site.door],
        "shift": [shift.id for shift in site.shift],
        "calendar": [calendar.id for calendar in site.calendar],
        "permit": [permit.id for permit in site.permit],
        "agent": [agent.id for agent in site.agent],
        "device": [device.id for device in site.device],
        "wearer": [wearer.id for wearer in site.wearer],
        "person": [person.id for person in site.person],
        "on_call": [duty.id for duty in site.on_call],
    }
    for table, ids in tables.items():
        for name, count in Counter(ids).items():
            if count > 1:
                yield f'[[{table}]] "{name}" is there {count} times; an id names one thing'
    tags = Counter(device.tag for device in site.device if device.tag)
    for tag, count in tags.items():
        if count > 1:
            yield f'tag "{tag}" is on {count} devices; a read could not tell them apart'
    for tier, count in Counter(e.severity for e in site.escalation).items():
        if count > 1:
            yield f'[[escalation]] "{tier}" is there {count} times; a tier has one ladder'
    for zone in site.zone:
        if zone.polygon_m and len(zone.polygon_m) < 3:
            yield f'[[zone]] "{zone.id}": polygon_m needs at least three corners'


def _bad_references(site: Site) -> Iterator[str]:
    agents = {agent.id for agent in site.agent}
    for taken in sorted(agents & {SPEAKER, site.gateway.id}):
        whose = "backend" if taken == SPEAKER else "gateway"
        yield f'[[agent]] "{taken}": the {whose} goes by that name; give it another id'
    for device in site.device:
        told = f'[[device]] "{device.id}"'
        references = (
            ("zone", device.zone, site.zones),
            ("wearer", device.wearer, site.wearers),
            ("agent", device.agent, agents),
        )
        for what, name, known in references:
            if name is not None and name not in known:
                yield f'{told}: there is no {what} "{name}"{did_you_mean(name, known)}'
        for point, covered in device.points.items():
            if covered not in site.zones:
                yield (
                    f'{told}: point "{point}" is in zone "{covered}", which does not exist'
                    f"{did_you_mean(covered, site.zones)}"
                )
        if device.kind == "plc" and not (device.zone or device.points or device.evacuates):
            yield (
                f"{told} is a PLC of no zone, so nothing that it says is believed; give it "
                "zone, points, or evacuates = true"
            )
        if device.evacuates and device.kind != "plc":
            yield f'{told}: evacuates is for kind = "plc"; a {device.kind} says nothing of it'
        if device.id == SPEAKER:
            yield f'{told}: "{SPEAKER}" is who people speak through; give it another id'
        if device.kind == "badge" and not device.tag:
            yield f'{told} is a badge without a tag, so no reader can hear it; give it tag = "…"'
    yield from _bad_hearing(site)


def _bad_hearing(site: Site) -> Iterator[str]:
    readers = {device.id: device for device in site.device if device.kind == "reader"}
    told = Counter((h.reader, h.point, h.zone) for h in site.hearing)
    for (reader, point, zone), count in told.items():
        named = f'[[hearing]] of reader "{reader}" point "{point}" in zone "{zone}"'
        if reader not in readers:
            yield f'{named}: there is no reader "{reader}"{did_you_mean(reader, readers)}'
        elif readers[reader].points and point not in readers[reader].points:
            known = readers[reader].points
            yield f'{named}: the reader has no point "{point}"{did_you_mean(point, known)}'
        if zone not in site.zones:
            yield f'{named}: there is no zone "{zone}"{did_you_mean(zone, site.zones)}'
        if count > 1:
            yield f"{named} is there {count} times; calibrate writes one"


def _nobody_reached(site: Site) -> Iterator[str]:
    for duty in site.on_call:
        for name in duty.people:
            if name not in site.people:
                yield (
                    f'[[on_call]] "{duty.id}": there is no person "{name}"'
                    f"{did_you_mean(name, site.people)}"
                )
    known = {
        "person": set(site.people),
        "role": {role for person in site.person for role in person.roles},
        "on-call": {duty.id for duty in site.on_call},
    }
    for role in (role for role in site.last_resort.roles if role not in known["role"]):
        yield (f'[last_resort]: no person has the role "{role}"{did_you_mean(role, known["role"])}')
    for ladder in site.escalation:
        for number, step in enumerate(ladder.steps, start=1):
            told = f'[[escalation]] "{ladder.severity}" step {number}'
            for to in step.to:
                kind, _, name = to.partition(":")
                if kind not in known or not name:
                    yield (
                        f'{told}: "{to}" is not a target; write on-call:ID, role:ROLE or person:ID'
                    )
                elif name not in known[kind]:
                    yield (
                        f'{told}: there is no {kind} "{name}", so it reaches nobody'
                        f"{did_you_mean(name, known[kind])}"
                    )
    if site.escalation:
        given = {ladder.severity for ladder in site.escalation}
        for tier in (Severity.SEV1, Severity.SEV2, Severity.SEV3):
            if tier not in given:
                yield f'[[escalation]] "{tier}" is missing: its incidents would reach nobody'

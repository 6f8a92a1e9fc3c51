"""Says what an incident is as a person would: "Person down, not moving"."""

from __future__ import annotations

PLAIN = {
    "fall": "Fall",
    "no_motion": "No movement",
    "missed_check_in": "Check-in missed",
    "sos": "Help called for",
    "device_silent": "Device silent",
    "blind_area": "Area not watched",
    "canary": "The paging path has failed",
    "unreadable": "An alarm that could not be read",
    "left_open": "Incidents were left open",
    "person_down": "Somebody lies on the floor",
    "impact": "Equipment struck",
    "stumble": "Stumble",
}
IN_PLACE = {
    "overstay": "Too long in {}",
    "two_person": "Second person missing in {}",
    "no_attendant": "Nobody attends to {}",
    "overcrowded": "Too many people in {}",
    "lone_work": "Alone too long in {}",
    "badge_silent": "Badge silent in {}",
    "not_evacuated": "Still in {} after the evacuation",
    "unknown_tag": "Unknown tag in {}",
    "rescuer": "About to go into {} uncleared",
}
BY_RULE = {
    "fall/still": "Person down, not moving",
    "fall/no-answer": "Person down, does not answer",
    "fall/height": "Fall from height",
    "fall/hazard-zone": "Fall in a danger zone",
    "man-down/no-answer": "No movement, no answer",
    "mass-event": "Several people down",
}


PASSES = frozenset({*IN_PLACE, "zone_breach", "device_silent", "blind_area"})
"""Kinds of which "it is over" is a measurement. Somebody who fell is not well because they move."""


def title(
    kind: str,
    rule: str,
    zone_title: str | None,
    *,
    cancelled: bool = False,
    until: str | None = None,
) -> str:
    """Return the incident in a few words; `until` is when it was over, as people write it.

    >>> title("fall", "fall/still", "B3 Press line")
    'Person down, not moving'
    >>> title("zone_breach", "zone-a/live", "B4 Robot cell")
    'In B4 Robot cell without authorisation'
    >>> title("zone_breach", "zone-a/live", "B4 Robot cell", until="03:14:07")
    'In B4 Robot cell without authorisation, until 03:14:07'
    >>> title("rescuer", "rescuer", "T2 Tank")
    'About to go into T2 Tank uncleared'
    >>> title("fall", "cancelled", "B3 Press line", cancelled=True)
    'Fall: the wearer says all is well, call them'
    """
    place = zone_title or "a zone"
    if kind in IN_PLACE:
        said = IN_PLACE[kind].format(place)
    elif kind == "zone_breach" and rule in ("zone/expired", "zone/expired-idlh"):
        said = f"In {place}, permit or training expired"
    elif kind == "zone_breach":
        said = f"In {place} without authorisation"
    else:
        said = BY_RULE.get(rule) or PLAIN.get(kind) or kind.replace("_", " ").capitalize()
    if until is not None and kind in PASSES:
        said = f"{said}, until {until}"
    return f"{said}: the wearer says all is well, call them" if cancelled else said

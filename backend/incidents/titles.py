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
    "impact": "Equipment struck",
    "stumble": "Stumble",
}
BY_RULE = {
    "fall/still": "Person down, not moving",
    "fall/no-answer": "Person down, does not answer",
    "fall/height": "Fall from height",
    "fall/hazard-zone": "Fall in a danger zone",
    "man-down/no-answer": "No movement, no answer",
    "mass-event": "Several people down",
}


def title(kind: str, rule: str, zone_title: str | None, *, cancelled: bool = False) -> str:
    """Return the incident in a few words.

    >>> title("fall", "fall/still", "B3 Press line")
    'Person down, not moving'
    >>> title("zone_breach", "zone-a/live", "B4 Robot cell")
    'In B4 Robot cell without authorisation'
    >>> title("fall", "cancelled", "B3 Press line", cancelled=True)
    'Fall: the wearer says all is well, call them'
    """
    place = zone_title or "a zone"
    if kind == "overstay":
        said = f"Too long in {place}"
    elif kind == "zone_breach" and rule == "zone/expired":
        said = f"In {place}, permit or training expired"
    elif kind == "zone_breach":
        said = f"In {place} without authorisation"
    else:
        said = BY_RULE.get(rule) or PLAIN.get(kind) or kind.replace("_", " ").capitalize()
    return f"{said}: the wearer says all is well, call them" if cancelled else said

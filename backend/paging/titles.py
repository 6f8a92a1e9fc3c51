"""Says what an incident is as a person would: "Person down, not moving"."""

from __future__ import annotations

from contract.detection_kinds import meaning


def title(
    kind: str,
    rule: str,
    zone_title: str | None,
    *,
    cancelled: bool = False,
    until: str | None = None,
) -> str:
    """Return the incident in a few words; `until` is when it was over, as people write it.

    Both the kind and the rule that decided its tier say it (`contract.detection_kinds`).

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
    known = meaning(kind)
    said = known.titles.get(rule, known.title).replace("{}", zone_title or "a zone")
    if until is not None and known.passes:
        said = f"{said}, until {until}"
    return f"{said}: the wearer says all is well, call them" if cancelled else said

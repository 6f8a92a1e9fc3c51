"""MQTT topic filters whose first `+` says who is speaking. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def checked(filters: tuple[str, ...]) -> tuple[str, ...]:
    """Return the filters, or raise `ValueError` for one that no broker would take."""
    for topic in filters:
        heard = heard_by(topic)
        halves = any(part != "+" and "+" in part for part in heard.split("/"))
        if not heard or halves or "#" in heard[:-1]:
            raise ValueError(f'"{topic}" is not a topic filter, as "devices/+/imu" is')
    return filters


def heard_by(topic: str) -> str:
    """Return what a filter hears: of a shared subscription, what its group is told.

    >>> heard_by("$share/agents/devices/+/+"), heard_by("devices/+/+")
    ('devices/+/+', 'devices/+/+')
    """
    first, _, rest = topic.partition("/")
    if first.lower() == "$share":
        return rest.partition("/")[2]
    return rest if first.lower() == "$queue" else topic


def speaker(filters: Sequence[str], topic: str) -> str | None:
    """Return the level at the first `+` of the filter that a topic matches, if there is one.

    >>> speaker(["home/+/BTtoMQTT/+"], "home/gate-3/BTtoMQTT/AABBCCDDEEFF")
    'gate-3'
    """
    levels = topic.split("/")
    for wanted in filters:
        parts = heard_by(wanted).split("/")
        if _matches(parts, levels):
            return levels[parts.index("+")] if "+" in parts else None
    return None


def _matches(wanted: list[str], levels: list[str]) -> bool:
    for i, part in enumerate(wanted):
        if part == "#":
            return True
        if i >= len(levels) or part not in ("+", levels[i]):
            return False
    return len(wanted) == len(levels)

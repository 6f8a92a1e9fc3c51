"""What readers say of tags that they do not hear any more: that is no sighting. Pure.

Bluetooth gateways that follow presence, and readers that report comings and goings, send of a tag
that has left a message much like that of one that is here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_YES_OR_NO = frozenset({"presence", "present", "ispresent", "visible", "inrange", "online", "seen"})
_STATES = frozenset(
    {"state", "status", "event", "eventtype", "type", "action", "transition", "tagstate"}
)
_GONE = frozenset(
    {"offline", "absent", "away", "gone", "nothome", "notpresent", "left", "leave", "leaving"}
    | {"lost", "taglost", "depart", "departed", "departure", "exit", "exited", "outofrange"}
    | {"unavailable", "removed", "disappeared", "invisible", "notvisible", "taggone", "tagexit"}
)
_NO = frozenset({"false", "no", "0", "off", "out"})


def says_gone(entry: Mapping[str, Any]) -> bool:
    """Whether an object, or one right in it, says that its tag has gone.

    >>> says_gone({"id": "C3:00:00:25:EF:6A", "state": "offline"}), says_gone({"presence": False})
    (True, True)
    >>> says_gone({"id": "C3:00:00:25:EF:6A", "rssi": -55, "type": "present"})
    False
    """
    inside = [value for value in entry.values() if isinstance(value, dict)]
    return any(_says(key, value) for each in (entry, *inside) for key, value in each.items())


def names_state(key: str) -> bool:
    """Whether a key is about the state that something is in."""
    return _plain(key) in _YES_OR_NO | _STATES


def _says(key: Any, value: Any) -> bool:
    if not isinstance(value, str | bool | int):
        return False
    name, word = _plain(str(key)), _plain(str(value)[:40])
    if name in _YES_OR_NO:
        return word in _NO or word in _GONE
    return name in _STATES and word in _GONE


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())

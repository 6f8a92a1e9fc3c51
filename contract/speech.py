"""What each kind of device may say, in one table. Whatever else comes in its name is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

DeviceKind = Literal["imu", "badge", "reader", "camera", "button", "door", "plc"]

SPEAKS: Mapping[DeviceKind, frozenset[str]] = {
    # A belt has a button on it, and so have many badges. What a badge is heard by is a reader.
    "imu": frozenset({"imu/1", "event/1"}),
    "badge": frozenset({"event/1"}),
    "button": frozenset({"event/1"}),
    # A turnstile is declared as either: it hears badges, and it tells who went through.
    "reader": frozenset({"reads/1", "door/1"}),
    "door": frozenset({"door/1", "reads/1"}),
    "camera": frozenset({"tracks/1"}),
    # An evacuation only where the site file says so, and only its beginning: `contract.standing`.
    "plc": frozenset({"zone_state/1", "evacuation/1"}),
}

REFUSED = "refused/1"
"""Of every device its agent may say that it is not understood."""


def may_say(kind: DeviceKind, message: str) -> bool:
    """Whether a device of a kind says such blocks at all."""
    return message == REFUSED or message in SPEAKS[kind]

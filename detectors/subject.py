"""Whom or what one detector state is about."""

from __future__ import annotations

from dataclasses import dataclass

from contract.site import Worn


@dataclass(frozen=True, slots=True)
class Subject:
    """What a detector may know of the device or person that it follows. No name, no number."""

    id: str
    device: str | None = None
    wearer: str | None = None
    roles: tuple[str, ...] = ()
    lone: bool = False
    worn: Worn | None = None

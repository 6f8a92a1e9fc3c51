"""Looks names up without being held by a resolver that hangs."""

from __future__ import annotations

import socket
from threading import Event, Lock, Thread
from typing import Any

Address = tuple[socket.AddressFamily, Any]
LOOK_UPS = 8
"""At a time, in all. One name has one, however many wait for it, and channels have few names."""
KEPT = 256
"""Names whose last good answer is remembered."""
SHARE = 0.5
"""Of the time that is left: after so much, an answer of before is better than none."""


class _LookUp:
    """One name being looked up, on a thread that nothing can interrupt, and nobody waits for."""

    def __init__(self) -> None:
        self.done = Event()
        self.found: list[Address] = []
        self.failure: OSError | None = None


_lock = Lock()
_under_way: dict[tuple[str, int], _LookUp] = {}
_known: dict[tuple[str, int], list[Address]] = {}


def addresses(host: str, port: int, within_s: float) -> list[Address]:
    """Return where a host is.

    While the resolver is silent, what it said of this name before counts.

    Raises
    ------
    OSError
        When the name is not known, or nobody says so in time.
    """
    key = (host, port)
    numeric = _ask_numeric(host, port)
    if numeric is not None:
        return numeric
    with _lock:
        look_up = _under_way.get(key)
        if look_up is None:
            if len(_under_way) >= LOOK_UPS:
                return _remembered(key, f"{len(_under_way)} names are being looked up already")
            look_up = _under_way[key] = _LookUp()
            thread = Thread(target=_run, args=(key, look_up), name=f"dns-{host}", daemon=True)
            thread.start()
    if not look_up.done.wait(within_s * SHARE if key in _known else within_s):
        return _remembered(key, f"{host} could not be looked up within {within_s:.1f} s")
    if look_up.failure is not None:
        raise look_up.failure
    return look_up.found


def remember(host: str, port: int, found: list[Address]) -> None:
    """Keep an answer for a time when there is none."""
    if len(_known) >= KEPT:
        _known.clear()
    _known[host, port] = found


def forget() -> None:
    """Keep nothing."""
    _known.clear()


def _run(key: tuple[str, int], look_up: _LookUp) -> None:
    try:
        look_up.found = _ask(*key)
        remember(*key, look_up.found)
    except (OSError, UnicodeError) as error:
        look_up.failure = error if isinstance(error, OSError) else OSError(f"{key[0]}: {error}")
    finally:
        with _lock:
            _under_way.pop(key, None)
        look_up.done.set()


def _ask_numeric(host: str, port: int) -> list[Address] | None:
    try:
        return _ask(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None  # a name


def _ask(host: str, port: int, flags: int = 0) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in found]


def _remembered(key: tuple[str, int], why: str) -> list[Address]:
    known = _known.get(key)
    if known is None:
        raise TimeoutError(why)
    return known

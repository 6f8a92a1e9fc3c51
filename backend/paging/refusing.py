"""Receivers that did not take the newest page: they are asked again, but not by everybody at once.

Who answers 429, or nothing at all, is not helped by three hundred retries, and each of them costs
time that first pages want. So such a receiver gets one retry a second until it takes a page; then
all that waits goes out. First tries are not held back: nobody knows yet that theirs is not taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from contract.instants import ns

PROBE_S = 1.0


@dataclass
class Refusing:
    """Which receivers of which channel. Safe for threads.

    >>> refusing = Refusing()
    >>> refusing.heard("mail", "karin@hall7.example", taken=False, now_ns=ns(10))
    >>> refusing.most_retries("mail", ns(10.5)), refusing.most_retries("mail", ns(11))
    ({'karin@hall7.example': 0}, {'karin@hall7.example': 1})
    >>> refusing.heard("mail", "karin@hall7.example", taken=True, now_ns=ns(11.1))
    >>> refusing.most_retries("mail", ns(11.2))
    {}
    """

    _since_ns: dict[tuple[str, str | None], int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def heard(self, channel: str, receiver: str | None, *, taken: bool, now_ns: int) -> None:
        """Take up how a hand-off to a receiver ended."""
        with self._lock:
            if taken:
                self._since_ns.pop((channel, receiver), None)
            else:
                self._since_ns[channel, receiver] = now_ns

    def most_retries(self, channel: str, now_ns: int) -> Mapping[str | None, int]:
        """Return how many retries at a time each receiver of a channel may have, who is limited.

        A clock that was set, in whichever direction, lets the next one go.
        """
        with self._lock:
            return {
                receiver: int(abs(now_ns - since_ns) >= ns(PROBE_S))
                for (name, receiver), since_ns in self._since_ns.items()
                if name == channel
            }

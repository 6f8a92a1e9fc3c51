"""The gateway's errors. What a device sends is never one: it is data, and refused."""

from __future__ import annotations


class GatewayError(Exception):
    """The base of every error of this package."""


class BrokerError(GatewayError):
    """The broker's table cannot work on this machine: a certificate that is not there, say."""


class StoreError(GatewayError):
    """Nothing could be written. Whoever asked must not acknowledge."""

    def __init__(self, message: str, *, full: bool) -> None:
        self.full = full
        """The disk, or the room given to the database, is used up."""
        super().__init__(message)


class ExchangeError(GatewayError):
    """A request brought no whole answer."""


class UnreachableError(ExchangeError):
    """Nobody took the connection."""

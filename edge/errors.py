"""The edge's errors. What a device sends is never one: it is refused, counted and logged."""

from __future__ import annotations


class EdgeError(Exception):
    """The base of every error of this package. Its text is one sentence for a technician."""


class UnknownAgentError(EdgeError):
    """The site file has no agent of this name."""


class SpoolInUseError(EdgeError):
    """Another process has the spool open. Two agents on one spool would number blocks alike."""


class BrokerError(EdgeError):
    """The broker's table cannot work on this machine: a certificate that is not there, say."""


class SensorError(EdgeError):
    """A driver's settings cannot work on this machine: a file that is not there, for instance."""

"""The core's errors. What a device sends is never one: it is data."""

from __future__ import annotations


class DetectorError(Exception):
    """The base of every error of this package."""

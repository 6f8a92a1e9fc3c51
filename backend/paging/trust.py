"""Whom a channel trusts: the certificate authorities of this machine."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def trusted() -> ssl.SSLContext:
    """Return the one TLS context of this process.

    Reading the authorities takes some 40 ms of CPU, which a page to a person on the floor has not
    got to give away: measured, it was two thirds of what a webhook page cost.
    """
    return ssl.create_default_context()

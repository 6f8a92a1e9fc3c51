"""Whom a channel trusts: the certificate authorities of this machine."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def trusted() -> ssl.SSLContext:
    """Return the one TLS context of this process.

    Reading the authorities takes some 20 ms of CPU (`ssl.create_default_context`, timed on our
    machines), which a page about a person on the floor has not got to give away.
    """
    return ssl.create_default_context()

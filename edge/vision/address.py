"""Where a camera is, with its password when it is opened, and without when it is told."""

from __future__ import annotations

import os
import re
from urllib.parse import quote, urlsplit, urlunsplit

PASSWORD = "FLOORWATCH_CAMERA_PASSWORD"
_CREDENTIALS = re.compile(r"(?<=://)[^/\s'\"]*@")


def password_of(device: str) -> str | None:
    """Return a camera's password: from a variable of its own, or from the one of all cameras."""
    own = f"{PASSWORD}_{device.upper().replace('-', '_')}"
    return os.environ.get(own) or os.environ.get(PASSWORD)


def with_credentials(url: str, username: str | None, password: str | None) -> str:
    """Return the address as it is opened.

    >>> with_credentials("rtsp://10.0.0.8/stream1", "viewer", "a/b")
    'rtsp://viewer:a%2Fb@10.0.0.8/stream1'
    """
    if username is None:
        return url
    parts = urlsplit(url)
    who = quote(username, safe="") + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{who}@{parts.netloc.rpartition('@')[2]}"))


def told(url: str) -> str:
    """Return an address, or a text with one in it, as it may be logged.

    >>> told("rtsp://viewer:secret@10.0.0.8/stream1")
    'rtsp://10.0.0.8/stream1'
    """
    return _CREDENTIALS.sub("", url)


def has_password(url: str) -> bool:
    """Whether an address carries a password in the open."""
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return False

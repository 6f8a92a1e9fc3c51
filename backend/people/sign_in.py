"""The printed link that signs a browser in: made from the backend's secret, nothing is stored."""

from __future__ import annotations

import secrets
from pathlib import Path

from itsdangerous import URLSafeSerializer

from contract.instants import NS_PER_S
from host import private_file

LINK_S = 12 * 3600
"""How long a printed link lets browsers in. It stands in a terminal's scroll-back and in a file."""
SIGN_IN_FILE = "sign-in.url"
"""In the backend's folder, for its owner's eyes."""
PATH = "/sign-in/"


def sign_in_url(secret: str, base_url: str, now_ns: int) -> str:
    """Return a new address that lets browsers in, for `LINK_S`."""
    expires_s = now_ns // NS_PER_S + LINK_S
    token = signer(secret).dumps([secrets.token_urlsafe(9), expires_s])
    return f"{base_url.rstrip('/')}{PATH}{token!s}"


def signer(secret: str) -> URLSafeSerializer:
    """Return what signs and reads the token of such an address."""
    return URLSafeSerializer(secret, salt="sign-in/1")


def write_sign_in(folder: Path, url: str) -> None:
    """Keep an address in the backend's folder, where only its owner reads it."""
    private_file.write(folder / SIGN_IN_FILE, url)


def base_url_of(folder: Path) -> str:
    """Return where the backend of a folder is opened, as it said at its start.

    Raises
    ------
    OSError
        When none has started there, or the file is somebody else's.
    """
    return (folder / SIGN_IN_FILE).read_text(encoding="utf-8").partition(PATH)[0]

"""Whether a phone could open a link that begins with an address. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

HERE = ("localhost", "localhost.localdomain", "ip6-localhost")
"""Names of the machine itself: on a phone they name the phone."""


def unopenable(url: str) -> str | None:
    """Return why no phone can open links that begin with `url`, or None when one might.

    >>> unopenable("https://floorwatch.example")
    >>> unopenable("http://0.0.0.0:8000")
    '0.0.0.0 names no machine'
    >>> unopenable("8000")
    'it has no http:// or https:// before it'
    """
    if any(letter.isspace() for letter in url):
        return "it has white space in it"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it cannot be read as an address"
    if parts.scheme not in ("http", "https") or not url.lower().startswith(f"{parts.scheme}://"):
        return "it has no http:// or https:// before it"
    if not host:
        return "it names no host"
    if parts.query or parts.fragment:
        return "it has a ? or # in it, and the link's own path would come after that"
    return _nowhere(host)


def _nowhere(host: str) -> str | None:
    name = host.rstrip(".")
    if name in HERE or name.endswith(".localhost"):
        return f"on a phone, {name} is the phone itself"
    address = _address(name)
    if address is None:
        return None
    if address.is_loopback:
        return f"on a phone, {name} is the phone itself"
    if address.is_unspecified:
        return f"{name} names no machine"
    if address.is_multicast or address.is_link_local:
        return f"{name} cannot be reached from another network"
    return None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        # Browsers read a plain number as an address: http://0/ is http://0.0.0.0/.
        found = ip_address(int(host) if host.isascii() and host.isdigit() else host)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped if isinstance(mapped, IPv4Address) else found

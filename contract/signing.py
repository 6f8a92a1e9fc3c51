"""Signatures between agents and gateway: the broker between them can lose messages, not make them.

A signed message is its JSON, a line feed and one line of a fixed length: `signed/1` and 64 hex
digits. So the JSON is not escaped a second time, and `mosquitto_sub` still shows it. The digits are
keyed BLAKE2b (RFC 7693) over site, agent, stream and the exact bytes of the JSON: a signature
is good on one topic only, and each stream has one direction.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error, unhexlify
from hashlib import blake2b
from hmac import compare_digest

from contract.errors import KeyFileError

KEY_BYTES = 32
DIGEST_BYTES = 32
MARK = b"\nsigned/1 "
TRAILER_BYTES = len(MARK) + 2 * DIGEST_BYTES
_DOMAIN = b"floorwatch/1"
OPEN_TO_OTHERS = 0o077
"""Bits of a file's mode that let somebody else read or change it."""


class Seal:
    """Signs and checks the messages of one topic.

    >>> seal = Seal(bytes(32), "dock-7", "edge-1", "ack")
    >>> seal.body_of(seal.sign(b"{}"))
    b'{}'
    >>> Seal(bytes(32), "dock-7", "edge-2", "ack").body_of(seal.sign(b"{}")) is None
    True
    """

    __slots__ = ("_begun",)

    def __init__(self, key: bytes, site: str, agent: str, stream: str) -> None:
        # No name holds a NUL, so no two topics are written alike.
        self._begun = blake2b(
            "\0".join((site, agent, stream, "")).encode(),
            digest_size=DIGEST_BYTES,
            key=key,
            person=_DOMAIN,
        )

    def sign(self, body: bytes) -> bytes:
        """Return the message with its signature behind it."""
        return b"".join((body, MARK, self._digest(body)))

    def body_of(self, payload: bytes) -> bytes | None:
        """Return the message without its signature; None if that is not of our key and topic."""
        body, signature = split(payload)
        if signature is None or not compare_digest(self._digest(body), signature):
            return None
        return body

    def _digest(self, body: bytes) -> bytes:
        hashing = self._begun.copy()
        hashing.update(body)
        return hashing.hexdigest().encode()


def split(payload: bytes) -> tuple[bytes, bytes | None]:
    """Return a message and its signature, unchecked; None where it has none.

    >>> split(b"{}")
    (b'{}', None)
    """
    at = len(payload) - TRAILER_BYTES
    if at < 0 or payload[at : at + len(MARK)] != MARK:
        return payload, None
    return payload[:at], payload[at + len(MARK) :]


def key_from(text: str, mode: int, told: str) -> bytes:
    """Return the key that a file holds: 32 random bytes as hex or base64.

    Parameters
    ----------
    mode
        The file's, as `stat` says.
    told
        How a person would point at the file.

    Raises
    ------
    KeyFileError
        When others could read it, or it holds no key.
    """
    if mode & OPEN_TO_OTHERS:
        raise KeyFileError(f"{told} can be read by others; chmod 600 it, and make a new key")
    written = "".join(text.split())
    key = _hex(written) or _base64(written)
    if key is None or len(key) != KEY_BYTES:
        raise KeyFileError(f"{told} holds no key: {KEY_BYTES} bytes as hex or base64 are wanted")
    return key


def _hex(written: str) -> bytes | None:
    try:
        return unhexlify(written) if len(written) == 2 * KEY_BYTES else None
    except (Error, ValueError):
        return None


def _base64(written: str) -> bytes | None:
    try:
        return b64decode(written, validate=True)
    except (Error, ValueError):
        return None

"""How good a secret is that a person chose. Pure; it never repeats the secret."""

from __future__ import annotations

SHORTEST = 32
"""Characters. 24 random bytes as base64 have as many: nobody guesses them."""
FEWEST_DIFFERENT = 8
"""Of 200,000 random secrets of 32 hexadecimal digits none had fewer different ones."""
TELLTALE = ("changeme", "change-me", "password", "secret", "floorwatch", "example", "12345678")
MAKE_ONE = "openssl rand -hex 24"


def weakness(secret: str) -> str | None:
    """Return what makes a secret easy to guess, or None.

    >>> weakness("hunter2")
    'has 7 characters; 32 are wanted'
    >>> weakness("ab" * 20)
    'repeats few characters'
    >>> weakness("3Jt0r9Qm-changeme-8sKq1Lx7Vd2Zw5")
    'holds the word "changeme"'
    """
    if len(secret) < SHORTEST:
        return f"has {len(secret)} characters; {SHORTEST} are wanted"
    if len(set(secret)) < FEWEST_DIFFERENT:
        return "repeats few characters"
    found = next((word for word in TELLTALE if word in secret.lower()), None)
    return f'holds the word "{found}"' if found else None

"""Ends a refusal with what was meant perhaps."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a suggestion to end a sentence with.

    >>> did_you_mean("loading-bey", ["loading-bay", "tank-farm"])
    '; did you mean "loading-bay"?'
    """
    names = sorted(set(known))
    close = get_close_matches(name, names, n=1)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; there are: {', '.join(names)}" if names else "; there are none"

"""One spelling of what readers hear: site file, drivers, tags given in the console, recordings.

A tag is written in as many ways as there are makers: `AC:23:3F:A0:18:E7`, `ac-23-3f-a0-18-e7`,
`AC233FA018E7`, `ac23.3fa0.18e7`; `E280 1160 6000 020A`, `0xE28011606000020A`. Two spellings of one
tag never match by chance, so all that names a tag goes through `tag`. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SEPARATORS = re.compile(r"[\s:.-]+")
_HEX = re.compile(r"(?:0x)?([0-9a-f]+)")
_GROUPS = re.compile(r"[0-9a-f]{2,}(?:[\s:.-]+[0-9a-f]{2,})+")
MAC_DIGITS = 12
EPC_DIGITS = 16
"""Fewer hex digits in groups may be a card's number, whose groups are left as they are."""


@lru_cache(maxsize=8192)
def tag(text: str) -> str:
    """Return the one spelling of a tag's name; what is neither MAC nor EPC in lower case.

    Twelve hex digits are a MAC, whatever stands between them.

    >>> {tag(t) for t in ("AC233FA018E7", "ac-23-3f-a0-18-e7", "AC:23:3F:A0:18:E7")}
    {'ac:23:3f:a0:18:e7'}
    >>> tag("E280 1160 6000 020A"), tag("0xE28011606000020A"), tag("Card-0451-2337")
    ('e28011606000020a', 'e28011606000020a', 'card-0451-2337')
    """
    text = text.strip().lower()
    whole = _HEX.fullmatch(text)
    if whole is not None:
        digits = whole[1]
    elif _GROUPS.fullmatch(text):
        digits = _SEPARATORS.sub("", text)
        if len(digits) < EPC_DIGITS and not _is_mac(digits, text):
            return text
    else:
        return text
    if len(digits) == MAC_DIGITS:
        return ":".join(digits[i : i + 2] for i in range(0, MAC_DIGITS, 2))
    return digits


def _is_mac(digits: str, text: str) -> bool:
    groups = _SEPARATORS.split(text)
    return len(digits) == MAC_DIGITS and len({len(group) for group in groups}) == 1

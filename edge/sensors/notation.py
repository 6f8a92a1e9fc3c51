"""How vendors write tags, times and levels, brought into the contract's units. Pure.

Each function takes whatever JSON can hold. `Epc`, `Mac`, `Instant` and the like are those functions
as types, so that a vendor's shape reads as a table of its fields.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contract import spelling
from contract.instants import NS_PER_S

UNREADABLE_NS = 0
"""Stands for a time that was given and means nothing: 1970 is never believed."""
MAX_EPC_BYTES = 62
"""The EPC bank of a Gen2 tag holds no more (496 bits)."""
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_PREFIXED = re.compile(r"0[xX][0-9a-fA-F]+")
BASE64_OF_96_BITS = 16
"""Characters. One in two thousand such texts begins with 0x or 0X by chance."""
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,12}))?"
    r"(?:(Z|z)|([+-])(\d\d):?(\d\d))"
)
_SCALES_NS = ((10**11, NS_PER_S), (10**14, 10**6), (10**17, 10**3), (2**63, 1))
"""Numbers below the first mean seconds since 1970, then milli-, micro- and nanoseconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epc_from_hex(given: Any) -> str:
    """Return an EPC written in hex as lower-case hex.

    >>> epc_from_hex("E280 1160 6000 020A")
    'e28011606000020a'
    """
    text = re.sub(r"[\s-]", "", _text(given)).removeprefix("0x").removeprefix("0X").lower()
    if not re.fullmatch(rf"(?:[0-9a-f]{{2}}){{1,{MAX_EPC_BYTES}}}", text):
        raise ValueError(f"{text[:40]!r} is not an EPC in hex")
    return text


def epc_from_base64(given: Any) -> str:
    """Return an EPC written in base64, of either alphabet, padded or not, as lower-case hex.

    >>> epc_from_base64("ikUCJA=="), epc_from_base64("_-8")
    ('8a450224', 'ffef')
    """
    text = _text(given).strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{text[:40]!r} is not an EPC in base64") from None
    if not 1 <= len(raw) <= MAX_EPC_BYTES:
        raise ValueError(f"an EPC of {len(raw)} bytes; 1 to {MAX_EPC_BYTES} are possible")
    return raw.hex()


def epc(given: Any) -> str:
    """Return an EPC in hex or base64, whichever it is, as lower-case hex.

    Hex digits of one case are hex, and an EPC is whole words of them: a 96-bit EPC in base64
    looks so by chance once in billions.

    >>> epc("7EDA9038051002710002C0AE") == epc("ftqQOAUQAnEAAsCu")
    True
    """
    text = _text(given).strip()
    if re.search(r"\s", text) or (_PREFIXED.fullmatch(text) and len(text) != BASE64_OF_96_BITS):
        return epc_from_hex(text)
    if not _HEX.fullmatch(text):
        return epc_from_base64(text)
    if len(text) % 4:
        raise ValueError(f"an EPC of {len(text)} hex digits; whole words of four are wanted")
    return epc_from_hex(text)


def mac(given: Any) -> str:
    """Return a MAC address as `aa:bb:cc:dd:ee:ff`.

    >>> mac("C3000025EF6A")
    'c3:00:00:25:ef:6a'
    """
    text = spelling.tag(_text(given))
    if not _MAC.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a MAC address")
    return text


def credential(given: Any) -> str:
    """Return a card's number as the contract writes tags: lower case, hyphens for what is odd.

    >>> credential("Card 0451/2337"), credential(4512337)
    ('card-0451-2337', '4512337')
    """
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueError(f"a credential is text or a whole number, not {type(given).__name__}")
    text = re.sub(r"[^0-9a-z:_-]+", "-", _digits(given).strip().lower()).strip("-:_")
    if not 1 <= len(text) <= 128:
        raise ValueError(f"a credential of {len(text)} letters and digits; 1 to 128 are possible")
    return text


def instant_ns(given: Any) -> int | None:
    """Return a time as UTC nanoseconds: ISO 8601 with its zone, or a count since 1970.

    None if there is none; `UNREADABLE_NS` for what is no time, because a tag is not to be lost
    for its reader's clock.

    >>> instant_ns("2026-02-26T17:13:37.432087177Z"), instant_ns(1746700000000)
    (1772126017432087177, 1746700000000000000)
    """
    if given is None or given == "":
        return None
    if isinstance(given, str):
        found = _ISO.fullmatch(given.strip())
        if found:
            return _iso_ns(found)
        given = _number(given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        return UNREADABLE_NS
    scale_ns = next((scale for below, scale in _SCALES_NS if 0 < given < below), None)
    at_ns = UNREADABLE_NS if scale_ns is None else round(given * scale_ns)
    return at_ns if at_ns < 2**63 else UNREADABLE_NS


def decimal(text: str) -> str:
    """Return a number as a program reads it: a reader may be set to a decimal comma.

    >>> decimal("-38,00"), decimal("-38.00")
    ('-38.00', '-38.00')
    """
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def level_dbm(given: Any, per_dbm: int = 1) -> float | None:
    """Return a level in dBm, or None for what no receiver measures: the tag was heard all the same.

    >>> level_dbm(-7000, 100), level_dbm("-65"), level_dbm(127)
    (-70.0, -65.0, None)
    """
    if isinstance(given, str):
        given = _number(given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    if not -150 * per_dbm <= given <= 30 * per_dbm:
        return None
    return given / per_dbm


def metres(given: Any) -> float | None:
    """Return a length, or None for what is no place on any floor."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return float(given) if abs(given) <= 1e6 else None


def point(given: Any) -> str:
    """Return an antenna's or receiver's name as the site file writes it; "1" if there is none."""
    if given is None or given == "":
        return "1"
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueError(f"an antenna is a number or a name, not {type(given).__name__}")
    return _digits(given).strip()[:63] or "1"


def name(given: Any) -> str | None:
    """Return what a reader calls itself, or None if it says nothing of use."""
    if isinstance(given, bool) or not isinstance(given, str | int):
        return None
    return _digits(given).strip()[:200] or None


class Shape(BaseModel):
    """A vendor's object: its fields in camelCase, what we have no use for ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )


HexEpc = Annotated[str, BeforeValidator(epc_from_hex)]
AnyEpc = Annotated[str, BeforeValidator(epc)]
Mac = Annotated[str, BeforeValidator(mac)]
Instant = Annotated[int | None, BeforeValidator(instant_ns)]
Told = Annotated[
    Instant,
    Field(validation_alias=AliasChoices("timestamp", "unixtime", "UTCtime", "utcTime", "time")),
]
"""When a Bluetooth gateway heard it, under any of the names that they have for it."""
Dbm = Annotated[float | None, BeforeValidator(level_dbm)]
DeciDbm = Annotated[float | None, BeforeValidator(partial(level_dbm, per_dbm=10))]
CentiDbm = Annotated[float | None, BeforeValidator(partial(level_dbm, per_dbm=100))]
Metres = Annotated[float | None, BeforeValidator(metres)]
Point = Annotated[str, BeforeValidator(point)]
Name = Annotated[str | None, BeforeValidator(name)]


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise ValueError(f"text is wanted, not {type(given).__name__}")
    return given


def _digits(given: str | int) -> str:
    # A number of thousands of digits is refused by `str`, with ValueError, which is right here.
    return given if isinstance(given, str) else str(given)


def _number(text: str) -> float | int | None:
    try:
        if re.fullmatch(r"\s*[+-]?\d{1,20}\s*", text):
            return int(text)
        return float(decimal(text))
    except ValueError:
        return None


def _iso_ns(found: re.Match[str]) -> int:
    *whole, fraction, _utc, sign, hours, minutes = found.groups()
    try:
        behind = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-behind if sign == "-" else behind)
        year, month, day, hour, minute, second = (int(part) for part in whole)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        since = moment - _EPOCH
    except (ValueError, OverflowError):
        return UNREADABLE_NS
    nanoseconds = int((fraction or "0").ljust(9, "0")[:9])
    at_ns = (since.days * 86_400 + since.seconds) * NS_PER_S + nanoseconds
    return at_ns if 0 < at_ns < 2**63 else UNREADABLE_NS

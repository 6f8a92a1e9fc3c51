"""`application/problem+json` (RFC 9457): how our API says no, and which no may be believed.

Anything between gateway and backend can answer 400: a proxy, a captive portal, a web server that
took the port. So a status settles nothing. Only a `Problem` that is marked as a refusal, names the
claim and repeats the digest of the very bytes that were sent is the backend's own word on it.
"""

from __future__ import annotations

import re
from hashlib import sha256
from http import HTTPStatus

from pydantic import Field, ValidationError

from contract.message import Message

MEDIA_TYPE = "application/problem+json"
OURS = "problem/1"
"""The marker of every error of our API: it could not be done, now or as it was asked for."""
REFUSAL = "refusal/1"
"""The marker of a refusal for good: the same bytes will never be taken."""
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Problem(Message):
    """What every 4xx and 5xx of our API answers. `error` and `hint` are older than RFC 9457."""

    type: str = Field(
        "about:blank",
        description="Which error, as a URI",
        examples=["urn:floorwatch:problem:unknown"],
    )
    title: str = Field("", description="The same in words", examples=["Unknown"])
    status: int = Field(0, description="The HTTP status again", examples=[404])
    detail: str = Field(description="What is wrong", examples=["there is no incident 17"])
    error: str = Field(description="The error's name, for programs", examples=["UnknownError"])
    hint: str | None = Field(None, description="What to do about it")
    floorwatch: str | None = Field(
        None, description=f"`{REFUSAL}` if the same body will never be taken, else `{OURS}`"
    )
    about: str | None = Field(None, description="Of a refusal: the detection's id")
    digest: str | None = Field(None, description="Of a refusal: SHA-256 of the body, in hex")


def problem(
    status: int,
    error: str,
    detail: str,
    hint: str | None = None,
    refused: tuple[str, bytes] | None = None,
) -> Problem:
    """Return an error as our API answers it.

    Parameters
    ----------
    refused
        For a refusal: the id of the claim, and the body that will never be taken.

    Examples
    --------
    >>> told = problem(404, "UnknownError", "there is no incident 17")
    >>> told.type, told.title, told.floorwatch
    ('urn:floorwatch:problem:unknown', 'Unknown', 'problem/1')
    """
    words = _WORDS.split(error.removesuffix("Error")) or [HTTPStatus(status).phrase]
    about, body = refused or (None, b"")
    return Problem(
        type=f"urn:floorwatch:problem:{'-'.join(words).lower()}",
        title=" ".join(words).capitalize(),
        status=status,
        detail=detail,
        error=error,
        hint=hint,
        floorwatch=REFUSAL if refused else OURS,
        about=about,
        digest=digest(body) if refused else None,
    )


def digest(body: bytes) -> str:
    """Return what a refusal repeats, so that it is about these bytes and no others."""
    return sha256(body).hexdigest()


def believed(
    status: int, media_type: str, answer: bytes, about: str, sent: bytes
) -> Problem | None:
    """Return the refusal that an answer is, or None when it may not be taken for one.

    Parameters
    ----------
    status, media_type, answer
        What came back.
    about, sent
        The id of the claim, and the body as it was sent.
    """
    if not 400 <= status < 500 or media_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        return None
    try:
        told = Problem.model_validate_json(answer)
    except ValidationError:
        return None
    meant = (REFUSAL, status, about, digest(sent))
    return told if (told.floorwatch, told.status, told.about, told.digest) == meant else None

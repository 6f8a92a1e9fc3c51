"""Signed links that acknowledge: one page's, one incident's, one person's."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.database.tables import AcknowledgementRow, PageRow
from backend.errors import ExpiredLinkError, ForgedLinkError
from backend.paging.page import Purpose
from contract.instants import NS_PER_S, Clock, ns
from host import private_file

SECRET = "FLOORWATCH_SECRET"
SECRET_FILE = "link.secret"
LIFE_S = 72 * 3600
"""How long a link acts. Longer than any incident should stay open, shorter than a mailbox."""
_FORGED = "This link was not made by this Floorwatch, or part of it is missing."
_HINT = "Open it from the page itself, or acknowledge in the console."


@dataclass(frozen=True)
class OpenedLink:
    """What a link is for. `key` makes its acknowledgement one, however often it is sent."""

    page: int
    incident: int
    person: str
    key: str
    discreet: bool = False
    """A call of the last resort that they have not taken: nobody in it is shown."""

    @property
    def name(self) -> str:
        """What the record calls it."""
        return f"the link of page {self.page}"


class Linked(Protocol):
    """What a link is made of: a row of the table, or as much of it as somebody has read."""

    id: Any
    incident_id: Any
    token: Any
    created_ns: Any


class Links:
    """Makes and opens links. Opening acts on nothing."""

    def __init__(self, database: Database, secret: str, base_url: str, clock: Clock) -> None:
        self._database = database
        self._signer = URLSafeSerializer(secret, salt="acknowledge/1")
        self._base_url = base_url.rstrip("/")
        self._clock = clock

    def url(self, page: Linked) -> str:
        """Return the address that acknowledges this page."""
        return f"{self._base_url}/a/{self.token(page)}"

    def token(self, page: Linked) -> str:
        """Return the signed part of the address."""
        expires_s = (page.created_ns + ns(LIFE_S)) // NS_PER_S
        return str(self._signer.dumps([page.id, page.incident_id, page.token, expires_s]))

    def open(self, token: str) -> OpenedLink:
        """Return what a token is for.

        Raises
        ------
        ForgedLinkError
            When it was not signed here, or its page is not in this database.
        ExpiredLinkError
            When it is too old.
        """
        try:
            page_id, incident_id, nonce, expires_s = self._signer.loads(token)
        except (BadSignature, ValueError, TypeError):
            raise ForgedLinkError(_FORGED, hint=_HINT) from None
        with self._database.read() as session:
            page = session.get(PageRow, page_id)
            if page is None or (page.incident_id, page.token) != (incident_id, nonce):
                raise ForgedLinkError(_FORGED, hint=_HINT)
            person = page.person
            discreet = page.purpose == Purpose.LAST_RESORT and not _took(session, page)
        if self._clock() > ns(expires_s):
            raise ExpiredLinkError(f"This link is older than {LIFE_S // 3600} hours.", hint=_HINT)
        return OpenedLink(
            page=page_id,
            incident=incident_id,
            person=person,
            key=f"link-{nonce}",
            discreet=discreet,
        )


def _took(session: Session, page: PageRow) -> bool:
    """Whether whoever was paged has ever taken the incident."""
    taken = select(AcknowledgementRow.id).where(
        AcknowledgementRow.incident_id == page.incident_id,
        AcknowledgementRow.person == page.person,
        AcknowledgementRow.answer.in_(("acknowledge", "on-scene")),
    )
    return session.scalars(taken).first() is not None


def link_secret(state_dir: Path) -> str:
    """Return the secret that links are signed with: from the environment, or made once and kept."""
    given = os.environ.get(SECRET)
    if given:
        return given
    return private_file.make_once(state_dir / SECRET_FILE, secrets.token_urlsafe(32))

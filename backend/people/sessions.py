"""Console sessions: until there is sign-in, a browser is let in by a link that the host printed.

Whoever can read the terminal or the state folder of the backend may let a browser in; whoever can
only reach its port may not. A session is not yet a person: its user says once who they are, and
acts as that person until they change it. Both are on the record of accesses.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from threading import Lock

from itsdangerous import BadSignature
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Transaction

from backend.database.connection import Database
from backend.database.keys import ACCESS, of_session
from backend.database.tables import ConsoleSessionRow
from backend.errors import ContradictionError, ExpiredLinkError, ForgedLinkError, UnknownError
from backend.people.directory import everybody, person_name, require_person
from backend.people.sign_in import LINK_S, sign_in_url, signer
from backend.timeline.access import note_access
from contract.instants import Clock, ns

BROWSERS = 20
"""How many browsers one link lets in: a control room and its people, not a leaked address's."""
SESSION_S = 12 * 3600
"""A shift, and some overtime."""
_HINT = "Print a new one on the backend's machine: floorwatch sign-in FOLDER"


@dataclass(frozen=True)
class ConsoleSession:
    """A browser that was let in. `person` is who its user has said that they are."""

    id: int
    expires_ns: int
    csrf: str
    person: str | None = None
    person_name: str | None = None

    @property
    def name(self) -> str:
        """What the record calls it."""
        return f"console session {self.id}"


class ConsoleSessions:
    """Makes and opens printed links, and keeps the sessions that they begin."""

    def __init__(
        self, database: Database, secret: str, site: str, base_url: str, clock: Clock
    ) -> None:
        self._database = database
        self._secret = secret
        self._key = hashlib.sha256(b"csrf/1" + secret.encode()).digest()
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._lock = Lock()
        self._ended: set[int] = set()
        self.cookie_name = f"floorwatch-{site}"
        """Browsers send a cookie to every port of a host: two sites on one have one each."""

    def new_link(self) -> str:
        """Return an address that lets browsers in, for `LINK_S`. Nothing is stored."""
        return sign_in_url(self._secret, self._base_url, self._clock())

    def check_link(self, token: str) -> None:
        """Look whether a printed link lets anybody in. Acts on nothing.

        Raises
        ------
        ForgedLinkError
            When it was not signed here.
        ExpiredLinkError
            When it is too old, or has let in as many browsers as it may.
        """
        with self._database.read() as transaction:
            self._check(transaction, token)

    def begin(self, token: str) -> tuple[str, ConsoleSession]:
        """Let a browser in by a printed link; return its cookie and the session.

        Raises
        ------
        ForgedLinkError, ExpiredLinkError
            As `check_link`.
        """
        cookie, now_ns = secrets.token_urlsafe(32), self._clock()
        with self._database.write(ACCESS) as transaction:
            row = ConsoleSessionRow(
                cookie=_hash(cookie),
                link=self._check(transaction, token),
                begun_ns=now_ns,
                expires_ns=now_ns + ns(SESSION_S),
                ended_ns=None,
                person=None,
            )
            transaction.add(row)
            transaction.flush()
            session = self._view(transaction, row)
            note_access(transaction, now_ns, session.name, "signed-in", {})
        return cookie, session

    def find(self, cookie: str | None) -> ConsoleSession | None:
        """Return the session that a browser's cookie names, while it holds."""
        if not cookie:
            return None
        with self._database.read() as transaction:
            row = self._row(transaction, cookie)
            return self._view(transaction, row) if row is not None else None

    def holds(self, session: ConsoleSession) -> bool:
        """Whether it has neither expired nor been ended by this process. Reads no database."""
        return session.expires_ns > self._clock() and session.id not in self._ended

    def people(self) -> dict[str, str]:
        """Return id → name of everybody whom a session's user may be."""
        with self._database.read() as transaction:
            return everybody(transaction)

    def become(self, session: ConsoleSession, person: str) -> ConsoleSession:
        """Say who the user is, or that it is somebody else now. It is put on record.

        Raises
        ------
        UnknownError
            When nobody is called so, or the session is over.
        """
        with self._database.write(of_session(session.id)) as transaction:
            row = transaction.get(ConsoleSessionRow, session.id)
            if row is None or row.ended_ns is not None:
                raise UnknownError("this session is over")
            require_person(transaction, person)
            if row.person != person:
                details = {"person": person, "before": row.person}
                note_access(transaction, self._clock(), session.name, "acts-as", details)
                row.person = person
            return self._view(transaction, row)

    def acting(self, session: ConsoleSession, person: str) -> ConsoleSession:
        """Return the session as whom it acts: asked for the first time, `person` holds from now on.

        Raises
        ------
        UnknownError
            When nobody is called so.
        ContradictionError
            When it acts as somebody else already: that is changed by `become`, not in passing.
        """
        if session.person is None:
            return self.become(session, person)
        if person and person != session.person:
            raise ContradictionError(
                f"you are {session.person_name} in this session; change that at the top of the page"
            )
        return session

    def end(self, session: ConsoleSession) -> None:
        """Let the browser in no more."""
        with self._database.write(of_session(session.id)) as transaction:
            row = transaction.get_one(ConsoleSessionRow, session.id)
            if row.ended_ns is None:
                row.ended_ns = self._clock()
                note_access(transaction, row.ended_ns, session.name, "signed-out", {})
        with self._lock:
            self._ended = self._ended | {session.id}

    def same_form(self, session: ConsoleSession, csrf: str) -> bool:
        """Whether a form was made for this session."""
        return hmac.compare_digest(session.csrf.encode(), csrf.encode())

    def _check(self, transaction: Transaction, token: str) -> str:
        try:
            nonce, expires_s = signer(self._secret).loads(token)
        except (BadSignature, ValueError, TypeError):
            raise ForgedLinkError(
                "this link was not made by this Floorwatch, or part of it is missing", hint=_HINT
            ) from None
        if self._clock() >= ns(expires_s):
            raise ExpiredLinkError(f"this link is older than {LINK_S // 3600} hours", hint=_HINT)
        link = _hash(str(nonce))
        used = select(func.count()).select_from(ConsoleSessionRow).filter_by(link=link)
        if (transaction.scalar(used) or 0) >= BROWSERS:
            raise ExpiredLinkError(f"this link has let in {BROWSERS} browsers", hint=_HINT)
        return link

    def _row(self, transaction: Transaction, cookie: str) -> ConsoleSessionRow | None:
        row = transaction.scalars(select(ConsoleSessionRow).filter_by(cookie=_hash(cookie))).first()
        if row is None or row.ended_ns is not None or row.expires_ns <= self._clock():
            return None
        return row

    def _view(self, transaction: Transaction, row: ConsoleSessionRow) -> ConsoleSession:
        return ConsoleSession(
            id=row.id,
            expires_ns=row.expires_ns,
            csrf=hmac.new(self._key, row.cookie.encode(), "sha256").hexdigest()[:32],
            person=row.person,
            person_name=person_name(transaction, row.person) if row.person else None,
        )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

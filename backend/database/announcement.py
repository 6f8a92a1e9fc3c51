"""What a transaction has to say to the rest of its process, once it is durable.

Whoever writes a row that somebody waits for says so beside the row. So nobody who writes one can
forget it, and nobody is woken by a transaction that has written none.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

_SAID = "announced"
"""Under this name a session keeps what it will say."""


def announce(session: Session, what: str) -> None:
    """Let `Database.after_writing[what]` be told after this transaction's commit.

    A rollback says nothing.
    """
    session.info.setdefault(_SAID, set()).add(what)


def announced_by(session: Session) -> frozenset[str]:
    """Return what a transaction that is committed had to say, and forget it."""
    return frozenset(session.info.pop(_SAID, ()))

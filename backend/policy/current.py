"""The warnings of a running site: the pure ones, on the people whom the database has now."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from threading import Lock

import structlog
from sqlalchemy.orm import Session

from backend.database.connection import Database
from backend.people.roster import roster_of_database
from backend.policy.reach import Channels
from backend.policy.warnings import warnings
from contract.site import Site
from contract.warning import SiteWarning, folded, in_order

log = structlog.get_logger(__name__)

FRESH_S = 5.0
"""How old an answer may be. Every open page of the console asks; the people change once a week."""


class Warnings:
    """Answers from the database, and looks again after `FRESH_S`. Safe for threads.

    Parameters
    ----------
    secrets
        By the variable that holds it.
    assigned_tags
        Finds the tags that were given to somebody in the backend.
    noticed
        What was seen at the start, and holds until the next one.
    """

    def __init__(
        self,
        site: Site,
        database: Database,
        channels: Channels,
        *,
        base_url: str,
        secrets: Mapping[str, str],
        assigned_tags: Callable[[Session], Collection[str]] = lambda session: (),
        noticed: tuple[SiteWarning, ...] = (),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._site = site
        self._database = database
        self._channels = channels
        self._base_url = base_url
        self._secrets = secrets
        self._assigned_tags = assigned_tags
        self._noticed = noticed
        self._monotonic_s = monotonic_s
        self._lock = Lock()
        self._found: tuple[SiteWarning, ...] = ()
        self._stale_s = float("-inf")

    def now(self) -> tuple[SiteWarning, ...]:
        """Return what is wrong now, people first."""
        with self._lock:
            if self._monotonic_s() >= self._stale_s:
                self._found = self._look()
                self._stale_s = self._monotonic_s() + FRESH_S
            return self._found

    def log(self) -> None:
        """Log what is wrong now: each sentence, the first few of a kind."""
        for code, found, more in folded(self.now()):
            log.warning(
                "the site may lose a call",
                code=str(code),
                sentences=[warning.sentence for warning in found],
                what_to_do=found[0].what_to_do,
                **({"more_of_this": more} if more else {}),
            )

    def _look(self) -> tuple[SiteWarning, ...]:
        with self._database.read() as session:
            in_database, tags = roster_of_database(session), self._assigned_tags(session)
        found = warnings(
            self._site,
            self._channels,
            in_database,
            base_url=self._base_url,
            secrets=self._secrets,
            assigned_tags=tags,
        )
        return in_order((*self._noticed, *found))

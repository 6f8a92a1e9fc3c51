"""What every paging channel promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from backend.paging.deadline import LONGEST_S
from backend.paging.page import Page
from backend.people.contact import Contact


class Channel(BaseModel, ABC):
    """A way to reach people: settings, and nothing that changes.

    To add one, add a file to `backend/paging/channels` with a class that has a `kind`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]

    @abstractmethod
    def reaches(self, contact: Contact) -> bool:
        """Whether a page could be handed off for this person at all."""

    @abstractmethod
    def send(self, page: Page) -> str:
        """Hand the page off within `deadline_s`, and return the provider's reference.

        It may be called again for the same page; `page.token` is the same then.

        Raises
        ------
        DeliveryError
            When it was not taken; nothing else. After a permanent one the ladder waits no longer,
            and the page is tried on, slowly.
        """

    def receiver(self, contact: Contact) -> str | None:
        """Return what stands behind a contact: a mailbox, a number.

        One receiver that is slow does not take the places of others. None means that all pages of
        this channel go to one and the same.
        """
        return contact.person

    @property
    def deadline_s(self) -> float:
        """Within which a hand-off has come to an end, good or bad: `timeout_s`, if there is one."""
        return min(float(getattr(self, "timeout_s", LONGEST_S)), LONGEST_S)

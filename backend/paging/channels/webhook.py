"""Posts a page as JSON to an address of the site's own: a siren, a chat, another pager."""

from __future__ import annotations

from typing import ClassVar

import httpx
from pydantic import Field

from backend.errors import DeliveryError
from backend.paging.channel import Channel
from backend.paging.page import Page
from backend.paging.trust import trusted
from backend.people.contact import Contact

TRY_AGAIN = frozenset({408, 425, 429})
"""The 4xx answers that say "later", not "never"."""


class WebhookChannel(Channel):
    """`POST url`. A 2xx answer means that the other side has taken the page over.

    `Idempotency-Key` is the page's id, the same for every repeat, so that a receiver can tell a
    second copy from a second page.
    """

    kind: ClassVar[str] = "webhook"

    url: str = Field(pattern=r"^https?://[^\s/]+")
    timeout_s: float = Field(5, gt=0, le=20, description="It has failed if it takes longer")

    def reaches(self, contact: Contact) -> bool:
        """Whoever stands behind the address finds the person."""
        return True

    def send(self, page: Page) -> str:
        """Post it, and return the receiver's own id when its answer names one."""
        try:
            answer = httpx.post(
                self.url,
                json=body(page),
                headers={"Idempotency-Key": str(page.id)},
                timeout=self.timeout_s,
                verify=trusted(),
            )
        except httpx.InvalidURL as error:
            raise DeliveryError(f"{self.url}: {error}", permanent=True) from error
        except httpx.HTTPError as error:
            why = f"{self.url}: {type(error).__name__}: {error}"
            raise DeliveryError(why, permanent=False) from error
        if not answer.is_success:
            gone = answer.is_client_error and answer.status_code not in TRY_AGAIN
            raise DeliveryError(f"{self.url} answered {answer.status_code}", permanent=gone)
        return str(answer.headers.get("X-Reference", f"http-{answer.status_code}"))[:200]


def body(page: Page) -> dict[str, object]:
    """Return what is posted."""
    return {
        "id": page.id,
        "incident": page.incident,
        "severity": page.severity.value,
        "kind": page.kind,
        "to": page.to.model_dump(),
        "person": page.person,
        "zone": page.zone,
        "onset": page.onset,
        "text": page.text,
        "acknowledge_url": page.acknowledge_url,
        "exercise": page.exercise,
        "repeat": page.repeat,
    }

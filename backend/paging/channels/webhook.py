"""Posts a page as JSON to an address of the site's own: a siren, a chat, another pager."""

from __future__ import annotations

import hashlib
import http.client
import json
from typing import ClassVar

from pydantic import Field

from backend.errors import DeliveryError
from backend.paging.channel import Channel
from backend.paging.page import Page
from backend.paging.posting import TAKEN, PostAnswer, post
from backend.people.contact import Contact

TRY_AGAIN = frozenset({408, 425, 429})
"""The 4xx answers that say "later", not "no"."""
CONFLICT = 409
REPEAT_HEADER = "Floorwatch-Repeat"


class WebhookChannel(Channel):
    """`POST url`. A 2xx answer means that the other side has taken the page over.

    Nothing else does, but a 409 whose body repeats our `Idempotency-Key`: the receiver has it. The
    key is made of the page's token and of the body, so that one key is one body for ever; a repeat
    has the same key and the same body, and says `Floorwatch-Repeat: 1`.
    """

    kind: ClassVar[str] = "webhook"

    url: str = Field(pattern=r"^https?://[^\s/]+", description="Where a page is posted as JSON")
    timeout_s: float = Field(5, gt=0, le=20, description="It has failed if all of it takes longer")
    proxy: str | None = Field(
        None,
        pattern=r"^(environment|http://[^\s/]+)$",
        description="A proxy to go through, or `environment` for that of HTTP_PROXY, HTTPS_PROXY "
        "and NO_PROXY; without this setting none is used",
    )

    def reaches(self, contact: Contact) -> bool:
        """Whoever stands behind the address finds the person."""
        return True

    def receiver(self, contact: Contact) -> str | None:
        """Every page goes to the one address."""
        return None

    def send(self, page: Page) -> str:
        """Post it, and return the receiver's own id when its answer names one."""
        content = json.dumps(body(page), ensure_ascii=False, separators=(",", ":")).encode()
        key = idempotency_key(page, content)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if page.repeat:
            headers[REPEAT_HEADER] = "1"
        try:
            answer = post(self.url, content, headers, self.deadline_s, self.proxy)
        except (OSError, http.client.HTTPException) as error:
            why = f"{self.url}: {type(error).__name__}: {error}"
            raise DeliveryError(why, permanent=False) from error
        except ValueError as error:  # a port that is no number, a name that cannot be
            raise DeliveryError(f"{self.url}: {error}", permanent=True) from error
        if not (answer.status in TAKEN or _has_it(answer, key)):
            hard = 400 <= answer.status < 500 and answer.status not in TRY_AGAIN
            raise DeliveryError(f"{self.url} answered {answer.status}", permanent=hard)
        return answer.headers.get("X-Reference", f"http-{answer.status}")[:200]


def _has_it(answer: PostAnswer, key: str) -> bool:
    return answer.status == CONFLICT and key.encode() in answer.body


def idempotency_key(page: Page, content: bytes) -> str:
    """Return the key of exactly this body of exactly this page, of whatever database."""
    return f"{page.token}-{hashlib.sha256(content).hexdigest()[:16]}"


def body(page: Page) -> dict[str, object]:
    """Return what is posted: the same for every try of a page."""
    return {
        "id": page.id,
        "page": page.token,
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
    }

"""A responder, as channels need them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Contact(BaseModel):
    """A responder, and what is known of how to reach them."""

    model_config = ConfigDict(frozen=True)

    person: str
    name: str
    email: str | None = None
    phone: str | None = None

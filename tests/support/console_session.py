"""A browser that was let in to the console, without the browser."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from backend.runtime import BackendProcess

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
"""What a browser sends with a form of our own page."""


def sign_in(
    client: httpx.Client, backend: BackendProcess, person: str | None = None
) -> httpx.Client:
    """Let a client in by a printed link, as a person if one is given; return it."""
    client.headers.update(OWN_PAGE)
    answer = client.post(backend.url + urlsplit(backend.sign_in_url()).path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/session"), answer.text
    if person is not None:
        answer = client.post(f"{backend.url}/session", data={"person": person})
        assert answer.status_code == 303, answer.text
    return client

"""A webhook, to a real HTTP server."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from backend.errors import DeliveryError
from backend.paging.channels.webhook import WebhookChannel
from tests.support.paged import a_page
from tests.support.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_it_posts_all_that_a_receiver_needs(receiver: Receiver) -> None:
    reference = WebhookChannel(url=f"{receiver.url}/pages").send(a_page())
    (posted,) = receiver.posts
    assert reference == "http-200"
    assert posted.path == "/pages"
    assert posted.headers["Idempotency-Key"] == "7"
    assert posted.json == {
        "id": 7,
        "incident": 3,
        "severity": "SEV2",
        "kind": "fall",
        "to": {
            "person": "karin-ek",
            "name": "Karin Ek",
            "email": "karin.ek@hall7.example",
            "phone": None,
        },
        "person": "m-keller",
        "zone": "press-line",
        "onset": "2026-01-05T19:18:44+00:00",
        "text": a_page().text,
        "acknowledge_url": "http://floorwatch.example/a/TOKEN",
        "exercise": False,
        "repeat": False,
    }


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (404, True),
        (408, False),
        (429, False),
        (500, False),
        (503, False),
        (302, False),
    ],
)
def test_anything_but_2xx_is_not_handed_off(
    receiver: Receiver, status: int, permanent: bool
) -> None:
    receiver.answer = lambda posted: (status, {})
    with pytest.raises(DeliveryError, match=f"answered {status}") as failed:
        WebhookChannel(url=receiver.url).send(a_page())
    assert failed.value.permanent is permanent


def test_a_receiver_that_is_away_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DeliveryError, match="ConnectError") as failed:
            WebhookChannel(url=url).send(a_page())
    assert not failed.value.permanent

"""A webhook, to a real HTTP server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from backend.errors import DeliveryError
from backend.paging.channels.webhook import WebhookChannel
from backend.people.contact import Contact
from tests.support.paged import a_page
from tests.support.receiver import Receiver
from tests.support.rough_peer import Manner, RoughPeer


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_it_posts_all_that_a_receiver_needs(receiver: Receiver) -> None:
    reference = WebhookChannel(url=f"{receiver.url}/pages").send(a_page())
    (posted,) = receiver.posts
    assert reference == "http-200"
    assert posted.path == "/pages"
    assert posted.headers["Idempotency-Key"].startswith("c0ffee-")
    assert "Floorwatch-Repeat" not in posted.headers
    assert posted.json == {
        "id": 7,
        "page": "c0ffee",
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
    }


def test_a_repeat_has_the_same_key_and_the_same_body(receiver: Receiver) -> None:
    channel = WebhookChannel(url=receiver.url)
    channel.send(a_page())
    channel.send(a_page(repeat=True))
    first, second = receiver.posts
    assert (first.headers["Idempotency-Key"], first.body) == (
        second.headers["Idempotency-Key"],
        second.body,
    )
    assert second.headers["Floorwatch-Repeat"] == "1"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"token": "bad1dea"}, id="page 7 of another database"),
        pytest.param(
            {"to": Contact(person="karin-ek", name="Karin Ek", email="k@hall7.example")},
            id="an address that was corrected between two tries",
        ),
        pytest.param({"summary": "x", "text": "SEV1"}, id="other words"),
    ],
)
def test_another_body_has_another_key(receiver: Receiver, changes: dict[str, object]) -> None:
    channel = WebhookChannel(url=receiver.url)
    channel.send(a_page())
    channel.send(a_page(**changes))
    first, second = receiver.posts
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        pytest.param(lambda key: {"duplicate": key}, True, id="it repeats our key"),
        pytest.param(lambda key: {"error": "conflict"}, False, id="a conflict of its own"),
        pytest.param(lambda key: {"duplicate": key[:-1]}, False, id="another key"),
    ],
)
def test_a_conflict_is_believed_when_it_names_our_key(
    receiver: Receiver, told: Callable[[str], object], taken: bool
) -> None:
    receiver.answer = lambda posted: (409, told(posted.headers["Idempotency-Key"]))
    if taken:
        assert WebhookChannel(url=receiver.url).send(a_page()) == "http-409"
    else:
        with pytest.raises(DeliveryError, match="answered 409") as failed:
            WebhookChannel(url=receiver.url).send(a_page())
        assert failed.value.permanent


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


PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A proxy that says "200, taken" to everything and passes nothing on, in the environment."""
    with Receiver() as sink:
        for name in PROXIES:
            monkeypatch.setenv(name, sink.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield sink


def test_a_proxy_of_the_environment_gets_nothing(receiver: Receiver, sink: Receiver) -> None:
    WebhookChannel(url=receiver.url).send(a_page())
    assert (len(receiver.posts), len(sink.posts)) == (1, 0)


@pytest.mark.parametrize("named", [True, False], ids=["by address", "that of the environment"])
def test_a_proxy_that_the_site_names_is_used(
    receiver: Receiver, sink: Receiver, named: bool
) -> None:
    proxy = sink.url.replace("//", "//floorwatch:secret@") if named else "environment"
    WebhookChannel(url=f"{receiver.url}/pages?x=1", proxy=proxy).send(a_page())
    (posted,) = sink.posts
    assert posted.path == f"{receiver.url}/pages?x=1"
    assert ("Proxy-Authorization" in posted.headers) is named
    assert not receiver.posts


def test_a_receiver_that_is_away_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DeliveryError, match="ConnectionRefusedError") as failed:
            WebhookChannel(url=url).send(a_page())
    assert not failed.value.permanent


@pytest.mark.parametrize("manner", [Manner.DRIPS, Manner.ENDLESS], ids=str)
@pytest.mark.parametrize("status", [200, 409, 500])
def test_a_body_without_an_end_changes_nothing_of_its_status(status: int, manner: Manner) -> None:
    """A 2xx is taken however the talk after it ends; nothing else is."""
    head = f"HTTP/1.1 {status} Whatever\r\n\r\n".encode()
    with RoughPeer(manner, head) as peer:
        channel = WebhookChannel(url=f"http://127.0.0.1:{peer.port}", timeout_s=2)
        if status == 200:
            assert channel.send(a_page()) == "http-200"
        else:
            with pytest.raises(DeliveryError):
                channel.send(a_page())

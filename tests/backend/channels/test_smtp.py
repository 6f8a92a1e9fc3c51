"""Mail, through a real SMTP server."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from backend.errors import DeliveryError
from backend.paging.channels.smtp import SmtpChannel
from backend.people.contact import Contact
from tests.support.mailserver import MailServer, ScriptedMailServer
from tests.support.paged import a_page


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def channel(port: int) -> SmtpChannel:
    return SmtpChannel(
        host="127.0.0.1",
        port=port,
        starttls=False,
        sender="Floorwatch <floorwatch@hall7.example>",
        timeout_s=5,
    )


def test_a_mail_names_severity_person_place_and_time(server: MailServer) -> None:
    reference = channel(server.port).send(a_page())
    (mail,) = server.mails
    assert mail["Subject"] == "SEV2: Fall, Mira Keller, B3 Press line, 20:18:44"
    assert mail["To"] == "karin.ek@hall7.example"
    assert mail["Message-ID"] == reference == "<page-7.c0ffee@hall7.example>"
    assert mail.get_content_type() == "text/plain"
    assert "http://floorwatch.example/a/TOKEN" in mail.get_content()


def test_a_repeat_says_so_under_the_same_message_id(server: MailServer) -> None:
    channel(server.port).send(a_page())
    channel(server.port).send(a_page(repeat=True))
    first, second = server.mails
    assert second["Subject"].endswith("(repeat)")
    assert first["Message-ID"] == second["Message-ID"]


def test_a_subject_cannot_smuggle_in_a_header(server: MailServer) -> None:
    channel(server.port).send(a_page(summary="SEV2: Fall\r\nBcc: all@hall7.example, B3"))
    (mail,) = server.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "SEV2: Fall Bcc: all@hall7.example, B3"


@pytest.mark.parametrize(
    ("to_recipient", "to_mail", "permanent"),
    [
        pytest.param("550 no such user", "250 taken", True, id="the address does not exist"),
        pytest.param("451 try later", "250 taken", False, id="greylisted"),
        pytest.param("250 OK", "554 not wanted", True, id="the mail is refused"),
        pytest.param("250 OK", "452 disk full", False, id="the server is full"),
    ],
)
def test_what_the_server_refuses(
    server: MailServer, to_recipient: str, to_mail: str, permanent: bool
) -> None:
    server.answer_to_recipient, server.answer = to_recipient, to_mail
    with pytest.raises(DeliveryError) as failed:
        channel(server.port).send(a_page())
    assert failed.value.permanent is permanent


def test_a_server_that_is_away_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        with pytest.raises(DeliveryError, match="ConnectionRefusedError") as failed:
            channel(taken.getsockname()[1]).send(a_page())
    assert not failed.value.permanent


def test_only_who_has_an_address_is_reached() -> None:
    assert channel(25).reaches(Contact(person="a", name="A", email="a@hall7.example"))
    assert not channel(25).reaches(Contact(person="a", name="A", phone="+46700000000"))


@pytest.mark.parametrize(
    "at_quit",
    [
        pytest.param("221 bye", id="as it should"),
        pytest.param("421 closing, too many", id="an error"),
        pytest.param("rubbish", id="no answer at all"),
        pytest.param(None, id="it hangs up"),
        pytest.param("", id="it says nothing more"),
    ],
)
def test_what_is_said_after_the_mail_was_taken_changes_nothing(at_quit: str | None) -> None:
    with ScriptedMailServer(at_quit) as server:
        assert channel(server.port).send(a_page())
    assert len(server.mails) == 1


@pytest.mark.parametrize("answer", ["554 not wanted", None], ids=["refused", "hangs up"])
def test_what_breaks_before_that_is_not_taken(answer: str | None) -> None:
    with (
        ScriptedMailServer("221 bye", to_data=answer) as server,
        pytest.raises(DeliveryError) as failed,
    ):
        channel(server.port).send(a_page())
    assert failed.value.permanent is (answer is not None)

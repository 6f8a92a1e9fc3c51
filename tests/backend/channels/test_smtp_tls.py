"""Mail as a company's server wants it: STARTTLS, a user name and a password. All by default."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.errors import DeliveryError
from backend.paging.channels.smtp import PASSWORD, SmtpChannel
from backend.paging.trust import trusted
from tests.support.certificates import Authority
from tests.support.mailserver import MailServer
from tests.support.paged import a_page

LOGIN = ("floorwatch", "a secret of the tests")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """An authority that this machine believes."""
    made = Authority(tmp_path / "certificates")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    monkeypatch.setenv(PASSWORD, LOGIN[1])
    trusted.cache_clear()
    yield made
    trusted.cache_clear()


def shown_by(authority: Authority) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    mine = authority.issue("mail")
    context.load_cert_chain(mine.file, mine.key)
    return context


def channel(port: int, host: str = "127.0.0.1") -> SmtpChannel:
    return SmtpChannel(
        host=host, port=port, username=LOGIN[0], sender="floorwatch@hall7.example", timeout_s=5
    )


def test_a_mail_goes_out_encrypted_and_with_a_name(authority: Authority) -> None:
    with MailServer(shown_by(authority), LOGIN) as server:
        channel(server.port).send(a_page())
    assert len(server.mails) == 1
    assert server.logins == [LOGIN]


def test_a_wrong_password_is_tried_again_and_never_told(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "hunter2")
    with (
        MailServer(shown_by(authority), LOGIN) as server,
        pytest.raises(DeliveryError, match="does not accept user floorwatch") as failed,
    ):
        channel(server.port).send(a_page())
    assert not failed.value.permanent
    assert "hunter2" not in str(failed.value)
    assert not server.mails


@pytest.mark.parametrize(
    ("host", "strange"),
    [
        pytest.param("127.0.0.1", True, id="of an authority that nobody knows"),
        pytest.param("localhost", False, id="of another name"),
    ],
)
def test_a_server_that_is_not_believed_is_told_nothing(
    authority: Authority, tmp_path: Path, host: str, strange: bool
) -> None:
    signer = Authority(tmp_path / "other") if strange else authority
    with (
        MailServer(shown_by(signer), LOGIN) as server,
        pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED") as failed,
    ):
        channel(server.port, host).send(a_page())
    assert not failed.value.permanent
    assert not server.mails
    assert not server.logins


def test_a_server_without_starttls_is_told_nothing(authority: Authority) -> None:
    """Somebody between may have taken the offer out."""
    with MailServer() as server, pytest.raises(DeliveryError, match="STARTTLS") as failed:
        channel(server.port).send(a_page())
    assert not failed.value.permanent
    assert not server.mails

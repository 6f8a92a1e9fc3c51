"""A real SMTP server on 127.0.0.1 that keeps what it is handed."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Event, Thread
from typing import IO, Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class _OnAnyPort(Controller):
    """Asks the system for a port, and connects to the one that it got."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # half of aiosmtpd is typed


class MailServer:
    """Use as a context manager; `answer` replaces the 250 of its next mails.

    With `tls` it wants STARTTLS and then a user name and a password, as a company's does.
    """

    def __init__(
        self, tls: ssl.SSLContext | None = None, login: tuple[str, str] = ("", "")
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.logins: list[tuple[str, str]] = []
        """What was shown, right or wrong."""
        self._login = login
        self.answer = "250 taken"
        self.answer_to_recipient = "250 OK"
        secured: dict[str, Any] = {}
        if tls is not None:
            secured = {"tls_context": tls, "require_starttls": True, "auth_required": True}
            secured["authenticator"] = self._authenticate
        self._controller = _OnAnyPort(self, hostname="127.0.0.1", port=0, **secured)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        shown = data.login.decode(), data.password.decode()
        self.logins.append(shown)
        return AuthResult(success=shown == self._login, handled=False)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        return self.answer


class ScriptedMailServer:
    """Talks SMTP by rote, and ends a talk as it is told: a line, None to hang up, "" to be silent.

    aiosmtpd is too well behaved for that.
    """

    def __init__(self, at_quit: str | None, *, to_data: str | None = "250 taken") -> None:
        self.mails: list[bytes] = []
        self._answers = {b"QUIT": at_quit, b".": to_data}
        self._over = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rb") as lines:
                self._talk(connection, lines)

    def _talk(self, connection: socket.socket, lines: IO[bytes]) -> None:
        connection.sendall(b"220 by rote\r\n")
        mail: list[bytes] | None = None
        for line in lines:
            word = line.strip().upper()
            if mail is not None and word != b".":
                mail.append(line)
                continue
            if mail is not None and self._answers[b"."] == "250 taken":
                self.mails.append(b"".join(mail))
            mail = [] if word == b"DATA" else None
            answer = self._answers.get(word, "354 go on" if word == b"DATA" else "250 OK")
            if answer is None:
                return
            if not answer:
                self._over.wait()
                return
            connection.sendall(answer.encode() + b"\r\n")

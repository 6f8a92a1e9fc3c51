"""Mails a page, one message to one person."""

from __future__ import annotations

import os
import smtplib
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import ClassVar

from pydantic import Field

from backend.errors import DeliveryError
from backend.paging.channel import Channel
from backend.paging.deadline import Deadline
from backend.paging.mailing import Talk
from backend.paging.page import REPEAT, Page
from backend.paging.trust import trusted
from backend.people.contact import Contact
from contract.instants import as_datetime

PASSWORD = "FLOORWATCH_SMTP_PASSWORD"


class SmtpChannel(Channel):
    """Hands a plain-text mail to a server. The password comes from FLOORWATCH_SMTP_PASSWORD.

    The mail is handed off when the server has said so after its last line, and whatever happens to
    the connection then. The Message-ID follows from the page's token, so that a repeat, whose
    subject says "(repeat)", is recognised as one.
    """

    kind: ClassVar[str] = "smtp"

    host: str = Field(min_length=1, description="The mail server")
    port: int = Field(587, ge=1, le=65535, description="587, or 25 inside a plant")
    starttls: bool = Field(True, description="Encrypt; without it a password is read on the way")
    username: str | None = Field(None, description=f"The password comes from {PASSWORD}")
    sender: str = Field(
        pattern=r"^[^@\r\n]+@[^@\s>]+>?$", description="An address, or `Name <address>`"
    )
    timeout_s: float = Field(10, gt=0, le=20, description="It has failed if all of it takes longer")

    def reaches(self, contact: Contact) -> bool:
        """Whether there is an address."""
        return contact.email is not None

    def receiver(self, contact: Contact) -> str | None:
        """Return the mailbox, which several people may share."""
        return (contact.email or contact.person).casefold()

    def send(self, page: Page) -> str:
        """Mail it, and return the Message-ID."""
        try:
            message = self._message(page)
            with Deadline(self.deadline_s) as deadline:
                try:
                    self._hand_over(deadline, message)
                except (OSError, smtplib.SMTPException) as error:
                    # The watch shuts the connection when the time is over: then that is the reason.
                    if deadline.over and not isinstance(error, smtplib.SMTPResponseException):
                        deadline.check()
                    raise
        except smtplib.SMTPRecipientsRefused as error:
            (code, said) = next(iter(error.recipients.values()))
            why = f"{page.to.email} refused: {code} {_words(said)}"
            raise DeliveryError(why, permanent=code >= 500) from error
        except smtplib.SMTPAuthenticationError as error:
            why = f"{self.host} does not accept user {self.username}: {error.smtp_code}"
            # Somebody may correct the password while the incident is open.
            raise DeliveryError(why, permanent=False) from error
        except smtplib.SMTPResponseException as error:
            why = f"{self.host}: {error.smtp_code} {_words(error.smtp_error)}"
            raise DeliveryError(why, permanent=error.smtp_code >= 500) from error
        except (OSError, smtplib.SMTPException) as error:
            why = f"{self.host}:{self.port}: {type(error).__name__}: {error}"
            raise DeliveryError(why, permanent=False) from error
        except ValueError as error:  # an address that no header can hold
            raise DeliveryError(f"{page.to.email}: {error}", permanent=True) from error
        return str(message["Message-ID"])

    def _hand_over(self, deadline: Deadline, message: EmailMessage) -> None:
        with Talk(deadline, self.host, self.port) as talk:
            if self.starttls:
                talk.starttls(context=trusted())
            if self.username is not None:
                talk.login(self.username, os.environ.get(PASSWORD, ""))
            talk.send_message(message)
            talk.leave()

    def _message(self, page: Page) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = page.to.email
        message["Subject"] = _one_line(page.summary + (REPEAT if page.repeat else ""))
        message["Date"] = format_datetime(as_datetime(page.created_ns))
        domain = parseaddr(self.sender)[1].rpartition("@")[2]
        message["Message-ID"] = f"<page-{page.id}.{page.token}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Priority"] = "1"
        message.set_content(page.text)
        return message


def _words(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def _one_line(text: str) -> str:
    return " ".join(text.split())

"""The backend's errors. Each carries the HTTP status that it becomes, and a sentence that helps."""

from __future__ import annotations

from typing import ClassVar


class BackendError(Exception):
    """The base of every error of this package."""

    status: ClassVar[int] = 500

    def __init__(self, detail: str, *, hint: str | None = None) -> None:
        self.detail = detail
        self.hint = hint
        super().__init__(detail)


class RefusedInputError(BackendError):
    """What was sent cannot be read, or does not hold together."""

    status = 422


class UnknownError(BackendError):
    """There is no such incident, detection, person or page."""

    status = 404


class IllegalTransitionError(BackendError):
    """The incident's state does not allow this."""

    status = 409


class ContradictionError(BackendError):
    """It can be read, and contradicts what it is about."""

    status = 409


class UnauthorisedError(BackendError):
    """The bearer token is missing or wrong."""

    status = 401


class MediaTypeError(BackendError):
    """A body of a type that this route does not read."""

    status = 415


class ElsewhereError(BackendError):
    """A form that another site's page sent."""

    status = 403


class NoSessionError(BackendError):
    """The console wants a session for this, and the browser has none that holds."""

    status = 403


class ForgedLinkError(BackendError):
    """An acknowledgement link that this backend did not sign."""

    status = 403


class ExpiredLinkError(BackendError):
    """An acknowledgement link that is too old to act on."""

    status = 410


class BindRefusedError(BackendError):
    """The backend will not listen where strangers could reach it without a token."""


class DatabaseUnusableError(BackendError):
    """There is no such database, it cannot be reached, or a newer Floorwatch has used it."""


class DeliveryError(BackendError):
    """A channel could not hand a page off. A permanent one is not tried again."""

    def __init__(self, detail: str, *, permanent: bool) -> None:
        super().__init__(detail)
        self.permanent = permanent

"""The backend's errors. Each carries the HTTP status that it becomes, and a sentence that helps."""

from __future__ import annotations

from typing import ClassVar


class BackendError(Exception):
    """The base of every error of this package."""

    status: ClassVar[int] = 500
    final: ClassVar[bool] = False
    """The same body will be met with the same error, whatever else changes."""

    def __init__(self, detail: str, *, hint: str | None = None) -> None:
        self.detail = detail
        self.hint = hint
        super().__init__(detail)


class RefusedInputError(BackendError):
    """What was sent cannot be read, or does not hold together."""

    status = 422
    final = True


class UnknownError(BackendError):
    """There is no such incident, detection, person or page."""

    status = 404


class IllegalTransitionError(BackendError):
    """The state that something is in does not allow this."""

    status = 409


class ContradictionError(BackendError):
    """What was sent can be read, and contradicts what it is about."""

    status = 409
    final = True


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
    """A channel could not hand a page off. After a permanent one it is tried on, but slowly."""

    def __init__(self, detail: str, *, permanent: bool) -> None:
        super().__init__(detail)
        self.permanent = permanent


class DatabaseStateError(BackendError):
    """The database cannot do it now, through no fault of whoever asked. It may be tried again."""

    status = 503


class DatabaseBusyError(DatabaseStateError):
    """Somebody else holds what was wanted, and waiting any longer would hold up paging."""


class DatabaseFullError(DatabaseStateError):
    """The database's disk is full: what is in it can be read, nothing can be written."""


class DatabaseAwayError(DatabaseStateError):
    """The database does not answer, or hung up."""


class ClockMovedError(DatabaseBusyError):
    """The instant that a writer worked with was read before the database's clock was set.

    Nothing was written. Reading the clock again and doing it again is right.
    """

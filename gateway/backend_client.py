"""Speaks HTTP to the backend, and says what an answer means.

What answers may be anybody: a proxy, a captive portal, whoever took the port. So nothing is settled
by a status. A receipt must name the detection, a refusal must be typed and about the very bytes
that were sent (`contract.problem`); everything else is "not delivered", and tried again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from pydantic import ValidationError

from contract.batch import explain
from contract.detection import Kept, Receipt
from contract.problem import OURS, Problem, believed
from contract.report import Orders
from gateway.errors import ExchangeError, UnreachableError
from gateway.exchange import Exchange, Reply

TOKEN_VARIABLE = "FLOORWATCH_API_TOKEN"
DEADLINE_S = 5.0
"""For a whole exchange. A backend that takes longer is asked again, and knows a copy."""
CONNECT_S = 2.0
MOST_BYTES = 64 * 1024
"""Of a receipt: it asks perhaps a dozen cameras for clips, by a URL of 2,000 characters each."""
MOST_ORDERS_BYTES = 2_000_000
"""Of orders: every zone's state, and every tag that was assigned."""


class PostResult(StrEnum):
    """What came of handing something to the backend."""

    TAKEN = "taken"
    REFUSED = "refused"
    """The backend itself says that it will never take these bytes."""
    FAILED = "failed"
    """Somebody answered, and it settles nothing."""
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class BackendAnswer:
    """What came of one POST."""

    result: PostResult
    told: str = ""
    receipt: Receipt | None = None
    not_now: bool = False
    """The backend itself said that it cannot take anything for a while: its disk, its database."""


class BackendClient:
    """One connection that is kept open, for one thread."""

    def __init__(
        self,
        base_url: str,
        environ: Mapping[str, str] = os.environ,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        token = environ.get(TOKEN_VARIABLE)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._exchange = Exchange(base_url, headers, deadline_s=deadline_s, connect_s=CONNECT_S)

    def post_detection(self, detection: str, body: bytes) -> BackendAnswer:
        """Hand over a detection. Only a receipt for it counts: a 2xx from a stranger is none."""
        reply = self._post("/api/v1/detections", body)
        if isinstance(reply, BackendAnswer):
            return reply
        if not _is_success(reply):
            return _refused(reply, detection, body)
        try:
            receipt = Receipt.model_validate_json(reply.body)
        except ValidationError as error:
            return BackendAnswer(
                PostResult.FAILED, f"{reply.status} without a receipt: {explain(error)}"
            )
        if receipt.about != detection:
            return BackendAnswer(
                PostResult.FAILED, f"{reply.status} with a receipt about {receipt.about!r}"
            )
        return BackendAnswer(PostResult.TAKEN, receipt=receipt)

    def post_evidence(self, detection: str, body: bytes) -> BackendAnswer:
        """Hand over a sensor window."""
        reply = self._post(f"/api/v1/detections/{detection}/evidence", body)
        if isinstance(reply, BackendAnswer):
            return reply
        if not _is_success(reply):
            return _refused(reply, detection, body)
        try:
            kept = Kept.model_validate_json(reply.body)
        except ValidationError as error:
            return BackendAnswer(
                PostResult.FAILED, f"{reply.status} without a word of ours: {explain(error)}"
            )
        if kept.about != detection:
            return BackendAnswer(PostResult.FAILED, f"{reply.status} about {kept.about!r}")
        return BackendAnswer(PostResult.TAKEN)

    def post_report(self, body: bytes) -> tuple[BackendAnswer, Orders | None]:
        """Hand over a report. None unless the backend answers with its orders."""
        reply = self._post("/api/v1/report", body, MOST_ORDERS_BYTES)
        if isinstance(reply, BackendAnswer):
            return reply, None
        if not _is_success(reply):
            return BackendAnswer(PostResult.FAILED, _told(reply)), None
        try:
            orders = Orders.model_validate_json(reply.body)
        except ValidationError as error:
            return BackendAnswer(
                PostResult.FAILED, f"{reply.status} without orders: {explain(error)}"
            ), None
        if "floorwatch" not in orders.model_fields_set:
            return BackendAnswer(PostResult.FAILED, f"{reply.status} without orders of ours"), None
        return BackendAnswer(PostResult.TAKEN), orders

    def hang_up(self) -> None:
        """End what another thread waits for."""
        self._exchange.hang_up()

    def close(self) -> None:
        """Let go of the connection."""
        self._exchange.close()

    def _post(self, path: str, body: bytes, most_bytes: int = MOST_BYTES) -> Reply | BackendAnswer:
        try:
            return self._exchange.post(path, body, most_bytes)
        except UnreachableError as error:
            return BackendAnswer(PostResult.UNREACHABLE, str(error))
        except ExchangeError as error:
            return BackendAnswer(PostResult.FAILED, str(error))


def _is_success(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def _refused(reply: Reply, detection: str, sent: bytes) -> BackendAnswer:
    told = believed(reply.status, reply.media_type, reply.body, detection, sent)
    if told is None:
        return BackendAnswer(PostResult.FAILED, _told(reply), not_now=_is_not_now(reply))
    return BackendAnswer(PostResult.REFUSED, f"{told.status} {told.title}: {told.detail}"[:300])


def _is_not_now(reply: Reply) -> bool:
    """Whether it is our backend that is unwell. Anybody else's 503 may hide what the claim did."""
    if reply.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return False
    try:
        return Problem.model_validate_json(reply.body).floorwatch == OURS
    except ValidationError:
        return False


def _told(reply: Reply) -> str:
    return f"{reply.status}: {reply.body[:300].decode(errors='replace')}"

"""Whoever is paged: an HTTP endpoint that may be down, and a person who takes every other one."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import Any, Self

import httpx

from tests.support.receiver import Posted, Receiver

ANSWER_S = 10.0


@dataclass(frozen=True)
class Taken:
    """A page that the endpoint answered with 200."""

    page: int
    incident: int
    severity: str
    key: str
    repeat: bool
    person: str
    """Who fell."""
    at_ns: int


class Responder:
    """Takes pages, and acknowledges those incidents that have an even number."""

    def __init__(self, backend_url: str) -> None:
        self.taken: list[Taken] = []
        self.refused = 0
        self.down: int | None = None
        """What it answers instead, while it is out of order: 404 as in a deploy, or 503."""
        self.acknowledged_ns: dict[int, int] = {}
        """By incident, when the backend's answer was here."""
        self._url = backend_url
        self._to_take: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._receiver = Receiver(self._answer)
        self.port = self._receiver.port
        self._thread = threading.Thread(target=self._acknowledge, daemon=True)
        self._thread.start()

    def _answer(self, posted: Posted) -> tuple[int, Any]:
        if self.down is not None:
            self.refused += 1
            return self.down, {}
        body = posted.json
        key = posted.headers["Idempotency-Key"]
        said = "Floorwatch-Repeat" in posted.headers
        self.taken.append(
            Taken(body["id"], body["incident"], body["severity"], key, said, body["person"],
                  time.time_ns())
        )  # fmt: skip
        if body["incident"] % 2 == 0:
            self._to_take.put(body["incident"])
        return 200, {}

    def _acknowledge(self) -> None:
        with httpx.Client(trust_env=False, timeout=ANSWER_S) as client:
            while (incident := self._to_take.get()) is not None:
                if incident in self.acknowledged_ns:
                    continue
                try:
                    path = f"{self._url}/api/v1/incidents/{incident}/acknowledge"
                    answer = client.post(path, json={"person": "officer"})
                except httpx.HTTPError:
                    answer = None
                if answer is not None and answer.is_success:
                    self.acknowledged_ns[incident] = time.time_ns()
                else:
                    self._to_take.put(incident)
                    time.sleep(0.2)  # a backend that is down; people try again too

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._to_take.put(None)
        self._thread.join(30)
        self._receiver.close()

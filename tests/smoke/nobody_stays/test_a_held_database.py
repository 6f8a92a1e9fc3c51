"""Another session in PostgreSQL's write lock for 70 s: people are called all the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from backend.api.examples import DETECTION
from backend.database.postgresql import ALL_WRITERS
from backend.paging.channels.webhook import WebhookChannel
from backend.runtime import BackendProcess
from contract.detection import detection_id
from contract.instants import ns
from tests.support.brokers import wait_until
from tests.support.pages import paging_site
from tests.support.postgres import Postgres
from tests.support.receiver import Receiver

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

HELD_S = 70
SOON_S = 20.0
"""One turn that is ended, and a gateway's next try."""


@contextmanager
def held(url: str) -> Iterator[None]:
    """Hold every writer's lock, in a transaction that somebody forgot."""
    over, inside = threading.Event(), threading.Event()

    def forget() -> None:
        with suppress(psycopg.Error), psycopg.connect(url) as session:
            session.execute("SELECT pg_advisory_xact_lock(%s)", (ALL_WRITERS,))
            inside.set()
            over.wait(HELD_S)

    thread = threading.Thread(target=forget)
    thread.start()
    assert inside.wait(20)
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_fall_meanwhile_calls_within_seconds(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.database()
    with Receiver() as hook:
        channels = (WebhookChannel(url=hook.url),)
        with BackendProcess(
            paging_site(), state_dir=tmp_path, database_url=url, channels=channels
        ) as backend:
            now_ns = backend.clock()
            claim = {
                "id": detection_id("fall", "person:o-lund", now_ns), "person": "o-lund",
                "device": "belt-12", "onset_ns": now_ns - ns(2.5), "decided_ns": now_ns,
            }  # fmt: skip

            def told() -> bool:
                """Do what a gateway does: try until it is taken."""
                with suppress(httpx.HTTPError):
                    path = f"{backend.url}/api/v1/detections"
                    return httpx.post(path, json=DETECTION | claim, timeout=10).is_success
                return False

            with held(url):
                began_s = time.monotonic()
                wait_until(told, "the detection to be taken", SOON_S)
                wait_until(lambda: len(hook.posts) >= 2, "both to be called", SOON_S)
                assert time.monotonic() - began_s < SOON_S

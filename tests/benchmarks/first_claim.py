"""The backend's CPU from a fall's POST to the claim of its first pages, which are then handed off.

The application and the outbox run in this process on SQLite, one fall after the other with nothing
else to do, so that a look serves one fall: the dearest case. What uvicorn needs for the socket is
not in it.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI
from sqlalchemy import text

from backend.app import create_app
from backend.assembly import Parts, assemble
from backend.database.connection import Database
from backend.paging.catalogue import named
from backend.paging.channel import Channel
from backend.paging.channels.webhook import WebhookChannel
from backend.paging.lanes import ChannelRoom
from contract.detection import Detection, detection_id
from contract.severity import Facts, assess
from contract.site import Site
from tests.benchmarks import stage

FALLS = 200
WARM_UP = 40
CHANNELS = 3
SENT = text("UPDATE page SET status = 'sent', sent_ns = 1 WHERE status = 'sending'")


def measure() -> float:
    """Return the milliseconds of CPU that a fall costs until its pages may be handed off."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        with tempfile.TemporaryDirectory() as folder:
            return asyncio.run(_measure(Path(folder)))
    finally:
        structlog.reset_defaults()


async def _measure(folder: Path) -> float:
    site = stage.site(FALLS + WARM_UP)
    every: list[Channel] = [WebhookChannel(url=f"http://127.0.0.1:9/{n}") for n in range(CHANNELS)]
    parts = assemble(
        site, Database(f"sqlite:///{folder}/b.sqlite"), named(every), time.time_ns,
        base_url="http://127.0.0.1", secret="a secret of the benchmark", clip_folder=folder,
    )  # fmt: skip
    app = create_app(parts)
    spent_s = 0.0
    for n in range(FALLS + WARM_UP):
        fall = _fall(site, n)
        began_s = time.process_time()
        await _post(app, fall)
        rooms = {name: ChannelRoom() for name in named(every)}
        claims = parts.outbox.claim(rooms, time.time_ns, lapsed=False).claims
        spent_s += (time.process_time() - began_s) * (n >= WARM_UP)
        if len(claims) != CHANNELS:
            raise SystemExit(f"{len(claims)} claims of {CHANNELS}: nothing was measured")
        _sent(parts)
    parts.database.close()
    return 1000 * spent_s / FALLS


def _sent(parts: Parts) -> None:
    with parts.database.write() as session:
        session.execute(SENT)


def _fall(site: Site, n: int) -> bytes:
    now_ns = time.time_ns()
    facts = Facts(kind="fall")
    fall = Detection(
        id=detection_id("fall", f"person:w-{n}", now_ns),
        kind="fall",
        phase="onset",
        site=site.id,
        device=f"belt-{n}",
        person=f"w-{n}",
        zone="hall",
        onset_ns=now_ns,
        decided_ns=now_ns,
        confidence=0.99,
        evidence={"peak_g": 4.1, "posture_change_deg": 78},
        reason="4.1 g impact, then lying for 2 s",
        facts=facts,
        assessment=assess(facts, site.severity),
    )
    return fall.model_dump_json(exclude_none=True).encode()


async def _post(app: FastAPI, body: bytes) -> None:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 300:
            raise SystemExit(f"the backend answered {message['status']}: nothing was measured")

    length = str(len(body)).encode()
    path = "/api/v1/detections"
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 1),
    }  # fmt: skip
    await app(scope, receive, send)

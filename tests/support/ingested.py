"""Publishes for the gateway's ingest, good and bad, and an ingest to give them to."""

from __future__ import annotations

import json
from typing import Any

from contract.instants import ns
from contract.message import Block
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from gateway.ingest import Ingest
from tests.support.site_of_two import START_NS, imu, site

TOPIC = "floorwatch/1/dock-2/edge-1/batch"
NOW_NS = START_NS + ns(1)
GOOD = imu(0)


def new_ingest() -> Ingest:
    return Ingest(site(), Pipeline(site(), build(site())))


def as_dict(block: Block, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(block.model_dump_json(exclude_none=True))
    return {**told, **changes}


def raw_batch(*parts: Any, agent: str = "edge-1") -> bytes:
    whole = {"message": "batch/1", "agent": agent, "sent_ns": START_NS, "blocks": list(parts)}
    return json.dumps(whole).encode()

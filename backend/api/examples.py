"""Examples for the API's description. They are valid: a test reads them."""

from __future__ import annotations

import base64
import struct
from typing import Any

DETECTION_ID = "2ae967bddbd18f1e28f4d45b536503c5"
DETECTION: dict[str, Any] = {
    "message": "detection/1",
    "id": DETECTION_ID,
    "kind": "fall",
    "phase": "onset",
    "site": "hall-7",
    "device": "belt-03",
    "person": "m-keller",
    "zone": "press-line",
    "onset_ns": 1_700_000_000_000_000_000,
    "decided_ns": 1_700_000_002_500_000_000,
    "confidence": 0.92,
    "evidence": {"peak_g": 4.1, "posture_change_deg": 78},
    "reason": "4.1 g impact, then lying for 2 s",
    "facts": {"kind": "fall"},
    "assessment": {
        "severity": "SEV2",
        "impact": "I3",
        "urgency": "U3",
        "rule": "fall",
        "because": "a fall: serious harm is credible, the state unknown",
        "inputs": {"kind": "fall"},
    },
}
WAVEFORM: dict[str, Any] = {
    "message": "waveform/1",
    "detection": DETECTION_ID,
    "device": "belt-03",
    "t0_ns": 1_699_999_995_000_000_000,
    "odr_hz": 50,
    "scale_g": 0.001,
    "accel_i16": base64.b64encode(struct.pack("<6h", 0, 0, 1000, 20, 0, 990)).decode(),
    "complete": False,
}
TAKE: dict[str, Any] = {"person": "karin-ek", "key": "tap-7c1f"}
REASON: dict[str, Any] = {"person": "karin-ek", "reason": "Spoke to Mira: sprained wrist, seen to"}
ENDED: dict[str, Any] = {
    "person": "karin-ek",
    "reason": "Mira sat down hard on a crate; nobody fell",
    "outcome": "false-alarm",
}
ZONE_STATE: dict[str, Any] = {
    "person": "karin-ek",
    "state": "locked_out",
    "reason": "Lock 14 is on, tried and dead",
}
EVACUATE: dict[str, Any] = {"person": "karin-ek", "reason": "Smoke at the press", "zones": []}
ASSIGN: dict[str, Any] = {"person": "karin-ek", "wearer": "m-keller"}
REPORT: dict[str, Any] = {
    "message": "report/1",
    "gateway": "gateway",
    "boot": 3,
    "at_ns": 1_700_000_000_000_000_000,
    "unknown_tags": [{"reader": "reader-north", "tag": "e280aa01", "count": 41}],
    "standing": [],
    "whereabouts": [],
}
TIER: dict[str, Any] = {
    "person": "karin-ek",
    "severity": "SEV3",
    "reason": "On her feet, I am here",
}

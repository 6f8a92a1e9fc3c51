"""One good example of each message, as a sender would build it."""

from __future__ import annotations

import json
from typing import Any

from contract.detection import detection_id
from contract.severity import Facts, assess

T0_NS = 1_700_000_000_000_000_000
IMU = {
    "message": "imu/1",
    "device": "belt-01",
    "boot": 3,
    "seq": 17,
    "t0_ns": T0_NS,
    "odr_hz": 50,
    "accel_i16": "AAAAAAAI" * 50,
    "scale_g": 0.000488,
    "range_g": 16,
    "battery": 0.8,
}
READS = {
    "message": "reads/1",
    "device": "reader-north",
    "seq": 4,
    "t0_ns": T0_NS,
    "reads": [{"tag": "e28011606000020a", "point": "2", "t_ns": T0_NS, "rssi_dbm": -61.5}],
}
TRACKS = {
    "message": "tracks/1",
    "device": "camera-1",
    "seq": 9,
    "t0_ns": T0_NS,
    "size_px": [1280, 720],
    "frames": [
        {
            "t_ns": T0_NS,
            "tracks": [
                {"track": 1, "box_px": [10, 20, 80, 200], "foot_px": [50, 220], "confidence": 0.9}
            ],
        }
    ],
}
EVENT = {
    "message": "event/1",
    "device": "belt-01",
    "seq": 2,
    "t0_ns": T0_NS,
    "event": "sos",
    "detail": "long press",
}
DOOR = {
    "message": "door/1",
    "device": "access-1",
    "seq": 5,
    "t0_ns": T0_NS,
    "events": [
        {
            "door": "robot-cell-gate",
            "tag": "0004512337",
            "granted": True,
            "direction": "in",
            "t_ns": T0_NS,
        }
    ],
}
ZONE_STATE = {
    "message": "zone_state/1",
    "device": "plc-3",
    "boot": 1,
    "seq": 12,
    "t0_ns": T0_NS,
    "zone": "robot-cell",
    "state": "locked_out",
    "by": "plc-3",
}
EVACUATION = {
    "message": "evacuation/1",
    "device": "plc-3",
    "boot": 1,
    "seq": 1,
    "t0_ns": T0_NS,
    "on": True,
    "zones": ["robot-cell"],
    "by": "fire panel",
}
ASSIGNMENT = {
    "message": "assignment/1",
    "device": "backend",
    "boot": 1,
    "seq": 1,
    "t0_ns": T0_NS,
    "tag": "e280aa03",
    "wearer": "m-keller",
    "by": "karin-ek",
}
_FACTS = Facts(kind="fall", lone=True)
REFUSED: dict[str, Any] = {
    "message": "refused/1",
    "device": "belt-01",
    "boot": 3,
    "seq": 2,
    "t0_ns": T0_NS,
    "lost": 4,
    "partly": 1,
    "reason": "odr_hz: a number is wanted, not str",
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "imu": IMU,
    "reads": READS,
    "tracks": TRACKS,
    "event": EVENT,
    "door": DOOR,
    "zone_state": ZONE_STATE,
    "evacuation": EVACUATION,
    "refused": REFUSED,
    "assignment": ASSIGNMENT,
    "batch": {
        "message": "batch/1",
        "agent": "edge-1",
        "sent_ns": T0_NS,
        "clock_offset_ns": -1200,
        "clock_uncertainty_ns": 900,
        "blocks": [IMU, READS, TRACKS, EVENT, DOOR, ZONE_STATE, EVACUATION, REFUSED, ASSIGNMENT],
    },
    "status": {
        "message": "status/1",
        "agent": "edge-1",
        "state": "online",
        "at_ns": T0_NS,
        "version": "0.1.0",
        "spooled": 3,
        "devices": {"belt-01": T0_NS},
    },
    "tick": {"message": "tick/1", "at_ns": T0_NS},
    "ack": {
        "message": "ack/1",
        "gateway": "gateway",
        "devices": [
            {
                "block": "imu/1",
                "device": "belt-01",
                "boot": 3,
                "held": [[1, 16], [18, 20]],
                "refused": [{"seq": 17, "reason": "odr_hz: too fast"}],
            }
        ],
    },
    "cmd": {
        "message": "cmd/1",
        "id": "ask-1",
        "device": "belt-01",
        "command": "ask-all-right",
        "expires_ns": T0_NS,
    },
    "detection": {
        "message": "detection/1",
        "id": detection_id("fall", "person:a-lind", T0_NS),
        "kind": "fall",
        "phase": "onset",
        "site": "hall-7",
        "device": "belt-01",
        "person": "a-lind",
        "zone": "press-line",
        "onset_ns": T0_NS,
        "decided_ns": T0_NS + 1_500_000_000,
        "confidence": 0.9,
        "evidence": {"peak_g": 5.2},
        "reason": "an impact of 5.2 g, then lying",
        "facts": _FACTS.model_dump(mode="json"),
        "assessment": assess(_FACTS).model_dump(mode="json"),
    },
    "waveform": {
        "message": "waveform/1",
        "detection": "0" * 32,
        "device": "belt-01",
        "t0_ns": T0_NS,
        "odr_hz": 50,
        "scale_g": 0.000488,
        "accel_i16": "AAAAAAAI" * 50,
    },
    "report": {
        "message": "report/1",
        "gateway": "gateway",
        "boot": 3,
        "at_ns": T0_NS,
        "unknown_tags": [{"reader": "reader-north", "tag": "e280aa", "count": 41}],
        "standing": [ZONE_STATE, EVACUATION],
        "whereabouts": [{"person": "a-lind", "zone": "robot-cell", "heard_ns": T0_NS}],
    },
}
"""By the name that its schema file has."""


def encoded(message: object) -> bytes:
    """Return a message as it travels; NaN is written as Python and careless firmware write it."""
    return json.dumps(message).encode()

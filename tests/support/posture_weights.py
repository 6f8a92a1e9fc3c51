"""Weights that make the fall detector a rule, so that a test of what is around the model is exact.

The graph is the mean of the tilt channel over the last 0.4 s that the model sees, put through
a sigmoid: 0.5 at 60° from upright, 0.98 at 90°, 0.02 upright. It knows nothing of how people fall.

Made with `onnx.helper`: Slice(channels, axis 1: 4 to 5, axis 2: the last 20) → ReduceMean →
-0.5 - mean → × 8 → Sigmoid; opset 13.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import tempfile
from base64 import b64decode
from functools import cache
from pathlib import Path

from detectors.fall.detector import FallDetector
from detectors.fall.model import CARD, STAGES

_GRAPH = b64decode(
    """
CAg6ogIKIQoIY2hhbm5lbHMKAWIKAWUKAmF4EgR0aWx0IgVTbGljZQo4CgR0aWx0EgRtZWFuIgpSZWR1Y2VNZWFuKg0K
BGF4ZXNAAUACoAEHKg8KCGtlZXBkaW1zGACgAQIKEgoBdAoEbWVhbhICYnkiA1N1YgoPCgJieQoBaxIBeiIDTXVsChMK
AXoSBXNjb3JlIgdTaWdtb2lkEgdwb3N0dXJlKhQIAhAHOgsE7P//////////AUIBYioPCAIQBzoGBf////8HQgFlKgwI
AhAHOgIBAkICYXgqCxABIgQAAAC/QgF0KgsQASIEAAAAQUIBa1ocCghjaGFubmVscxIQCg4IARIKCgIIAQoCCAcKAGIT
CgVzY29yZRIKCggIARIECgIIAUIECgAQDQ==
"""
)
_FILE = "posture.onnx"


def write_weights(folder: Path, sha256: str = "") -> Path:
    """Write a folder of weights, with another checksum on its card if one is given."""
    one = {"file": _FILE, "sha256": sha256 or hashlib.sha256(_GRAPH).hexdigest()}
    models = {worn: {stage.name: one for stage in STAGES} for worn in ("trunk", "arm")}
    (folder / _FILE).write_bytes(_GRAPH)
    (folder / CARD).write_text(json.dumps({"models": models}), encoding="utf-8")
    return folder


@cache
def _folder() -> str:
    kept = tempfile.mkdtemp(prefix="floorwatch-posture-")
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    write_weights(Path(kept))
    return kept


def by_posture(**settings: object) -> FallDetector:
    """Return the fall detector with these weights: a fall is whoever is not upright after a blow.

    It lives as long as the process.
    """
    return FallDetector.model_validate({"weights": _folder(), **settings})

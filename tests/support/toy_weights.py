"""A folder of fall weights that anybody can foretell: the more a body has turned, the higher.

The score is twice the mean of 1 - cos(tilt) over what the model sees, so somebody who lies for half
of it scores 1, and who stays upright 0. The graph is written byte by byte, in ONNX's own format:
the package that writes such files is needed for training only.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from detectors.fall.model import CARD, STAGES
from detectors.fall.window import CHANNELS

FLOAT, INT64 = 1, 7
INT, INTS = 2, 7
"""Kinds of an attribute."""
IR_VERSION, OPSET = 8, 13


def write_weights(folder: Path, blind: bool = False) -> Path:
    """Write weights for trunk and arm, and return their folder. Blind ones score 0, always."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = _graph(blind)
    (folder / "toy.onnx").write_bytes(graph)
    file = {"file": "toy.onnx", "sha256": hashlib.sha256(graph).hexdigest()}
    stages = {stage.name: file for stage in STAGES}
    card = {"models": {"trunk": stages, "arm": stages}}
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    return folder


def _graph(blind: bool) -> bytes:
    last = ("Sub", "once", "once") if blind else ("Add", "once", "once")
    nodes = (
        _node("Gather", ("channels", "which"), "tilt", _attribute("axis", 1)),
        _node(
            "ReduceMean", ("tilt",), "mean", _attribute("axes", (1, 2)), _attribute("keepdims", 0)
        ),
        _node("Neg", ("mean",), "once"),
        _node(last[0], last[1:], "score"),
    )
    which = _packed(1, (1,)) + _whole(2, INT64) + _packed(7, (CHANNELS.index("tilt"),))
    parts = (
        *(_bytes(1, node) for node in nodes),
        _bytes(2, b"toy"),
        _bytes(5, which + _bytes(8, b"which")),
        _bytes(11, _tensor("channels", (1, len(CHANNELS), "t"))),
        _bytes(12, _tensor("score", (1,))),
    )
    opset = _bytes(1, b"") + _whole(2, OPSET)
    return _whole(1, IR_VERSION) + _bytes(7, b"".join(parts)) + _bytes(8, opset)


def _node(kind: str, inputs: tuple[str, ...], output: str, *attributes: bytes) -> bytes:
    named = b"".join(_bytes(1, name.encode()) for name in inputs) + _bytes(2, output.encode())
    return named + _bytes(4, kind.encode()) + b"".join(_bytes(5, each) for each in attributes)


def _attribute(name: str, value: int | tuple[int, ...]) -> bytes:
    said = _bytes(1, name.encode())
    if isinstance(value, int):
        return said + _whole(3, value) + _whole(20, INT)
    return said + _packed(8, value) + _whole(20, INTS)


def _tensor(name: str, shape: tuple[int | str, ...]) -> bytes:
    sides = (
        _whole(1, side) if isinstance(side, int) else _bytes(2, side.encode()) for side in shape
    )
    dims = b"".join(_bytes(1, side) for side in sides)
    kind = _whole(1, FLOAT) + _bytes(2, dims)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, kind))


def _packed(field: int, values: tuple[int, ...]) -> bytes:
    return _bytes(field, b"".join(map(_varint, values)))


def _whole(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Return a number as protobuf writes it: seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)

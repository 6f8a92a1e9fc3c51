"""A network small enough to write down: an ONNX file whose outputs are constants.

The wire format of protocol buffers by hand, so that no package is needed to make one.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

FLOAT = 1


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes(((value & 127) | 128,))
        value >>= 7
    return out + bytes((value,))


def _field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(raw)) + raw


def _info(name: str, shape: Sequence[int]) -> bytes:
    dims = b"".join(_field(1, _field(1, size)) for size in shape)
    tensor = _field(1, FLOAT) + _field(2, dims)
    return _field(1, name) + _field(2, _field(1, tensor))


def write(
    path: Path,
    given: Sequence[int],
    outputs: Mapping[str, tuple[Sequence[int], Sequence[float]]],
) -> Path:
    """Write a network with one float input `image`, and outputs of these shapes and values."""
    graph = b""
    for name, (shape, values) in outputs.items():
        tensor = b"".join(_field(1, size) for size in shape) + _field(2, FLOAT)
        tensor += _field(8, f"{name}_is") + _field(9, struct.pack(f"<{len(values)}f", *values))
        node = _field(1, f"{name}_is") + _field(2, name) + _field(4, "Identity")
        graph += _field(1, node) + _field(5, tensor) + _field(12, _info(name, shape))
    graph += _field(2, "tiny") + _field(11, _info("image", given))
    model = _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13))
    path.write_bytes(model)
    return path

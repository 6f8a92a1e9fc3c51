"""A walk as `floorwatch record` writes it down: all that crossed the broker meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contract.batch import Batch
from contract.reads import Read, ReadsBlock
from simulators.recordings.own import Crossing, Writer
from tests.support.badge_recordings import Line

TOPIC = "floorwatch/1/hall-7/edge-1/batch"


def record(path: Path, lines: Sequence[Line], reader: str = "reader-1", copies: int = 1) -> Path:
    """Write reads as an agent sends them, twenty a block, beside what else is on a broker."""
    with Writer(path) as writer:
        writer.write(Crossing(0, "floorwatch/1/hall-7/edge-1/status", b'{"message": "status/1"}'))
        writer.write(Crossing(1, "vendor/zigbee", b"\xff\x00 not text"))
        for seq, first in enumerate(range(0, len(lines), 20)):
            reads = tuple(
                Read(tag=tag, point=point, t_ns=t_us * 1000, rssi_dbm=level)
                for t_us, point, level, tag in lines[first : first + 20]
            )
            t_ns = reads[0].t_ns
            block = ReadsBlock(device=reader, seq=seq, t0_ns=t_ns, reads=reads)
            batch = Batch(agent="edge-1", sent_ns=t_ns, blocks=(block,))
            for _ in range(copies):
                writer.write(Crossing(t_ns, TOPIC, batch.model_dump_json().encode()))
    return path

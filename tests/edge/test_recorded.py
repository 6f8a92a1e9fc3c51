from __future__ import annotations

import threading
from pathlib import Path

import pytest

from contract.door import DoorBlock, DoorEvent
from contract.instants import NS_PER_S
from contract.message import Block
from contract.reads import Read, ReadsBlock
from contract.site import Broker as Table
from contract.tracks import Frame, TracksBlock
from edge.errors import SensorError
from edge.sensor import Context
from edge.sensors.recorded import Recorded, moved
from tests.edge.agents import running, site
from tests.edge.samples import T0_NS, imu, sos
from tests.support.brokers import Broker, wait_until
from tests.support.gatewaypeer import gateway_peer

NOW_NS = T0_NS + 10_000 * NS_PER_S
CONTEXT = Context(site=site(), agent="edge-1", broker=Table(), clock=lambda: NOW_NS)


def play(path: Path, *lines: bytes, **settings: object) -> tuple[list[Block], list[str]]:
    path.write_bytes(b"\n".join(lines))
    source = Recorded.model_validate({"path": path, "speed": "max", **settings}).open(CONTEXT)
    blocks: list[Block] = []
    reasons: list[str] = []

    def emit(block: Block, *, numbered: bool = True, **_given: object) -> None:
        assert not numbered
        blocks.append(block)

    def refuse(device: str | None, reason: str, *, partly: bool = False) -> None:
        reasons.append(reason)

    source.run(emit, refuse, threading.Event())
    return blocks, reasons


def line(block: Block) -> bytes:
    return block.model_dump_json().encode()


def test_it_ends_now_with_its_distances_kept(tmp_path: Path) -> None:
    blocks, reasons = play(tmp_path / "r.jsonl", *(line(imu(seq)) for seq in (0, 1, 5)))
    assert not reasons
    assert [block.end_ns - NOW_NS for block in blocks] == [-5 * NS_PER_S, -4 * NS_PER_S, 0]


def test_it_plays_in_time_with_nothing_in_the_future(tmp_path: Path) -> None:
    near = [imu(0), imu(0).model_copy(update={"seq": 1, "t0_ns": T0_NS + NS_PER_S})]
    blocks, _ = play(tmp_path / "r.jsonl", *map(line, near), speed=50)
    assert blocks[1].end_ns == NOW_NS + NS_PER_S // 50
    assert blocks[1].t0_ns - blocks[0].t0_ns == NS_PER_S


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"{", id="cut off"),
        pytest.param(b'{"message": "imu/1"}', id="half a block"),
        pytest.param(b"x" * 2_000_000, id="2 MB"),
    ],
)
def test_a_bad_line_is_refused_and_the_rest_is_played(bad: bytes, tmp_path: Path) -> None:
    blocks, reasons = play(tmp_path / "r.jsonl", line(imu(0)), bad, b"", line(sos(0)))
    assert [block.message for block in blocks] == ["imu/1", "event/1"]
    assert len(reasons) == 1
    assert "r.jsonl" in reasons[0]


def test_a_file_without_a_block_says_so(tmp_path: Path) -> None:
    assert play(tmp_path / "r.jsonl", b"")[1] == [f"{tmp_path / 'r.jsonl'} has no block in it"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        pytest.param({"path": "gone.jsonl"}, "no file gone.jsonl", id="no file"),
        pytest.param({"path": __file__, "speed": 0}, "not above 0", id="no speed"),
    ],
)
def test_what_cannot_work_is_said_at_start(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(SensorError, match=sentence):
        Recorded.model_validate(settings).open(CONTEXT)


def test_every_time_in_a_block_moves() -> None:
    reads = ReadsBlock(device="r", seq=0, t0_ns=5, reads=(Read(tag="e2", t_ns=6),))
    frames = TracksBlock(device="c", seq=0, t0_ns=5, size_px=(1, 1), frames=(Frame(t_ns=7),))
    assert (moved(reads, 10).t0_ns, moved(reads, 10).end_ns) == (15, 16)
    assert (moved(frames, 10).t0_ns, moved(frames, 10).end_ns) == (15, 17)
    passage = DoorEvent(door="gate", tag="7", granted=True, t_ns=6)
    doors = DoorBlock(device="d", seq=0, t0_ns=5, events=(passage,))
    assert (moved(doors, 10).t0_ns, moved(doors, 10).end_ns) == (15, 16)


def test_a_recording_crosses_and_may_be_played_twice(broker: Broker, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\n".join(line(imu(seq)) for seq in range(30)))
    table = f'[[agent.sensors]]\nkind = "recorded"\npath = "{path}"\nspeed = "max"\n'
    with gateway_peer(broker, lambda _: True) as gateway:

        def played(times: int) -> bool:
            return len({(block.boot, block.seq) for block in list(gateway.blocks)}) == 30 * times

        with running(broker, tmp_path / "state", table):
            wait_until(lambda: played(1), "it all")
        with running(broker, tmp_path / "state", table):
            wait_until(lambda: played(2), "it all once more")

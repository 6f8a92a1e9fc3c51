"""A window of the flight recorder plays back with all that stood when it began."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from contract import topics
from contract.instants import ns
from contract.message import Block
from contract.reads import Read, ReadsBlock
from contract.report import SPEAKER
from contract.zonestate import EnergyState, ZoneStateBlock
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from gateway.effects import Effects
from gateway.export import Exported, window
from gateway.inbox import Road
from gateway.ingest import Ingest
from gateway.ledger import Ledger
from tests.support.pages import START_NS
from tests.support.place_site import assigned, place_site

SITE = place_site('[[detector]]\nkind = "zone"')
HOUR_NS = ns(3600)
FAR_NS = 2**62


def state(zone: str, state: EnergyState, *, seq: int, t0_ns: int) -> ZoneStateBlock:
    """Return a state that somebody set in the backend."""
    return ZoneStateBlock(
        device=SPEAKER, boot=1, seq=seq, t0_ns=t0_ns, zone=zone, state=state, by="karin-ek"
    )


def in_the_cell(tag: str, seq: int = 0, t0_ns: int = START_NS) -> ReadsBlock:
    """Return five seconds of reads of somebody who stands in the robot cell."""
    reads = tuple(
        Read(tag=tag, point="1", t_ns=t0_ns + ns(n / 8), rssi_dbm=-55.0 + 6 * (n % 3))
        for n in range(40)
    )
    return ReadsBlock(device="reader-1", boot=1, seq=seq, t0_ns=t0_ns, reads=reads)


def recorded(folder: Path, *blocks: Block) -> None:
    """Let a gateway hear these, each as it ends, and write them down."""
    ingest = Ingest(SITE, Pipeline(SITE, build(SITE)))
    with Ledger(folder, SITE) as ledger:
        for block in blocks:
            backend = block.device == SPEAKER
            topic = topics.topic(SITE.id, SPEAKER if backend else "edge-1", block.stream)
            road = Road.BACKEND if backend else Road.BROKER
            payload = block.model_dump_json(exclude_none=True).encode()
            ledger.commit(ingest.receive(topic, payload, block.end_ns, road), block.end_ns)


def played(exported: Sequence[Exported]) -> Effects:
    """Return what a gateway makes of a recording."""
    ingest = Ingest(SITE, Pipeline(SITE, build(SITE), exercise=True), played=True)
    effects = Effects()
    for each in exported:
        effects.add(ingest.receive(each.topic, each.payload, each.arrived_ns))
    return effects


def breaches(effects: Effects) -> list[tuple[str, str | None, str]]:
    return [(d.kind, d.person, str(d.assessment.severity)) for d in effects.detections]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        pytest.param((), [], id="nobody's tag"),
        pytest.param(
            (assigned("ff01", "o-lund", t0_ns=START_NS - HOUR_NS),),
            [("zone_breach", "o-lund", "SEV1")],
            id="given to somebody an hour before the window",
        ),
        pytest.param(
            (
                assigned("ff01", "k-sato", t0_ns=START_NS - 2 * HOUR_NS),
                assigned("ff01", "o-lund", seq=2, t0_ns=START_NS - HOUR_NS),
                assigned("ff01", "m-keller", seq=3, t0_ns=START_NS + HOUR_NS),
            ),
            [("zone_breach", "o-lund", "SEV1")],
            id="whose it was then, not before or after",
        ),
        pytest.param(
            (
                assigned("ff01", "o-lund", t0_ns=START_NS - 2 * HOUR_NS),
                assigned("ff01", None, seq=2, t0_ns=START_NS - HOUR_NS),
            ),
            [],
            id="handed back",
        ),
        pytest.param(
            (
                assigned("ff01", "o-lund", t0_ns=START_NS - HOUR_NS),
                state("robot-cell", "locked_out", seq=2, t0_ns=START_NS - HOUR_NS),
            ),
            [("zone_breach", "o-lund", "SEV2")],
            id="in a zone that was locked out then",
        ),
    ],
)
@pytest.mark.parametrize("trimmed", [False, True], ids=["recorded", "only-standing"])
def test_a_replay_knows_who_wore_what_when(
    tmp_path: Path, said: Sequence[Block], found: list[tuple[str, str, str]], trimmed: bool
) -> None:
    reads = in_the_cell("ff01")
    before = [block for block in said if block.end_ns < START_NS]
    recorded(tmp_path, *before, reads, *said[len(before) :])
    if trimmed and len(before) == len(said):
        with Ledger(tmp_path, SITE) as ledger:
            ledger.connection.execute("DELETE FROM block WHERE device = 'backend'")
    exported = list(window(tmp_path, SITE.id, START_NS, START_NS + ns(60)))
    assert breaches(played(exported)) == found
    assert {each.arrived_ns for each in exported} == {reads.end_ns}


def test_of_one_device_only_its_own_blocks_are_exported(tmp_path: Path) -> None:
    recorded(tmp_path, assigned("ff01", "o-lund", t0_ns=START_NS - HOUR_NS), in_the_cell("ff01"))
    (only,) = window(tmp_path, SITE.id, START_NS, FAR_NS, "reader-1")
    assert only.topic.endswith("/edge-1/reads")


def test_a_window_in_which_nothing_was_heard_is_empty(tmp_path: Path) -> None:
    recorded(tmp_path, assigned("ff01", "o-lund", t0_ns=START_NS - HOUR_NS))
    assert list(window(tmp_path, SITE.id, START_NS, FAR_NS)) == []


def test_only_the_backend_gives_tags_to_people() -> None:
    ingest = Ingest(SITE, Pipeline(SITE, build(SITE)))
    block = assigned("ff01", "o-lund")
    payload = block.model_dump_json().encode()
    for agent, told in (("backend", "unknown-agent"), ("edge-1", "unknown-device")):
        topic = topics.topic(SITE.id, agent, block.stream)
        (reject,) = ingest.receive(topic, payload, START_NS).rejects
        assert reject.reason == told
    mine = block.model_copy(update={"device": "reader-1"})
    topic = topics.topic(SITE.id, "edge-1", block.stream)
    (reject,) = ingest.receive(topic, mine.model_dump_json().encode(), START_NS).rejects
    assert reject.reason == "not-its-kind"

"""Which agent is believed about a device, and what a device of its kind may say."""

from __future__ import annotations

from typing import get_args

import pytest

from contract.batch import BLOCKS
from contract.imu import ImuBlock
from contract.message import Block
from contract.report import Bound
from contract.site import Device, Site
from contract.sitefile import parse
from contract.speech import REFUSED, SPEAKS, DeviceKind
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from gateway.binding import Bindings
from gateway.effects import Reason

TEXT = """
[site]
id = "dock-2"
[[zone]]
id = "lane"
[[zone]]
id = "cell"
[[agent]]
id = "edge-1"
{agents}
[[device]]
id = "its-own"
kind = "imu"
agent = "edge-1"
[[device]]
id = "anybodys"
kind = "imu"
[[device]]
id = "plc"
kind = "plc"
points = {{ in-1 = "cell" }}
agent = "edge-1"
[[device]]
id = "panel"
kind = "plc"
evacuates = true
agent = "edge-1"
"""
SECOND = '[[agent]]\nid = "edge-2"'


def site(agents: str = SECOND) -> Site:
    return parse(TEXT.format(agents=agents))


def imu(device: str) -> ImuBlock:
    return ImuBlock(device=device, seq=0, t0_ns=0, odr_hz=50, accel_g=((0.0, 0.0, 1.0),))


def reason(bindings: Bindings, agent: str, block: Block) -> Reason | None:
    wrong = bindings.wrong(agent, block)
    return wrong[0] if wrong else None


def state(zone: str) -> ZoneStateBlock:
    return ZoneStateBlock(device="plc", seq=0, t0_ns=0, zone=zone, state="energised", by="x")


def evacuation(device: str, *, on: bool = True) -> EvacuationBlock:
    return EvacuationBlock(device=device, seq=0, t0_ns=0, on=on, by="x")


@pytest.mark.parametrize(
    ("agent", "block", "why_not"),
    [
        pytest.param("edge-1", imu("its-own"), None, id="its own device"),
        pytest.param("edge-2", imu("its-own"), Reason.WRONG_AGENT, id="another's"),
        pytest.param("edge-1", imu("nobodys"), Reason.UNKNOWN_DEVICE, id="in no site file"),
        pytest.param("edge-1", state("cell"), None, id="a PLC of its zone"),
        pytest.param("edge-1", state("lane"), Reason.ZONE, id="a PLC of another zone"),
        pytest.param("edge-1", state("hall"), Reason.INVALID, id="a PLC of no zone"),
        pytest.param("edge-1", evacuation("panel"), None, id="a fire panel begins"),
        pytest.param("edge-1", evacuation("panel", on=False), Reason.KIND, id="and never ends"),
        pytest.param("edge-1", evacuation("plc"), Reason.KIND, id="a PLC that is no fire panel"),
        pytest.param("edge-1", imu("plc"), Reason.KIND, id="a PLC that says it is worn"),
    ],
)
def test_who_is_believed_about_what(agent: str, block: Block, why_not: Reason | None) -> None:
    assert reason(Bindings(site()), agent, block) == why_not


def test_a_device_without_an_agent_is_the_first_ones_who_brings_it() -> None:
    bindings = Bindings(site())
    assert bindings.bind("anybodys", "edge-2") == Bound(device="anybodys", agent="edge-2")
    assert bindings.bind("anybodys", "edge-2") is None
    assert reason(bindings, "edge-1", imu("anybodys")) is Reason.WRONG_AGENT
    assert reason(bindings, "edge-2", imu("anybodys")) is None
    assert bindings.bind("its-own", "edge-1") is None, "the site file says it already"
    later = Bindings(site())
    later.restore([Bound(device="anybodys", agent="edge-2")])
    assert reason(later, "edge-1", imu("anybodys")) is Reason.WRONG_AGENT
    assert later.bind("anybodys", "edge-2") is None


def test_what_the_site_file_says_since_counts_more_than_who_spoke_first() -> None:
    gone = Bindings(site())
    gone.restore([Bound(device="anybodys", agent="edge-9"), Bound(device="gone", agent="edge-1")])
    assert gone.bind("anybodys", "edge-1") is not None, "edge-9 is in no site file any more"
    named = Bindings(site())
    named.restore([Bound(device="its-own", agent="edge-2")])
    assert reason(named, "edge-1", imu("its-own")) is None


def test_a_sites_only_agent_has_every_device() -> None:
    bindings = Bindings(site(""))
    assert bindings.bind("anybodys", "edge-1") is None
    assert reason(bindings, "edge-1", imu("anybodys")) is None


def of(message: str) -> Block:
    """Return a block that says so of `it`; what it measured is nobody's business here."""
    if message == "zone_state/1":
        return state("lane").model_copy(update={"device": "it"})
    if message == "evacuation/1":
        return evacuation("it")
    return BLOCKS[message].model_construct(message=message, device="it", seq=0, t0_ns=0)


@pytest.mark.parametrize("message", sorted(BLOCKS))
@pytest.mark.parametrize("kind", get_args(DeviceKind))
def test_a_device_says_what_its_kind_says_and_nothing_else(kind: DeviceKind, message: str) -> None:
    device = Device(id="it", kind=kind, zone="lane", tag="aa", evacuates=True)
    known = site().model_copy(update={"device": (device,)})
    found = reason(Bindings(known), "edge-1", of(message))
    its_agents_word = message == REFUSED
    assert found == (None if message in SPEAKS[kind] or its_agents_word else Reason.KIND)

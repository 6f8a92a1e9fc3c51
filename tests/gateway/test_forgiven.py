"""What costs a block its time, or a field, and not itself."""

from __future__ import annotations

import pytest

from gateway.effects import Reason
from gateway.ingest import LAST_NS, Ingest
from tests.support.ingested import GOOD, NOW_NS, TOPIC, as_dict, raw_batch
from tests.support.site_of_two import batch, imu


@pytest.mark.parametrize(
    "t0_ns",
    [
        pytest.param(LAST_NS, id="a time that no clock says"),
        pytest.param(2**63 - 1, id="as far in the future as can be written"),
    ],
)
def test_a_future_that_cannot_be_costs_the_time_and_is_told(ingest: Ingest, t0_ns: int) -> None:
    effects = ingest.receive(TOPIC, batch(imu(0, t0_ns=t0_ns)), NOW_NS)
    (record,) = effects.records
    assert record.end_ns == NOW_NS
    assert not record.late
    assert not effects.refused, "the agent is to forget it once it is held, not to give it up"
    assert [reject.reason for reject in effects.rejects] == [Reason.FUTURE]


def test_a_field_that_can_be_spared_costs_itself_and_is_told(ingest: Ingest) -> None:
    effects = ingest.receive(TOPIC, raw_batch(as_dict(GOOD, battery=300)), NOW_NS)
    assert len(effects.records) == 1
    assert not effects.refused
    assert [(reject.reason, reject.label) for reject in effects.rejects] == [
        (Reason.LEFT_OUT, "belt-1")
    ]

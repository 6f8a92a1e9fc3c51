"""Every figure of `Stats` is exported, and what is exported is a figure."""

from __future__ import annotations

from dataclasses import fields

from prometheus_client import generate_latest

from gateway.effects import Effects
from gateway.metrics import COUNTERS, GAUGES, Metrics, unexported
from gateway.tally import MAX_FIELD_NAMES, GatewayTally, Stats


def stats() -> Stats:
    return Stats(
        at_ns=1,
        site="dock-2",
        gateway="gateway",
        connected=True,
        inbox_depth=2,
        outbox_depth=3,
        disk_full=False,
        blocks=7,
        refused_of={"belt-1": {"future": 4}},
        unknown_fields={"colour": 5},
    )


def test_every_figure_is_exported() -> None:
    assert unexported() == {"at_ns", "site", "gateway"}
    assert {*GAUGES, *COUNTERS} <= {field.name for field in fields(Stats)}


def test_the_page_tells_the_figures() -> None:
    told = generate_latest(Metrics(stats).registry).decode()
    for line in (
        "floorwatch_gateway_connected 1.0",
        "floorwatch_gateway_blocks_total 7.0",
        'floorwatch_gateway_refused_total{device="belt-1",reason="future"} 4.0',
        'floorwatch_gateway_unknown_fields_total{field="colour"} 5.0',
    ):
        assert line in told.splitlines()


def test_names_of_unknown_fields_cannot_fill_the_memory() -> None:
    tally = GatewayTally()
    for n in range(10 * MAX_FIELD_NAMES):
        effects = Effects()
        effects.unknown_fields[f"f{n}"] = 1
        tally.note(effects, 1)
    counted = tally.unknown_fields()
    assert len(counted) == MAX_FIELD_NAMES + 1
    assert sum(counted.values()) == 10 * MAX_FIELD_NAMES

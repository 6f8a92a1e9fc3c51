"""`make bench`: prints the tables of docs/benchmarks.md. Ratios hold; absolute times are noisy."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from rich.console import Console
from rich.table import Table

from tests.benchmarks import block_cost, device_cost, fall_cost, page_latency
from tests.benchmarks.storm import STORMS


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--only", choices=("devices", "cost", "fall", "latency"))
    parser.add_argument("--database", choices=page_latency.DATABASES, help="of the page table")
    parser.add_argument("--receivers", choices=page_latency.SICK, help="of the page table")
    parser.add_argument("--storm", type=int, choices=[storm.wearers for storm in STORMS])
    given = parser.parse_args()
    console = Console(width=200)
    answer: dict[str, object] = {}
    if given.only in (None, "devices"):
        figures = device_cost.measure()
        answer["device_cost"] = asdict(figures)
        if not given.json:
            for table in _device_tables(figures):
                console.print(table)
    if given.only in (None, "cost"):
        rows = block_cost.measure()
        answer["block_cost"] = [{**asdict(row), "blocks_per_s": row.blocks_per_s} for row in rows]
        if not given.json:
            console.print(_cost_table(rows))
    if given.only in (None, "fall"):
        cost = fall_cost.measure()
        answer["fall_cost"] = asdict(cost)
        if not given.json:
            console.print(_fall_table(cost))
    if given.only in (None, "latency"):
        pages = list(_pages(given, console))
        answer["page_latency"] = [asdict(row) for row in pages]
        if not given.json:
            console.print(_latency_table(pages))
    if given.json:
        print(json.dumps(answer, indent=2))


def _device_tables(figures: device_cost.Figures) -> tuple[Table, Table]:
    devices = Table(
        title="Devices a core: parsed one-second blocks of 50 samples; a blow 26 and 400 times an "
        f"hour; one look of the model {figures.look_us:.0f} µs (mean of {figures.looks:,})"
    )
    for head in ("", "calm, µs a block", "devices a core", "busy, µs a block", "devices a core"):
        devices.add_column(head, justify="left" if not head else "right")
    for row in figures.rows:
        calm, busy = (f"{us:.2f}" for us in (row.calm_us, row.busy_us))
        counts = (f"{count:,}" for count in (row.calm_devices, row.busy_devices))
        devices.add_row(row.name, calm, next(counts), busy, next(counts))
    sizes = Table(title="A device that nothing strikes")
    heads = ("Hz", "fall detector", "with the pipeline", "state, written down", "memory in all")
    for head in heads:
        sizes.add_column(head, justify="right")
    for size in figures.sizes:
        sizes.add_row(
            f"{size.odr_hz:g}",
            f"{size.quiet_us:.1f} µs a block",
            f"{size.quiet_pipeline_us:.1f} µs a block",
            f"{size.state_bytes:,} bytes",
            f"{size.heap_bytes:,} bytes",
        )
    return devices, sizes


def _cost_table(rows: list[block_cost.Row]) -> Table:
    table = Table(title="CPU a one-second block of 50 samples, one core, the same run")
    for head in ("", "µs a block", "blocks/s", "against the gateway", "falls found"):
        table.add_column(head, justify="left" if not head else "right")
    whole = rows[0].us_a_block
    for row in rows:
        ratio = f"{row.us_a_block / whole:.2f} ×"
        found = str(row.falls) if row.falls else "–"
        table.add_row(row.name, f"{row.us_a_block:.1f}", f"{row.blocks_per_s:,.0f}", ratio, found)
    return table


def _fall_table(cost: fall_cost.Cost) -> Table:
    table = Table(
        title=f"CPU a fall: with falls minus without, by the number of falls ({cost.falls})"
    )
    for head in ("", "before its first page", "in all"):
        table.add_column(head, justify="left" if not head else "right")
    table.add_row("gateway", f"{cost.gateway_first_ms:.1f} ms", f"{cost.gateway_ms:.1f} ms")
    table.add_row("backend", f"{cost.backend_first_ms:.1f} ms", f"{cost.backend_ms:.1f} ms")
    return table


def _pages(given: argparse.Namespace, console: Console) -> Iterator[page_latency.Latency]:
    storms = tuple(storm for storm in STORMS if given.storm in (None, storm.wearers))
    databases = (given.database,) if given.database else page_latency.DATABASES
    sick = (given.receivers,) if given.receivers else tuple(page_latency.SICK)
    for row in page_latency.measure(databases, sick, storms):
        if not given.json:
            # A minute and more each: whoever waits sees that it goes on.
            console.print(f"{row.storm}, {row.database}: p99 {row.p99_ms:.0f} ms")
        yield row


def _latency_table(rows: list[page_latency.Latency]) -> Table:
    table = Table(
        title="From the block that settles a fall to its first hand-off, by any channel, "
        f"{datetime.now().astimezone():%d %B %Y}"
    )
    heads = ("", "database", "receivers", "falls", "paged", "p50 to the backend", "p50", "p99")
    more = ("max", "p99 wanted", "untried after 8 s", "cores: gateway", "backend", "load before")
    for head in (*heads, *more):
        table.add_column(head, justify="left" if head in heads[:3] else "right")
    for row in rows:
        times = (row.backend_p50_ms, row.p50_ms, row.p99_ms, row.max_ms, row.target_p99_ms)
        cores = (row.gateway_cores, row.backend_cores, row.load)
        table.add_row(
            *(row.storm, row.database, row.receivers, str(row.falls), str(row.paged)),
            *(f"{ms:,.0f} ms" for ms in times),
            str(row.untried),
            *(f"{each:.2f}" for each in cores),
        )
    return table


if __name__ == "__main__":
    main()

"""The gateway's figures for Prometheus, read from the same `Stats` that everything else reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import fields
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.tally import Stats

PREFIX = "floorwatch_gateway"
GAUGES = {
    "connected": "1 while what the gateway publishes comes back through the broker",
    "inbox_depth": "Publishes that wait to be looked at",
    "outbox_depth": "Detections that the backend has not confirmed",
    "devices_heard": "Devices of which a block arrived in the last ten seconds",
    "disk_full": "1 while nothing can be written, so nothing is acknowledged",
    "recorder_bytes": "What the gateway's database holds",
}
COUNTERS = {
    "messages": "Publishes looked at",
    "blocks": "Blocks recorded, each once",
    "duplicates": "Copies of blocks that were taken before",
    "late": "Blocks that were measured long before they arrived",
    "ahead": "Messages from more than five minutes ahead of this clock: it, or theirs, is wrong",
    "acknowledged": "Blocks that an agent was told are held",
    "faults": "Times that a detector failed; the block was set aside",
    "detections": "Detections made",
    "delivered": "Detections that the backend confirmed",
    "delivery_failures": "POSTs of detections that were not confirmed",
    "detections_set_aside": "Detections that the backend refuses for good",
    "detections_folded": "Detections folded into an equal one that waits; they are in its count",
    "unreadable": "Claims in the place of those that the backend refuses, or chokes on",
    "unreadable_refused": "Of these, refused in their turn",
    "evidence_pushed": "Sensor windows that the backend took",
    "evidence_failures": "Sensor windows that the backend did not take",
    "reports": "Accounts of unknown tags, zones and whereabouts that the backend took",
    "report_failures": "Accounts that the backend did not take; the next one is whole again",
    "inbox_overflows": "Publishes that found no room; they come again",
    "commit_failures": "Commits that failed; their blocks come again",
    "recorder_trimmed": "Blocks that grew too old or too many",
    "connections": "Times that the broker was reached",
    "link_failures": "Times that the broker was lost or not reached",
    "history_written": "Rows of history written",
    "history_lost": "Rows of history that were given up",
    "history_failures": "Writes of history that failed; the rows come again",
}
LABELLED = ("refused", "unknown_fields", "inbox_overflows_of")
"""Counters by something."""
DELIVERY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class Metrics(Collector):
    """A registry of its own, so that two gateways fit into one process."""

    def __init__(self, stats: Callable[[], Stats]) -> None:
        self._stats = stats
        self._server: tuple[WSGIServer, threading.Thread] | None = None
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self.delivery_s = Histogram(
            f"{PREFIX}_delivery_seconds",
            "From a detection's commit to the backend's receipt",
            buckets=DELIVERY_BUCKETS_S,
            registry=self.registry,
        )

    def serve(self, port: int) -> int:
        """Answer on loopback; return the port, which is a free one if 0 was asked for."""
        self._server = start_http_server(port, addr="127.0.0.1", registry=self.registry)
        return int(self._server[0].server_port)

    def close(self) -> None:
        """Stop answering."""
        if self._server is not None:
            server, thread = self._server
            server.shutdown()
            server.server_close()
            thread.join()
            self._server = None

    def describe(self) -> Iterable[Metric]:
        """Return nothing: names are known only from a collection, and checking would make one."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Yield every figure."""
        stats = self._stats()
        for name, told in GAUGES.items():
            yield GaugeMetricFamily(f"{PREFIX}_{name}", told, value=float(getattr(stats, name)))
        for name, told in COUNTERS.items():
            yield CounterMetricFamily(f"{PREFIX}_{name}", told, value=float(getattr(stats, name)))
        refused = CounterMetricFamily(
            f"{PREFIX}_refused", "Refusals by device and reason", labels=["device", "reason"]
        )
        for device, reasons in stats.refused_of.items():
            for reason, count in reasons.items():
                refused.add_metric([device, reason], count)
        yield refused
        dropped = CounterMetricFamily(
            f"{PREFIX}_inbox_overflows_of", "Publishes that found no room", labels=["agent"]
        )
        for agent, count in stats.inbox_overflows_of.items():
            dropped.add_metric([agent], count)
        yield dropped
        unknown = CounterMetricFamily(
            f"{PREFIX}_unknown_fields", "Fields that this version does not know", labels=["field"]
        )
        for field, count in stats.unknown_fields.items():
            unknown.add_metric([field], count)
        yield unknown


def exported() -> set[str]:
    """Return the fields of `Stats` that are exported, to be held against the dataclass."""
    return {*GAUGES, *COUNTERS, *LABELLED, "refused_of"}


def unexported() -> set[str]:
    """Return the fields of `Stats` that only name things or that nobody exports."""
    return {field.name for field in fields(Stats)} - exported()

"""What Prometheus may ask this backend."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

LATENCY_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)


class BackendMetrics:
    """Counters of one backend, in a registry of its own: two backends in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.detections = Counter(
            "floorwatch_detections",
            "Detections taken in",
            ("phase", "result"),
            registry=self.registry,
        )
        self.incidents = Counter(
            "floorwatch_incidents_opened",
            "Incidents opened, by the tier they opened with",
            ("severity",),
            registry=self.registry,
        )
        self.pages = Counter(
            "floorwatch_pages",
            "Attempts to hand a page off",
            ("channel", "result"),
            registry=self.registry,
        )
        self.page_latency_s = Histogram(
            "floorwatch_page_latency_seconds",
            "From when a page was planned to go out to its hand-off",
            registry=self.registry,
            buckets=LATENCY_S,
        )
        self.hung = Gauge(
            "floorwatch_hand_offs_hung",
            "Hand-offs that did not come back by their deadline and still have not",
            ("channel",),
            registry=self.registry,
        )
        self.unwritten = Gauge(
            "floorwatch_page_outcomes_unwritten",
            "Hand-offs that have ended and that the database would not note",
            registry=self.registry,
        )
        self.refusals = Counter(
            "floorwatch_refusals", "Requests refused", ("reason",), registry=self.registry
        )
        self.uncalled = Gauge(
            "floorwatch_open_and_nobody_will_be_called",
            "Open incidents about which nobody will be called: must read zero",
            registry=self.registry,
        )
        self.connections = Gauge(
            "floorwatch_http_connections", "Connections that are open", registry=self.registry
        )
        self.cycle_s = Histogram(
            "floorwatch_engine_cycle_seconds",
            "One look of the paging engine at everything",
            registry=self.registry,
            buckets=LATENCY_S,
        )
        self.cycle_failures = Counter(
            "floorwatch_engine_failures",
            "Parts of a cycle that raised",
            ("part",),
            registry=self.registry,
        )
        self.last_cycle = Gauge(
            "floorwatch_engine_last_cycle_timestamp_seconds",
            "When the engine last ran a whole cycle",
            registry=self.registry,
        )

        self.heartbeats = Counter(
            "floorwatch_heartbeats",
            "Heartbeats to the outside: sent, failed, or withheld by the audit",
            ("result",),
            registry=self.registry,
        )
        self.last_heartbeat = Gauge(
            "floorwatch_heartbeat_last_sent_timestamp_seconds",
            "When a heartbeat was taken last",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)

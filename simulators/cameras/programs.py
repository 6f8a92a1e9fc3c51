"""The figures of the camera benches, for programs (`--json`)."""

from __future__ import annotations

from typing import Any

from simulators.cameras.bench import FallBench, ZoneBench


def zones_for_programs(bench: ZoneBench) -> dict[str, Any]:
    """Return the figures of the zone scenes, all together."""
    total = bench.total
    return {
        "zones": {
            "visits": total.visits,
            "hits": total.hits,
            "false": total.false,
            "splits": total.splits,
            "share_of_visit_time": _rounded(total.share_of_visit_time, 4),
            "empty_zones_kept_empty": total.kept_empty,
            "latency_p50_s": _rounded(total.latency_p50_s, 3),
            "fps": _rounded(bench.cost.fps, 1),
        }
    }


def falls_for_programs(bench: FallBench) -> dict[str, Any]:
    """Return the figures of the clips by camera alone, and of the falls that both sensors saw."""
    total = bench.total
    return {
        "falls": {
            "clips": total.clips,
            "hits": total.hits,
            "activities": total.activities,
            "false": total.false,
            "latency_p50_s": _rounded(total.latency_p50_s, 3),
        },
        "together": {
            "falls": bench.together.clips,
            "hits": bench.together.hits,
            "false": bench.together.false,
            "camera_hits": bench.seen_only.hits,
            "wearable_hits": bench.worn_only.hits,
            "events": bench.events,
        },
    }


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)

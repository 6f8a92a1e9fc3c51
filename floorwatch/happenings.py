"""What a person at the terminal is told: new incidents, raised tiers, pages, answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from contract.instants import NS_PER_S, as_datetime

Tone = Literal["SEV1", "SEV2", "SEV3", "SEV4", "call", "page", "good", "plain", "warning"]


@dataclass(frozen=True)
class Happening:
    """One line of the terminal view."""

    at_ns: int
    text: str
    tone: Tone = "plain"

    def line(self, time_zone: str) -> str:
        """Return it as a plain line, local time first."""
        return f"{as_datetime(self.at_ns, time_zone):%H:%M:%S}  {self.text}"


@dataclass
class Seen:
    """What has been told already, so that each happening is told once."""

    tiers: dict[int, str] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)
    pages: set[tuple[int, str]] = field(default_factory=set)


def news(
    seen: Seen,
    incidents: Iterable[Mapping[str, Any]],
    pages: Iterable[Mapping[str, Any]],
    now_ns: int,
) -> Iterator[Happening]:
    """Yield what is new in the backend's lists since the last call, oldest first."""
    opened_ns: dict[int, int] = {}
    for incident in sorted(incidents, key=lambda each: int(each["id"])):
        opened_ns[int(incident["id"])] = int(incident["opened_ns"])
        yield from _incident_news(seen, incident, now_ns)
    for page in sorted(pages, key=lambda each: int(each["id"])):
        key = (int(page["id"]), str(page["status"]))
        if key in seen.pages or page["status"] not in ("sent", "failed"):
            continue
        seen.pages.add(key)
        whom = f"{page['person_name']} by {page['channel']}"
        if page["status"] == "failed":
            yield Happening(now_ns, f"page to {whom} FAILED: {page.get('error')}", "warning")
            continue
        latency = page.get("latency_s")
        # The first pages answer the detection; the others a raised tier, or nobody's answer.
        first = int(page.get("due_ns") or 0) <= opened_ns.get(int(page["incident"]), 0)
        since = "after the detection" if first else "after it fell due"
        after = f", {latency:.2f} s {since}" if latency is not None else ""
        sent_ns = int(page.get("sent_ns") or now_ns)
        yield Happening(sent_ns, f"paged {whom} for incident {page['incident']}{after}", "page")


_FIRST: dict[Tone, int] = {"SEV1": 0, "SEV2": 0, "SEV3": 0, "SEV4": 0, "call": 1, "page": 2}


def in_order(happened: Iterable[Happening]) -> list[Happening]:
    """Return happenings by time; within a second the incident, its pages, then their receipts."""
    return sorted(happened, key=lambda each: (each.at_ns // NS_PER_S, _FIRST.get(each.tone, 3)))


def _incident_news(seen: Seen, incident: Mapping[str, Any], now_ns: int) -> Iterator[Happening]:
    number, tier, status = int(incident["id"]), str(incident["severity"]), str(incident["status"])
    who = incident.get("person_name") or incident.get("device") or "somebody"
    where = incident.get("zone_title") or incident.get("zone") or "place unknown"
    told = f"incident {number}: {incident['title']} · {who} · {where}"
    before = seen.tiers.get(number)
    if before is None:
        yield Happening(int(incident["opened_ns"]), f"{tier} {told}", _tone(tier))
    elif before != tier:
        verb = "raised" if tier < before else "lowered"
        yield Happening(now_ns, f"{tier} {told} ({verb} from {before})", _tone(tier))
    seen.tiers[number] = tier
    if seen.statuses.get(number, "open") != status:
        by = f" by {incident['acknowledged_by']}" if incident.get("acknowledged_by") else ""
        yield Happening(now_ns, f"incident {number} is {status}{by}", "good")
    seen.statuses[number] = status


def _tone(tier: str) -> Tone:
    match tier:
        case "SEV1":
            return "SEV1"
        case "SEV2":
            return "SEV2"
        case "SEV3":
            return "SEV3"
        case _:
            return "SEV4"

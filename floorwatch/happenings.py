"""What a person at the terminal is told: incidents, their tiers, calls, answers, silence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

from backend.paging.page_life import UNSETTLED, PageStatus
from contract.instants import NS_PER_S, as_datetime

Tone = Literal["SEV1", "SEV2", "SEV3", "SEV4", "call", "page", "good", "plain", "warning"]
Row = Mapping[str, Any]
Timelines = Mapping[int, Sequence[Row]]
"""By incident, its append-only record, oldest first."""

TOLD: Mapping[str, Tone] = {
    "asked": "plain",
    "answered": "good",
    "checked-in": "good",
    "unanswered": "warning",
    "held": "plain",
    "held-over": "plain",
    "certain": "plain",
    "cancel-withdrawn": "warning",
    "paging": "plain",
    "nobody": "warning",
    "step-failed": "warning",
    "channel-removed": "warning",
    "exhausted": "warning",
    "acknowledged": "good",
    "acknowledged-too": "good",
    "on-scene": "good",
    "asked-holder": "plain",
    "passed-over": "warning",
    "outgrown": "warning",
    "told": "plain",
    "cannot": "warning",
    "unacknowledged": "warning",
    "linked": "plain",
    "real": "warning",
    "reopened": "warning",
    "resolved": "good",
}
"""What of a timeline is told, and how. The rest is detail, or has a line of its own: opening and
tiers name whom and where, a page that went out says how long it took."""
_TIER_MOVES = ("raised", "lowered")


@dataclass(frozen=True)
class TerminalLine:
    """One line of the terminal view."""

    at_ns: int
    text: str
    tone: Tone = "plain"

    def line(self, time_zone: str) -> str:
        """Return it as a plain line, local time first."""
        return f"{as_datetime(self.at_ns, time_zone):%H:%M:%S}  {self.text}"


@dataclass
class SeenBefore:
    """What has been told already, so that each happening is told once.

    Parameters
    ----------
    since_ns
        What was on record before is not told: whoever starts a site wants to read of today.
    """

    since_ns: int = 0
    tiers: dict[int, str] = field(default_factory=dict)
    entries: dict[int, int] = field(default_factory=dict)
    """By incident, the number of the last entry of its timeline that was looked at."""
    pages: set[tuple[int, str]] = field(default_factory=set)


def news(
    seen: SeenBefore,
    incidents: Iterable[Row],
    pages: Iterable[Row],
    now_ns: int,
    timelines: Timelines | None = None,
) -> Iterator[TerminalLine]:
    """Yield what is new in the backend's lists since the last call, oldest first.

    Timelines may be of some incidents only: those of the others are told when they come.
    """
    timelines = timelines or {}
    opened_ns: dict[int, int] = {}
    for incident in sorted(incidents, key=lambda each: int(each["id"])):
        number = int(incident["id"])
        opened_ns[number] = int(incident["opened_ns"])
        yield from _incident_news(seen, incident, timelines.get(number, ()), now_ns)
    yield from _page_news(seen, pages, opened_ns, now_ns)


_AFTER_ITS_INCIDENT: Mapping[Tone, int] = {"call": 1, "page": 2}


def in_order(happened: Iterable[TerminalLine]) -> list[TerminalLine]:
    """Return happenings by time; within a second the incident, its pages, then their receipts."""

    def place(each: TerminalLine) -> tuple[int, int]:
        return each.at_ns // NS_PER_S, _AFTER_ITS_INCIDENT.get(each.tone, 0)

    return sorted(happened, key=place)


def _incident_news(
    seen: SeenBefore, incident: Row, timeline: Sequence[Row], now_ns: int
) -> Iterator[TerminalLine]:
    number, tier = int(incident["id"]), str(incident["severity"])
    before = seen.tiers.get(number)
    seen.tiers[number] = tier
    if before is None:
        yield TerminalLine(int(incident["opened_ns"]), _named(incident), _tone(tier))
        yield from _timeline_news(seen, number, timeline)
        return
    if before == tier:
        yield from _timeline_news(seen, number, timeline)
        return
    # What moved the tier is told before it, and whom that calls after it.
    moves = [n for n, entry in enumerate(timeline, start=1) if entry["what"] in _TIER_MOVES]
    until = moves[-1] if moves else 0
    yield from _timeline_news(seen, number, timeline[:until])
    verb = "raised" if tier < before else "lowered"
    at_ns = int(timeline[until - 1]["at_ns"]) if moves else now_ns
    yield TerminalLine(at_ns, f"{_named(incident)} ({verb} from {before})", _tone(tier))
    yield from _timeline_news(seen, number, timeline[until:])


def _named(incident: Row) -> str:
    who = incident.get("person_name") or incident.get("device") or "somebody"
    where = incident.get("zone_title") or incident.get("zone") or "place unknown"
    tier, number, title = incident["severity"], incident["id"], incident["title"]
    return f"{tier} incident {number}: {title} · {who} · {where}"


def _timeline_news(
    seen: SeenBefore, number: int, timeline: Sequence[Row]
) -> Iterator[TerminalLine]:
    last = seen.entries.get(number, 0)
    for entry in timeline:
        new = int(entry["seq"]) > last and int(entry["at_ns"]) >= seen.since_ns
        tone = TOLD.get(str(entry["what"]))
        if new and tone is not None:
            text = f"incident {number}: {_as_told(entry)}"
            yield TerminalLine(int(entry["at_ns"]), text, tone)
    seen.entries[number] = max([last, *(int(entry["seq"]) for entry in timeline)])


def _as_told(entry: Row) -> str:
    text = str(entry["text"])
    # A person's reason alone does not say what they did with it.
    return f"{entry['what']} – {text}" if entry["what"] in ("resolved", "reopened") else text


def _page_news(
    seen: SeenBefore, pages: Iterable[Row], opened_ns: Mapping[int, int], now_ns: int
) -> Iterator[TerminalLine]:
    sent: list[Row] = []
    for page in sorted(pages, key=lambda each: int(each["id"])):
        refused = page["status"] in UNSETTLED and page.get("error")
        key = (int(page["id"]), "refused" if refused else str(page["status"]))
        if key in seen.pages:
            continue
        if refused:
            seen.pages.add(key)
            whom = f"{page['person_name']} by {page['channel']}"
            text = f"page to {whom} NOT taken, and tried again: {page['error']}"
            yield TerminalLine(now_ns, text, "warning")
        elif page["status"] == PageStatus.SENT:
            seen.pages.add(key)
            sent.append(page)
    for (number, channel, due_ns), alike in groupby(sent, _hand_off):
        yield _receipt(list(alike), number, channel, due_ns <= opened_ns.get(number, 0), now_ns)


def _hand_off(page: Row) -> tuple[int, str, int]:
    return int(page["incident"]), str(page["channel"]), int(page.get("due_ns") or 0)


def _receipt(
    pages: Sequence[Row], number: int, channel: str, first: bool, now_ns: int
) -> TerminalLine:
    """Return one line for pages that fell due together: the slowest says how long it took."""
    names = ", ".join(dict.fromkeys(str(page["person_name"]) for page in pages))
    took_s = [float(page["latency_s"]) for page in pages if page.get("latency_s") is not None]
    # The first pages answer the detection; the others a raised tier, or nobody's answer.
    since = "after the detection" if first else "after it fell due"
    after = f", {max(took_s):.2f} s {since}" if took_s else ""
    sent_ns = max(int(page.get("sent_ns") or now_ns) for page in pages)
    return TerminalLine(sent_ns, f"paged {names} by {channel} for incident {number}{after}", "page")


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

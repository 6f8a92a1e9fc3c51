"""Incidents of a hall that does not exist, as the store would read them."""

from __future__ import annotations

import math
import random
from typing import Any

from backend.incidents.view import (
    EvidenceView,
    IncidentSummary,
    IncidentView,
    PageView,
    TimelineEntry,
)
from contract.instants import as_datetime, ns
from contract.severity import Facts, Severity, assess

NOW_NS = 1_763_000_000 * 10**9
ONSET_NS = NOW_NS - ns(73)


def iso(at_ns: int) -> str:
    return as_datetime(at_ns).isoformat()


def fall_window(before_s: float = 4, after_s: float = 8, odr_hz: float = 50) -> EvidenceView:
    """Walk, stumble, 0.36 s of free fall, an impact of about 6.8 g, then still."""
    chance = random.Random(7)
    samples = []
    for index in range(round((before_s + after_s) * odr_hz)):
        at_s = index / odr_hz - before_s
        if at_s < -1.1:
            stride = 2 * math.pi * 1.85 * at_s
            value = 1 + 0.24 * math.sin(stride) + 0.11 * math.sin(2 * stride + 0.6)
            value += chance.gauss(0, 0.035)
        elif at_s < 0:
            value = 1 + 0.5 * math.sin(2 * math.pi * 2.6 * (at_s + 1.1)) * (at_s + 1.1)
        elif at_s < 0.36:
            value = 0.16 + 0.05 * math.sin(18 * at_s)
        elif at_s < 1.3:
            past_s = at_s - 0.36
            value = 1 + 5.8 * math.exp(-past_s / 0.055) * abs(math.cos(2 * math.pi * 7.5 * past_s))
            value += 1.5 * math.exp(-(((past_s - 0.29) / 0.04) ** 2))
        else:
            value = 0.99 + 0.012 * math.sin(1.7 * at_s) + chance.gauss(0, 0.008)
        samples.append(max(0.02, value))
    return EvidenceView(
        device="belt-03",
        onset_at_s=before_s,
        odr_hz=odr_hz,
        magnitude_g=tuple(samples),
        complete=True,
    )


def page(number: int, person: str, name: str, status: str = "sent", **changes: Any) -> PageView:
    due_ns = ONSET_NS + ns(1.1)
    values: dict[str, Any] = {
        "id": number,
        "incident": 4127,
        "severity": Severity.SEV1,
        "person": person,
        "person_name": name,
        "channel": "sms",
        "step": 1,
        "status": status,
        "text": "Person down, not moving: Mira Keller, B3 Press line",
        "due_ns": due_ns,
        "sent_ns": due_ns + ns(0.12) if status == "sent" else None,
        "attempts": 0 if status == "due" else 1,
        "latency_s": 0.18 if status == "sent" else None,
    }
    return PageView(**{**values, **changes})


def entry(seq: int, after_s: float, what: str, text: str, who: str = "system") -> TimelineEntry:
    at_ns = ONSET_NS + ns(after_s)
    return TimelineEntry(seq=seq, at_ns=at_ns, at=iso(at_ns), what=what, who=who, text=text)


def fall(**changes: Any) -> IncidentView:
    """Mira Keller fell at the press line a minute ago and does not move; nobody has answered."""
    told = assess(Facts(kind="fall", still_s=17))
    values: dict[str, Any] = {
        "id": 4127,
        "kind": "fall",
        "severity": Severity.SEV1,
        "status": "open",
        "person": "m-keller",
        "person_name": "Mira Keller",
        "zone": "press-line",
        "zone_title": "B3 Press line",
        "device": "belt-03",
        "onset": iso(ONSET_NS),
        "onset_ns": ONSET_NS,
        "opened_ns": ONSET_NS + ns(1),
        "title": "Person down, not moving",
        "confidence": 0.94,
        "exercise": False,
        "site": "hall-7",
        "time_zone": "Europe/Stockholm",
        "reason": "free fall of 0.36 s, impact of 6.8 g, then lying still for 17 s",
        "assessment": told,
        "numbers": {"free_fall_s": 0.36, "peak_g": 6.8, "still_s": 17.0, "tilt_deg": 84.0},
        "hazard": "none",
        "department": "Press line",
        "phone": "+46700001003",
        "next_step_ns": NOW_NS + ns(46),
        "next_people": ("Omar Said", "Gustav Dahl"),
        "pages": (
            page(1, "karin-ek", "Karin Ek"),
            page(2, "ines-falk", "Ines Falk", channel="e-mail", attempts=2, latency_s=2.4),
            page(3, "ines-falk", "Ines Falk", "due", channel="webhook", attempts=5,
                 error="connection refused by the message service"),
        ),
        "timeline": (
            entry(1, 1.0, "opened", "Fall detected at belt-03, confidence 0.94: SEV2"),
            entry(2, 1.3, "page-sent", "Paged Karin Ek by sms"),
            entry(3, 3.5, "page-sent", "Paged Ines Falk by e-mail"),
            entry(4, 15.4, "raised", "Raised from SEV2 to SEV1: fell and does not move"),
            entry(5, 31.0, "page-failed", "Could not reach Ines Falk by webhook"),
        ),
        "evidence": fall_window(),
    }  # fmt: skip
    return IncidentView(**{**values, **changes})


def row(number: int, severity: Severity, title: str, age_s: float, **changes: Any) -> IncidentView:
    """One incident of the board."""
    onset_ns = NOW_NS - ns(age_s)
    values: dict[str, Any] = {
        "id": number,
        "severity": severity,
        "title": title,
        "onset": iso(onset_ns),
        "onset_ns": onset_ns,
        "opened_ns": onset_ns + ns(1),
        "kind": "zone_breach",
        "evidence": None,
    }
    return fall(**{**values, **changes})


def board() -> tuple[IncidentView, ...]:
    """Every level, every status."""
    taken: dict[str, Any] = {"status": "acknowledged", "acknowledged_ns": NOW_NS - ns(60)}
    return (
        fall(),
        row(4126, Severity.SEV2, "Not authorised in a truck lane", 400, zone_title="A3 Truck lane",
            person_name="Dana Moore", exercise=True),
        row(4120, Severity.SEV3, "Stays in a restricted zone", 1085, zone_title="C1 Chemicals",
            person_name="Anna Lind"),
        row(4119, Severity.SEV4, "A device is silent", 7300, zone_title=None, zone=None,
            person_name=None, person=None),
        row(4110, Severity.SEV2, "Fall", 900, zone_title="A2 Racking", person_name="Tomas Varga",
            kind="fall", acknowledged_by="karin-ek", **taken),
        row(4101, Severity.SEV3, "Stays in a restricted zone", 90_000, zone_title="C1 Chemicals",
            person_name="Lena Brandt", status="resolved"),
    )  # fmt: skip


def summary(view: IncidentView) -> IncidentSummary:
    return IncidentSummary(**{name: getattr(view, name) for name in IncidentSummary.model_fields})

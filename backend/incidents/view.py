"""An incident as it is read: by the API, by the console, by a page's text."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from contract.severity import Assessment, Severity


class View(BaseModel):
    """The base of what is only read."""

    model_config = ConfigDict(frozen=True)


class TimelineEntry(View):
    """One line of the append-only record."""

    seq: int = Field(description="Counts the incident's entries from 1, without a gap")
    at_ns: int
    at: str = Field(description="ISO 8601, UTC")
    what: str = Field(
        description="opened, raised, lowered, page-sent, page-failed, acknowledged, …"
    )
    who: str = Field(description='A person\'s id, or "system"')
    text: str = Field(description="The entry in words")


class PageView(View):
    """One call on one person's attention, over one channel."""

    id: int
    incident: int
    severity: Severity
    person: str
    person_name: str
    channel: str
    step: int
    status: str = Field(description="due, sending, sent, failed, withdrawn")
    text: str
    due_ns: int
    sent_ns: int | None = None
    attempts: int = 0
    latency_s: float | None = Field(
        None, description="To the hand-off, from the detection's decision or from falling due later"
    )
    error: str | None = None


class EvidenceView(View):
    """A sensor window, ready to be drawn: magnitudes in g against seconds from the onset."""

    device: str
    onset_at_s: float = Field(description="Onset, in seconds from the first sample")
    odr_hz: float
    magnitude_g: tuple[float, ...]
    complete: bool


class IncidentSummary(View):
    """A row of the list."""

    id: int
    kind: str
    severity: Severity
    status: str = Field(description="open, acknowledged or resolved")
    person: str | None = Field(description="The wearer's id in the site file")
    person_name: str | None
    zone: str | None = Field(description="The zone's id in the site file")
    zone_title: str | None
    device: str
    onset: str = Field(description="ISO 8601, UTC")
    onset_ns: int
    opened_ns: int
    title: str = Field(description='As a person would say it: "Person down, not moving"')
    confidence: float
    exercise: bool
    acknowledged_by: str | None = Field(None, description="A person's id")
    acknowledged_by_name: str | None = None
    acknowledged_ns: int | None = None


class IncidentView(IncidentSummary):
    """An incident with all that its page shows."""

    site: str
    time_zone: str
    reason: str = Field(description="The detector's claim in words")
    assessment: Assessment = Field(description="The tier's rule and inputs")
    numbers: dict[str, float] = Field(description="The detector's evidence, units in the names")
    hazard: str
    department: str | None
    phone: str | None = Field(description="The wearer's, to call")
    next_step_ns: int | None = Field(description="When the next rung is paged, if nobody answers")
    next_people: tuple[str, ...] = Field((), description="Who that would be, by name")
    asking_until_ns: int | None = Field(None, description="The wearer is being asked until then")
    pages: tuple[PageView, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    evidence: EvidenceView | None = None

"""An incident as it is read: by the API, by the console, by a page's text."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from backend.incidents.lifecycle import Life
from backend.paging.page_life import UNSETTLED, PageStatus
from contract.severity import Assessment, Severity


class ReadModel(BaseModel):
    """The base of what is only read."""

    model_config = ConfigDict(frozen=True)


class TimelineEntry(ReadModel):
    """One line of the append-only record."""

    seq: int = Field(description="Counts the incident's entries from 1, without a gap")
    at_ns: int = Field(description="UTC, nanoseconds since 1970")
    at: str = Field(description="ISO 8601, UTC")
    what: str = Field(
        description="opened, raised, lowered, page-sent, page-failed (one try), acknowledged, …"
    )
    who: str = Field(description='A person\'s id, or "system"')
    text: str = Field(description="The entry in words")


class PageView(ReadModel):
    """One call on one person's attention, over one channel."""

    id: int = Field(description="Counts pages")
    incident: int = Field(description="The incident that it is about")
    severity: Severity = Field(description="The tier at the time")
    person: str = Field(description="Who is paged, by id")
    person_name: str = Field(description="Who is paged")
    channel: str = Field(description="Over what")
    step: int = Field(description="The rung of the ladder, from 0")
    status: PageStatus = Field(description="Where it is in its life")
    text: str = Field(description="What the person is told")
    due_ns: int = Field(description="When it was to go out")
    sent_ns: int | None = Field(None, description="When the channel took it over")
    attempts: int = Field(0, description="How often it was tried")
    latency_s: float | None = Field(
        None, description="To the hand-off, from the detection's decision or from falling due later"
    )
    error: str | None = Field(None, description="Why it did not go out")

    @property
    def in_vain(self) -> bool:
        """Whether it was tried, did not get through, and is tried on."""
        return self.error is not None and self.status in UNSETTLED


class EvidenceView(ReadModel):
    """A sensor window, ready to be drawn: magnitudes in g against seconds from the onset."""

    device: str = Field(description="What measured it")
    onset_at_s: float = Field(description="Onset, in seconds from the first sample")
    odr_hz: float = Field(description="Samples a second")
    magnitude_g: tuple[float, ...] = Field(description="Signal vector magnitudes")
    complete: bool = Field(description="No later version will come")


class IncidentSummary(ReadModel):
    """A row of the list."""

    id: int = Field(description="Counts incidents")
    kind: str = Field(description="What happened: fall, zone_breach, sos, …")
    severity: Severity = Field(description="The tier now")
    status: Life = Field(description="Where it is in its life")
    person: str | None = Field(description="The wearer's id in the site file")
    person_name: str | None = Field(description="The wearer's name")
    zone: str | None = Field(description="The zone's id in the site file")
    zone_title: str | None = Field(description="The zone's title")
    device: str = Field(description="What measured it")
    onset: str = Field(description="ISO 8601, UTC")
    onset_ns: int = Field(description="The same, in nanoseconds since 1970")
    opened_ns: int = Field(description="When the backend had it")
    title: str = Field(description='As a person would say it: "Person down, not moving"')
    confidence: float = Field(description="The detector's, 0 to 1")
    exercise: bool = Field(description="A replay or a drill: nobody is hurt")
    acknowledged_by: str | None = Field(None, description="A person's id")
    acknowledged_by_name: str | None = Field(None, description="Who took it")
    acknowledged_ns: int | None = Field(None, description="When it was taken")
    outcome: str | None = Field(
        None, description="What it was: real, false-alarm, exercise; cancelled by the wearer alone"
    )


class IncidentView(IncidentSummary):
    """An incident with all that its page shows."""

    site: str = Field(description="The site's id")
    time_zone: str = Field(description="The site's, IANA")
    reason: str = Field(description="The detector's claim in words")
    assessment: Assessment = Field(description="The tier's rule and inputs")
    numbers: dict[str, float] = Field(description="The detector's evidence, units in the names")
    hazard: str = Field(description="The zone's hazard class")
    department: str | None = Field(description="The wearer's")
    phone: str | None = Field(description="The wearer's, to call")
    next_step_ns: int | None = Field(description="When the next rung is paged, if nobody answers")
    lease_until_ns: int | None = Field(
        None, description="Until when whoever has it is believed; then asked, or passed over"
    )
    holder_asked: bool = Field(False, description="Whoever has it is being asked where they are")
    on_scene_ns: int | None = Field(None, description="When somebody said that they are there")
    linked_to: int | None = Field(None, description="An incident that it may have to do with")
    next_people: tuple[str, ...] = Field((), description="Who that would be, by name")
    asking_until_ns: int | None = Field(None, description="The wearer is being asked until then")
    pages: tuple[PageView, ...] = Field((), description="Every page, oldest first")
    timeline: tuple[TimelineEntry, ...] = Field(
        (), description="The append-only record, oldest first"
    )
    evidence: EvidenceView | None = Field(None, description="The sensor window, once there is one")

"""What was detected when, and who was paged, trial by trial. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from backend.incidents.view import IncidentView
from contract.detection_kinds import DetectionKind
from contract.instants import ns, seconds
from simulators.replay.timeline import Playing

HIT_WITHIN_S = 2.0
"""A fall is found when an onset lies within this of the recorded impact or annotated fall."""


class Paged(BaseModel):
    """One page that went out."""

    model_config = ConfigDict(frozen=True)

    name: str
    channel: str
    after_onset_s: float


class Found(BaseModel):
    """One incident of a trial."""

    model_config = ConfigDict(frozen=True)

    kind: str
    severity: str
    at_s: float = Field(description="Onset, seconds into the trial")
    title: str
    hit: bool = Field(description="It is the fall that was recorded")
    paged: tuple[Paged, ...]


class TrialResult(BaseModel):
    """One recorded trial, and what the system made of it."""

    model_config = ConfigDict(frozen=True)

    set: str
    subject: str
    activity: str
    trial: int
    is_fall: bool
    length_s: float
    impact_s: float | None
    found: tuple[Found, ...]

    @property
    def detected(self) -> bool:
        """Whether the recorded fall was found."""
        return any(each.hit for each in self.found)

    @property
    def false_alarms(self) -> int:
        """How many incidents were not the recorded fall."""
        return sum(not each.hit for each in self.found)


def results(
    playing: Sequence[Playing], incidents: Iterable[IncidentView]
) -> tuple[TrialResult, ...]:
    """Return each trial with the incidents whose onset lies inside it."""
    listed = list(incidents)
    return tuple(_result(each, listed) for each in playing)


def _result(playing: Playing, incidents: Sequence[IncidentView]) -> TrialResult:
    trial = playing.trial
    found = tuple(
        Found(
            kind=incident.kind,
            severity=str(incident.severity),
            at_s=round(seconds(incident.onset_ns - playing.start_ns), 2),
            title=incident.title,
            hit=trial.is_fall
            and incident.kind == DetectionKind.FALL
            and _is_hit(playing, incident.onset_ns),
            paged=_paged(incident),
        )
        for incident in incidents
        if incident.person == playing.wearer
        and playing.start_ns <= incident.onset_ns <= playing.end_ns
    )
    return TrialResult(
        set=trial.set,
        subject=trial.subject,
        activity=trial.activity,
        trial=trial.trial,
        is_fall=trial.is_fall,
        length_s=round(len(trial.accel_g) / trial.odr_hz, 2),
        impact_s=round(trial.peak_s, 2) if trial.is_fall else None,
        found=found,
    )


def _is_hit(playing: Playing, onset_ns: int) -> bool:
    trial = playing.trial
    begin_s = trial.onset_s if trial.onset_s is not None else trial.peak_s
    end_s = trial.end_s if trial.end_s is not None else trial.peak_s
    low = playing.start_ns + ns(begin_s - HIT_WITHIN_S)
    high = playing.start_ns + ns(end_s + HIT_WITHIN_S)
    return low <= onset_ns <= high


def _paged(incident: IncidentView) -> tuple[Paged, ...]:
    sent = sorted(
        (page for page in incident.pages if page.sent_ns is not None), key=lambda page: page.id
    )
    return tuple(
        Paged(
            name=page.person_name,
            channel=page.channel,
            after_onset_s=round(seconds((page.sent_ns or 0) - incident.onset_ns), 2),
        )
        for page in sent
    )

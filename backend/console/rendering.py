"""Read models in, HTML out. Pure but for the templates, which are read from the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from backend.console import assets, countdown, waveform, wording
from backend.console.answer import AnswerForms, name_of, people_paged
from backend.console.calls import calls
from backend.console.films import Film
from backend.console.measures import measures
from backend.console.troubles import troubles
from backend.incidents.lifecycle import Life
from backend.incidents.outcome import WORDS
from backend.incidents.view import IncidentSummary, IncidentView, TimelineEntry
from backend.people.sessions import ConsoleSession
from contract.detection_kinds import MAY_LIE
from contract.instants import NS_PER_MS

ROWS_SHOWN = {
    Life.OPEN: 50,
    Life.ACKNOWLEDGED: 50,
    Life.ON_SCENE: 50,
    Life.RESOLVED: 10,
}


@dataclass(frozen=True)
class Board:
    """What the first page shows; one zone's time for all of it."""

    open: tuple[IncidentSummary, ...]
    acknowledged: tuple[IncidentSummary, ...]
    resolved: tuple[IncidentSummary, ...]
    time_zone: str = "UTC"

    @classmethod
    def of(
        cls,
        opened: Sequence[IncidentSummary],
        acknowledged: Sequence[IncidentSummary],
        on_scene: Sequence[IncidentSummary],
        resolved: Sequence[IncidentSummary],
        time_zone: str = "UTC",
    ) -> Board:
        """Sort them: what nobody has taken by severity, the longest waiting first."""
        taken = (*acknowledged, *on_scene)
        return cls(
            tuple(sorted(opened, key=lambda one: (one.severity.rank, one.opened_ns))),
            tuple(sorted(taken, key=lambda one: (one.severity.rank, -one.opened_ns))),
            tuple(sorted(resolved, key=lambda one: -one.opened_ns)),
            time_zone,
        )


@dataclass(frozen=True)
class Live:
    """Where a page gets its updates, and after what silence it must not look live."""

    url: str
    stale_ms: int


def incident_page(
    view: IncidentView,
    answer: AnswerForms,
    live: Live,
    now_ns: int,
    films: Sequence[Film] = (),
    session: ConsoleSession | None = None,
) -> str:
    """Return the whole page of an incident."""
    values = _incident(view, answer, now_ns)
    return render("incident.html", live=live, films=films, session=session, **values)


def incident_fragment(
    view: IncidentView, answer: AnswerForms, now_ns: int, films: Sequence[Film] = ()
) -> str:
    """Return all of an incident's page that can change; each part has an id."""
    return render("_incident.html", films=films, **_incident(view, answer, now_ns))


def board_page(board: Board, live: Live, now_ns: int, session: ConsoleSession) -> str:
    """Return the first page."""
    values = _board(board, now_ns)
    return render("board.html", part="_board.html", live=live, session=session, **values)


def board_fragment(board: Board, now_ns: int) -> str:
    """Return the part of the first page that changes."""
    return render("_board.html", **_board(board, now_ns))


def problem_page(title: str, sentence: str, todo: Sequence[str]) -> str:
    """Return a page that says what went wrong and what its reader can do now."""
    return render("problem.html", title=title, sentence=sentence, todo=todo, now_ms=0)


def _incident(view: IncidentView, answer: AnswerForms, now_ns: int) -> dict[str, object]:
    fall = view.kind in MAY_LIE
    evidence = view.evidence
    peak = waveform.peak(evidence) if evidence else None
    return {
        "incident": view,
        "answer": answer,
        "fall": fall,
        "now_ns": now_ns,
        "now_ms": now_ns // NS_PER_MS,
        "time_zone": view.time_zone,
        "next_step": countdown.next_step(view),
        "lease": countdown.lease(view),
        "asking": countdown.asking(view, now_ns),
        "people": people_paged(view),
        "calls": calls(view),
        "taken_by": name_of(view, view.acknowledged_by),
        "resolution": _last(view, "resolved"),
        "peak": peak,
        "peak_word": "Impact" if fall else "Peak",
        "revision": max((entry.seq for entry in view.timeline), default=0),
    }


def _board(board: Board, now_ns: int) -> dict[str, object]:
    return {
        "board": board,
        "now_ns": now_ns,
        "now_ms": now_ns // NS_PER_MS,
        "time_zone": board.time_zone,
    }


def _last(view: IncidentView, what: str) -> TimelineEntry | None:
    return next((entry for entry in reversed(view.timeline) if entry.what == what), None)


def render(template: str, **values: object) -> str:
    """Return a template with these values in it; `session` is whose page it is, if anybody's."""
    return _templates().get_template(template).render({"session": None, **values})


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("backend.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        levels=wording.LEVELS,
        impacts=wording.IMPACTS,
        urgencies=wording.URGENCIES,
        outcomes=WORDS,
        channels=wording.CHANNELS,
        asset_root=f"/static/{assets.version()}",
        falls=MAY_LIE,
        window_rows=waveform.rows,
        troubles=troubles,
    )
    templates.filters.update(
        clock_time=wording.clock_time,
        delivery=wording.delivery,
        since=wording.since,
        span=wording.span,
        sentence=wording.sentence,
        names=wording.names,
        measures=measures,
        number=wording.number,
        waveform=lambda evidence, word: Markup(waveform.draw(evidence, peak_word=word)),
        spark=lambda evidence: Markup(waveform.spark(evidence)),
    )
    return templates

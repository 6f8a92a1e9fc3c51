"""The terminal view as it is drawn, on a narrow terminal too."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from contract.instants import ns
from floorwatch.happenings import TerminalLine
from floorwatch.terminal import LiveView, PlainView
from floorwatch.watch import Figures

NOW_NS = ns(1_700_000_000)
LINK = "http://127.0.0.1:8000/a/" + "WzE0LDMsIjZiMTg3MzU4ZTRkMzBhMzEiLDE3OTYzOTI0MTBd" * 2
BUSY = Figures(140, 1234.0, 5678, 910, 123, 4567, 0.14, 12.77, backend_answers=True)


def drawn(figures: Figures, *happened: TerminalLine, width: int = 80) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, height=40, force_terminal=True, color_system=None)
    with LiveView(console, "Hall 7", "http://127.0.0.1:8000", 12, "UTC") as view:
        view.show(figures, list(happened))
    return out.getvalue()


def test_the_figures_of_a_busy_site_fit_80_columns() -> None:
    lines = drawn(BUSY).splitlines()
    head = next(line for line in lines if "devices heard" in line)
    cells = next(line for line in lines if "4567" in line)
    assert "latency p50 · max" in head
    assert "0.14 s · 12.77 s" in cells
    assert "…" not in head + cells


def test_a_link_stays_whole_however_narrow_the_terminal_is() -> None:
    page = TerminalLine(
        NOW_NS, f"PAGE SEV1 → Karin Ek: Fall, Mira Keller. Acknowledge: {LINK}", "call"
    )
    assert any(LINK in line for line in drawn(BUSY, page, width=60).splitlines())


@pytest.mark.parametrize("live", [pytest.param(True, id="live"), pytest.param(False, id="lines")])
def test_what_keeps_people_from_being_called_is_said(
    live: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = Figures(backend_answers=True, problems=("the engine is late",))
    told = "NOBODY MAY BE CALLED: the engine is late"
    if live:
        assert told in drawn(figures)
        return
    view = PlainView(Console(), "UTC", 12)
    view.show(figures, [])
    view.show(figures, [])
    assert capsys.readouterr().out.count(told) == 1

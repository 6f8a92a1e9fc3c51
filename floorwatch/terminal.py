"""The terminal view: a live head and the latest happenings, or plain lines without a terminal."""

from __future__ import annotations

import re
from collections import deque
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from floorwatch.happenings import TerminalLine, Tone
from floorwatch.watch import Figures

STYLES: dict[Tone, str] = {
    "SEV1": "bold white on #C1121F",
    "SEV2": "bold black on #EC7404",
    "SEV3": "black on #FFDD33",
    "SEV4": "white on #17458F",
    "call": "bold",
    "page": "dim",
    "good": "green",
    "warning": "bold red",
    "plain": "",
}
LINES_KEPT = 200


class TerminalView(Protocol):
    """Where a running site shows itself."""

    def __enter__(self) -> Self:
        """Take the screen."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Give it back."""
        ...

    def show(self, figures: Figures, happened: list[TerminalLine]) -> None:
        """Show the figures of now, and add what has happened."""
        ...


def view_for(console: Console, title: str, url: str, wearers: int, time_zone: str) -> TerminalView:
    """Return a live view on a terminal, plain lines otherwise."""
    if console.is_terminal:
        return LiveView(console, title, url, wearers, time_zone)
    return PlainView(console, time_zone, wearers)


class PlainView:
    """A line for each happening, and the figures now and then."""

    def __init__(self, console: Console, time_zone: str, wearers: int) -> None:
        self._console = console
        self._time_zone = time_zone
        self._wearers = wearers
        self._looks = 0
        self._wrong = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        return None

    def show(self, figures: Figures, happened: list[TerminalLine]) -> None:
        """Print what is new; now and then the figures."""
        for happening in happened:
            print(happening.line(self._time_zone), flush=True)
        now_and_then = self._looks % 20 == 10
        if now_and_then or bool(figures.problems) != self._wrong:
            self._wrong = bool(figures.problems)
            for problem in figures.problems:
                print(f"          NOBODY MAY BE CALLED: {problem}", flush=True)
        if now_and_then:
            print(f"          {summary(figures, self._wearers)}", flush=True)
        self._looks += 1


class LiveView:
    """The figures stay at the foot; happenings scroll above them."""

    def __init__(
        self, console: Console, title: str, url: str, wearers: int, time_zone: str
    ) -> None:
        self._console = console
        self._title = title
        self._url = url
        self._wearers = wearers
        self._time_zone = time_zone
        self._lines: deque[TerminalLine] = deque(maxlen=LINES_KEPT)
        self._live = Live(console=console, auto_refresh=False, transient=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._live.stop()

    def show(self, figures: Figures, happened: list[TerminalLine]) -> None:
        """Print what is new above, and draw the figures again."""
        for happening in happened:
            told, link = _apart(happening.text)
            line = Text(f"{happening.line(self._time_zone)[:10]}")
            line.append(told, STYLES[happening.tone])
            self._live.console.print(line)
            if link:
                # Left to the terminal to wrap: a link that is cut in two opens nothing.
                self._live.console.print(Text(link), soft_wrap=True)
        self._live.update(self._foot(figures), refresh=True)

    def _foot(self, figures: Figures) -> Group:
        table = Table.grid(padding=(0, 2))
        for _ in _HEADS:
            table.add_column(justify="left", no_wrap=True)
        table.add_row(*(Text(head, "dim") for head in _HEADS))
        table.add_row(*_cells(figures))
        state = Text("backend answers", "green")
        if not figures.backend_answers:
            state = Text("the backend does not answer", STYLES["warning"])
        wrong = [Text(f"NOBODY MAY BE CALLED: {p}", STYLES["warning"]) for p in figures.problems]
        where = Text.assemble("Console and API: ", (self._url, "bold underline"), "   ", state)
        hint = Text("Ctrl-C stops everything.", "dim")
        title = f"{self._title} · {self._wearers} wearers"
        panel = Panel(Group(table, *wrong, where, hint), title=title, title_align="left")
        # The terminal echoes ^C where the cursor is: on an empty line it pushes nothing down.
        return Group(panel, Text())


_HEADS = ("devices heard", "blocks/s", "detections", "incidents", "pages", "latency p50 · max")
"""Together with the cells below them they fit a terminal of 80 columns."""
_LINK = re.compile(r"https?://\S+$")


def _apart(text: str) -> tuple[str, str]:
    """Return a text without the link at its end, and the link.

    >>> _apart("PAGE SEV1 → Karin Ek: Fall. Acknowledge: http://127.0.0.1:8000/a/t")
    ('PAGE SEV1 → Karin Ek: Fall. Acknowledge:', 'http://127.0.0.1:8000/a/t')
    >>> _apart("incident 1: Karin Ek is asked: on scene?")
    ('incident 1: Karin Ek is asked: on scene?', '')
    """
    found = _LINK.search(text)
    return (text[: found.start()].rstrip(), found.group()) if found else (text, "")


def _cells(figures: Figures) -> tuple[str, ...]:
    latency = "–"
    if figures.latency_p50_s is not None and figures.latency_max_s is not None:
        latency = f"{figures.latency_p50_s:.2f} s · {figures.latency_max_s:.2f} s"
    return (
        str(figures.devices_heard),
        f"{figures.blocks_per_s:.0f}",
        str(figures.detections),
        str(figures.incidents),
        str(figures.pages),
        latency,
    )


def summary(figures: Figures, wearers: int) -> str:
    """Return the figures as one line.

    >>> summary(Figures(devices_heard=14, blocks_per_s=16.2, detections=3), wearers=12)
    '12 wearers · devices heard 14 · blocks/s 16 · detections 3 · incidents 0 · pages 0'
    """
    pairs = list(zip(_HEADS, _cells(figures), strict=True))
    shown = pairs if figures.latency_p50_s is not None else pairs[:-1]
    return " · ".join((f"{wearers} wearers", *(f"{head} {cell}" for head, cell in shown)))

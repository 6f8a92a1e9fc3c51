"""A sensor window as SVG and as a table: EvidenceView in, text out. Pure.

The trace is min/max per column: 40,000 samples and 400 look the same, cost the same, and no spike
is ever lost. It stretches with the page while the words keep their size: the trace sits in an inner
picture without an aspect of its own, the words stand outside it at percentages.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from backend.console.wording import number
from backend.incidents.view import EvidenceView

COLUMNS = 360
"""Two points a column; about one a pixel on a phone, and 4 kB at most."""
HEIGHT = 400
PLOT_TOP, PLOT_SHARE = 11.0, 76.0
"""Where the plot lies in the picture's height, in per cent: room for a label above, time below."""
ROOM = 1.06
"""Space above the highest sample, so that its label has a place."""
TIME_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 4, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)
G_STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Peak:
    """The highest sample: how high, and when after the onset."""

    at_s: float
    magnitude_g: float


@dataclass(frozen=True)
class WaveformRow:
    """One line of the table: the range of the samples from one time to the next."""

    from_s: float
    to_s: float
    lowest_g: float
    highest_g: float


def peak(evidence: EvidenceView) -> Peak | None:
    """Return the highest sample; None when there is none that is a number."""
    if not _drawable(evidence):
        return None
    samples = evidence.magnitude_g
    at = max(_usable(samples, 0, len(samples)), key=lambda index: samples[index])
    return Peak(at / evidence.odr_hz - evidence.onset_at_s, samples[at])


def rows(evidence: EvidenceView, most: int = 24) -> tuple[WaveformRow, ...]:
    """Return the window as at most `most` (and one) lines, for whoever does not see the picture."""
    if not _drawable(evidence):
        return ()
    samples, odr_hz = evidence.magnitude_g, evidence.odr_hz
    start_s = -evidence.onset_at_s
    end_s = start_s + len(samples) / odr_hz
    step_s = next((s for s in TIME_STEPS_S if (end_s - start_s) / s <= most), end_s - start_s)
    found = []
    for edge in range(math.floor(start_s / step_s + 1e-9), math.ceil(end_s / step_s - 1e-9)):
        first = max(0, round((edge * step_s - start_s) * odr_hz))
        last = min(len(samples), round(((edge + 1) * step_s - start_s) * odr_hz))
        usable = [samples[index] for index in _usable(samples, first, last)]
        if usable:
            row = WaveformRow(
                max(start_s, edge * step_s),
                min(end_s, (edge + 1) * step_s),
                min(usable),
                max(usable),
            )
            found.append(row)
    return tuple(found)


def draw(evidence: EvidenceView, *, name: str = "waveform", peak_word: str = "Impact") -> str:
    """Return the window as an SVG picture that fills its box.

    Parameters
    ----------
    evidence
        The window. Samples that are not numbers are gaps; without any sample the picture says so.
    name
        Begins the ids of the title and the description.
    peak_word
        What the highest sample is called.

    Returns
    -------
    str
        Under 10 kB, without style attributes; colours come from the classes.
    """
    highest = peak(evidence)
    if highest is None:
        return _picture(name, "No samples", "The sensor window is empty.", "")
    start_s, end_s = _window(evidence)
    top_g, step_g = _scale(highest.magnitude_g)
    x = _Axis(start_s, end_s, 0, 100)
    y = _Axis(0, top_g, PLOT_TOP + PLOT_SHARE, PLOT_TOP)
    told = (
        f"Acceleration from {_seconds(start_s)} to {_seconds(end_s)} around the onset. "
        f"{peak_word} {_g(highest.magnitude_g)} at {_seconds(highest.at_s)}."
    )
    parts = [
        *_grid(y, top_g, step_g),
        *_onset(x, start_s, end_s),
        _plot(evidence, top_g),
        *_g_axis(y, top_g, step_g),  # words last: their halo keeps them legible on the trace
        *_time_axis(x, start_s, end_s),
        _peak_label(x.at(highest.at_s), y.at(max(highest.magnitude_g, 0)), peak_word, highest),
    ]
    return _picture(name, f"{peak_word} {_g(highest.magnitude_g)}", told, "".join(parts))


def spark(evidence: EvidenceView, columns: int = 56) -> str:
    """Return the window as a small picture without words, hidden from screen readers."""
    highest = peak(evidence)
    path = _trace(evidence, columns, _scale(highest.magnitude_g)[0]) if highest else ""
    return (
        f'<svg class="spark" viewBox="0 0 {columns} {HEIGHT}" preserveAspectRatio="none" '
        f'aria-hidden="true"><path class="trace" d="{path}"/></svg>'
    )


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    at_low: float
    at_high: float

    def at(self, value: float) -> float:
        return self.at_low + (value - self.low) / (self.high - self.low) * (
            self.at_high - self.at_low
        )


def _drawable(evidence: EvidenceView) -> bool:
    finite = math.isfinite(evidence.odr_hz) and math.isfinite(evidence.onset_at_s)
    return finite and evidence.odr_hz > 0 and any(map(math.isfinite, evidence.magnitude_g))


def _usable(samples: tuple[float, ...], first: int, last: int) -> Iterator[int]:
    return (index for index in range(first, last) if math.isfinite(samples[index]))


def _window(evidence: EvidenceView) -> tuple[float, float]:
    start_s = -evidence.onset_at_s
    return start_s, start_s + len(evidence.magnitude_g) / evidence.odr_hz


def _scale(highest_g: float) -> tuple[float, float]:
    """Return the axis' top and the step of its labels: two or three of them, little air above."""
    needed_g = max(highest_g * ROOM, 1.5)
    fits = [
        (step * count, step) for step in G_STEPS for count in (2, 3) if step * count >= needed_g
    ]
    return min(fits, default=(needed_g, needed_g / 2))


def _plot(evidence: EvidenceView, top_g: float) -> str:
    path = _trace(evidence, COLUMNS, top_g)
    return (
        f'<svg x="0" y="{PLOT_TOP:g}%" width="100%" height="{PLOT_SHARE:g}%" '
        f'viewBox="0 0 {COLUMNS} {HEIGHT}" preserveAspectRatio="none">'
        f'<path class="trace" d="{path}"/></svg>'
    )


def _trace(evidence: EvidenceView, columns: int, top_g: float) -> str:
    """Return the path: in each column its first and its last extreme, in the order they came."""
    samples = evidence.magnitude_g
    count = len(samples)
    width, columns = columns, min(columns, count)
    commands: list[str] = []
    drawing = False
    for column in range(columns):
        first, last = column * count // columns, (column + 1) * count // columns
        usable = list(_usable(samples, first, last))
        if not usable:
            drawing = False
            continue
        x = round((column + 0.5) * width / columns)
        lowest, highest = (pick(usable, key=lambda i: samples[i]) for pick in (min, max))
        heights = [_height(samples[i], top_g) for i in sorted((lowest, highest))]
        commands.append(f"{'L' if drawing else 'M'}{x} {heights[0]}")
        if heights[1] != heights[0]:
            commands.append(f"V{heights[1]}")
        elif not drawing:
            commands.append("h0")  # a lone sample is a dot, not nothing
        drawing = True
    return "".join(commands)


def _height(magnitude_g: float, top_g: float) -> int:
    return round(HEIGHT * (1 - min(max(magnitude_g, 0), top_g) / top_g))


def _ticks_g(top_g: float, step_g: float) -> list[float]:
    return sorted({1.0, *(step_g * count for count in range(1, round(top_g / step_g) + 1))})


def _grid(y: _Axis, top_g: float, step_g: float) -> Iterator[str]:
    for tick_g in _ticks_g(top_g, step_g):
        rest = ' class="rest"' if tick_g == 1 else ""
        at = f"{y.at(tick_g):.2f}%"
        yield f'<line{rest} x1="0" x2="100%" y1="{at}" y2="{at}"/>'


def _g_axis(y: _Axis, top_g: float, step_g: float) -> Iterator[str]:
    # At the right, where a fall's trace has come to rest.
    for tick_g in _ticks_g(top_g, step_g):
        at = f"{y.at(tick_g):.2f}%"
        yield f'<text x="100%" y="{at}" dy="-5" text-anchor="end">{number(tick_g)} g</text>'


def _time_axis(x: _Axis, start_s: float, end_s: float) -> Iterator[str]:
    length_s = end_s - start_s
    step_s = next((s for s in TIME_STEPS_S if length_s / s <= 5), length_s)
    for tick in range(math.ceil(start_s / step_s), math.floor(end_s / step_s) + 1):
        at = x.at(tick * step_s)
        anchor = "start" if at < 4 else "end" if at > 96 else "middle"
        yield (
            f'<text x="{at:.2f}%" y="100%" dy="-3" text-anchor="{anchor}">'
            f"{_seconds(tick * step_s)}</text>"
        )


def _onset(x: _Axis, start_s: float, end_s: float) -> Iterator[str]:
    if start_s <= 0 <= end_s:
        at = x.at(0)
        bottom = PLOT_TOP + PLOT_SHARE
        yield f'<line class="onset" x1="{at:.2f}%" x2="{at:.2f}%" y1="2%" y2="{bottom:g}%"/>'
        side = 'text-anchor="end" dx="-6"' if at > 20 else 'dx="6"'
        yield f'<text class="onset" x="{at:.2f}%" y="2%" dy="12" {side}>Onset</text>'


def _peak_label(x: float, y: float, word: str, highest: Peak) -> str:
    side = 'dx="8"' if x < 60 else 'dx="-8" text-anchor="end"'
    words = escape(f"{word} {_g(highest.magnitude_g)}")
    return f'<text class="peak" x="{x:.2f}%" y="{y:.2f}%" dy="11" {side}>{words}</text>'


def _picture(name: str, title: str, description: str, inside: str) -> str:
    name = escape(name)
    return (
        f'<svg class="wave" width="100%" height="100%" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
        f"{inside or _EMPTY}</svg>"
    )


_EMPTY = '<text x="50%" y="50%" text-anchor="middle">No samples yet</text>'


def _g(magnitude_g: float) -> str:
    return f"{magnitude_g:.1f} g"


def _seconds(at_s: float) -> str:
    rounded = round(at_s, 1) + 0.0
    return f"+{number(rounded)} s" if rounded > 0 else f"{number(rounded)} s"

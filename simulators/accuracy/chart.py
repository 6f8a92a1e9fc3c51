"""Curves as an SVG: a panel a set, the rate on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from xml.sax.saxutils import escape

from simulators.accuracy.curve import Curve, Point

PANEL, GAP, LEFT, TOP, BOTTOM = (430, 330), 70, 62, 92, 58
"""Of a panel its width and height; the space between two; and around them. Pixels."""
ABREAST = 2
ROW = PANEL[1] + BOTTOM + 40
RATES = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
NONE_SEEN = 0.03
"""Where no false alarm at all is drawn: a logarithmic scale has no 0."""
MARKED = 12
"""Where a curve has more points than this, only the one of today is marked."""
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
OURS = ("#0b3d91", "circle")
OTHERS = (
    ("#d55e00", "square"),
    ("#009e73", "triangle"),
    ("#7a7a7a", "diamond"),
    ("#cc79a7", "circle"),
    ("#e69f00", "triangle"),
    ("#56b4e9", "square"),
)
"""Okabe & Ito's colours, which colour-blind people tell apart; the shapes are for print."""


def chart(curves: Sequence[Curve]) -> str:
    """Return the curves as an SVG document. The first system is ours, and is drawn last, bold."""
    names = list(dict.fromkeys(curve.system.title for curve in curves))
    looks = dict(zip(names, _looks(), strict=False))
    by_set = groupby(sorted(curves, key=lambda curve: curve.set), key=lambda curve: curve.set)
    panels = [(name, list(of_set)) for name, of_set in by_set]
    width = LEFT + ABREAST * (PANEL[0] + GAP)
    height = TOP + -(-len(panels) // ABREAST) * ROW
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="12">',
        "<title>Falls found against false alarms an hour</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_legend(looks),
    ]
    for number, (name, of_set) in enumerate(panels):
        row, column = divmod(number, ABREAST)
        lines.append(
            f'<g transform="translate({LEFT + column * (PANEL[0] + GAP)} {TOP + row * ROW})">'
        )
        lines += _axes(f"{name} – {of_set[0].position}")
        for curve in reversed(of_set):
            lines += _drawn(curve, *looks[curve.system.title], curve.system.title == names[0])
        lines.append("</g>")
    return "\n".join([*lines, "</svg>", ""])


def _looks() -> Iterator[tuple[str, str]]:
    yield OURS
    while True:
        yield from OTHERS


def _legend(looks: dict[str, tuple[str, str]]) -> Iterator[str]:
    for number, (title, (colour, shape)) in enumerate(looks.items()):
        x, y = LEFT + (number % 4) * 235, 22 + (number // 4) * 22
        weight = ' font-weight="600"' if number == 0 else ""
        yield f'<path d="M{x} {y}h24" stroke="{colour}" stroke-width="2"/>'
        yield _mark(shape, x + 12, y, 4.5, colour, colour)
        yield f'<text x="{x + 32}" y="{y + 4}" fill="#222"{weight}>{escape(title)}</text>'


def _axes(title: str) -> Iterator[str]:
    width, height = PANEL
    yield (
        f'<text x="{width / 2}" y="-12" text-anchor="middle" font-size="14" font-weight="600" '
        f'fill="#222">{escape(title)}</text>'
    )
    for share in SHARES:
        y = _y(share)
        yield f'<path d="M0 {y:.1f}h{width}" stroke="#e4e4e4"/>'
        yield (
            f'<text x="-8" y="{y + 4:.1f}" text-anchor="end" fill="#555">{share * 100:.0f} %</text>'
        )
    for rate in (NONE_SEEN, *RATES):
        x, label = _x(rate), "none" if rate == NONE_SEEN else f"{rate:g}"
        yield f'<path d="M{x:.1f} 0v{height}" stroke="#e4e4e4"/>'
        yield (
            f'<text x="{x:.1f}" y="{height + 18}" text-anchor="middle" fill="#555">{label}</text>'
        )
    yield (
        f'<text x="{width / 2}" y="{height + 40}" text-anchor="middle" fill="#222">'
        "false alarms an hour of everyday recordings</text>"
    )
    yield f'<rect width="{width}" height="{height}" fill="none" stroke="#999"/>'


def _drawn(curve: Curve, colour: str, shape: str, ours: bool) -> Iterator[str]:
    path = " ".join(f"{_x(rate):.1f},{_y(found):.1f}" for _, rate, found in _seen(curve))
    yield (
        f'<polyline points="{path}" fill="none" stroke="{colour}" '
        f'stroke-width="{2.5 if ours else 1.3}" stroke-linejoin="round"/>'
    )
    for point, rate, found in sorted(_seen(curve), key=lambda seen: seen[0].shipped):
        if len(curve.distinct) > MARKED and not point.shipped:
            continue
        said = (
            f"{curve.system.title}, {curve.system.swept[0]} {point.threshold:g}: "
            f"{found:.1%} at {rate:.2f} an hour"
        )
        size, fill = (6.0, colour) if point.shipped else (3.2, "#ffffff")
        mark = _mark(shape, _x(rate), _y(found), size, colour, fill)
        yield f"<g><title>{escape(said)}</title>{mark}</g>"


def _seen(curve: Curve) -> Iterator[tuple[Point, float, float]]:
    for point in curve.distinct:
        if point.per_hour is not None and point.sensitivity is not None:
            yield point, point.per_hour, point.sensitivity


def _x(rate: float) -> float:
    low, high = math.log10(NONE_SEEN), math.log10(RATES[-1])
    place = (math.log10(max(rate, NONE_SEEN)) - low) / (high - low)
    return 14 + min(1.0, place) * (PANEL[0] - 28)


def _y(share: float) -> float:
    """Squared, so that there is room where detectors are worth comparing: near all falls."""
    return 12 + (1 - share**2) * (PANEL[1] - 24)


def _mark(shape: str, x: float, y: float, size: float, line: str, fill: str) -> str:
    look = f'fill="{fill}" stroke="{line}" stroke-width="1.4"'
    corners: Iterable[tuple[float, float]]
    match shape:
        case "square":
            corners = ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9))
        case "triangle":
            corners = ((0, -1.2), (1.1, 0.8), (-1.1, 0.8))
        case "diamond":
            corners = ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0))
        case _:
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {look}/>'
    path = " ".join(f"{x + dx * size:.1f},{y + dy * size:.1f}" for dx, dy in corners)
    return f'<polygon points="{path}" {look}/>'

"""The waveform: bounded, small, free of NaN, and never without its spike."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.console.waveform import COLUMNS, HEIGHT, draw, peak, rows, spark
from backend.incidents.view import EvidenceView
from tests.backend.console.sample_incidents import fall_window

SVG = "{http://www.w3.org/2000/svg}"
NAN, INF = float("nan"), float("inf")


def window(*samples: float, onset_at_s: float = 0.0, odr_hz: float = 50) -> EvidenceView:
    return EvidenceView(
        device="belt-03",
        onset_at_s=onset_at_s,
        odr_hz=odr_hz,
        magnitude_g=samples,
        complete=True,
    )


def path_of(svg: str) -> str:
    found = re.search(r' d="([^"]*)"', svg)
    return found[1] if found else ""


def points(path: str) -> list[tuple[int, int]]:
    """Walk the path, and refuse a command that the trace does not use."""
    assert re.fullmatch(r"(?:[ML]-?\d+ -?\d+|V-?\d+|h0)*", path), path
    found: list[tuple[int, int]] = []
    for command in re.findall(r"[MLVh][^MLVh]*", path):
        if command[0] in "ML":
            x, y = map(int, command[1:].split())
            found.append((x, y))
        elif command[0] == "V":
            found.append((found[-1][0], int(command[1:])))
    return found


def words(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [text.text or "" for text in root.iter() if text.tag.endswith("text")]


def test_the_fall_is_drawn_with_its_axes_its_onset_and_its_impact() -> None:
    svg = draw(fall_window())
    said = words(svg)
    assert said[-1] == "Impact 6.8 g"
    assert sorted(
        (w for w in said if re.fullmatch(r"\d+ g", w)), key=lambda w: (w == "1 g", w)
    ) == ["4 g", "8 g", "1 g"]
    assert [w for w in said if w.endswith(" s")] == ["−4 s", "0 s", "+4 s", "+8 s"]
    assert 'class="onset" x1="33.33%"' in svg
    assert "Acceleration from −4 s to +8 s around the onset. Impact 6.8 g at +0.4 s." in svg


def test_it_has_a_title_and_a_description_for_who_does_not_see_it() -> None:
    root = ElementTree.fromstring(draw(fall_window(), name="one"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "one-title one-desc"
    assert {child.get("id") for child in root if child.get("id")} == {"one-title", "one-desc"}


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(window(), id="no samples"),
        pytest.param(window(NAN, NAN, INF), id="no numbers"),
        pytest.param(window(1.0, odr_hz=0.0), id="no rate"),
        pytest.param(window(1.0, odr_hz=NAN), id="a rate that is no number"),
        pytest.param(window(1.0, onset_at_s=INF), id="an onset that is no number"),
    ],
)
def test_a_window_without_samples_says_so(evidence: EvidenceView) -> None:
    svg = draw(evidence)
    assert words(svg) == ["No samples yet"]
    assert peak(evidence) is None
    assert rows(evidence) == ()
    assert path_of(spark(evidence)) == ""


@pytest.mark.parametrize(
    ("samples", "moves"),
    [
        pytest.param((1.0,), 1, id="one sample is a dot"),
        pytest.param((1.0, 2.0, 1.0), 1, id="three samples, one line"),
        pytest.param((1.0, NAN, 1.0), 2, id="a gap breaks the line"),
        pytest.param((NAN, 1.0, 1.2), 1, id="a gap at the start"),
        pytest.param((0.0, 0.0), 1, id="free fall throughout"),
    ],
)
def test_gaps_are_gaps(samples: tuple[float, ...], moves: int) -> None:
    assert path_of(draw(window(*samples))).count("M") == moves


@given(
    samples=st.lists(st.floats(min_value=-1, max_value=500) | st.just(NAN) | st.just(INF)),
    onset_at_s=st.floats(-100, 100),
    odr_hz=st.floats(5, 1600),
)
def test_whatever_is_measured_the_trace_stays_in_its_picture(
    samples: list[float], onset_at_s: float, odr_hz: float
) -> None:
    svg = draw(window(*samples, onset_at_s=onset_at_s, odr_hz=odr_hz))
    ElementTree.fromstring(svg)
    assert not re.search(r"nan|inf\b|style=", svg, re.IGNORECASE)
    for x, y in points(path_of(svg)):
        assert 0 <= x <= COLUMNS
        assert 0 <= y <= HEIGHT
    percents = [float(value) for value in re.findall(r'[xy][12]?="(-?[\d.]+)%"', svg)]
    assert all(0 <= value <= 100 for value in percents)


@given(
    count=st.sampled_from([1, 7, 359, 360, 361, 40_000]), share=st.floats(0, 1, exclude_max=True)
)
def test_no_spike_is_lost_however_many_samples_there_are(count: int, share: float) -> None:
    samples = [1.0] * count
    samples[int(share * count)] = 9.0
    drawn = path_of(draw(window(*samples)))
    assert min(y for _, y in points(drawn)) == round(HEIGHT * (1 - 9.0 / 10))


def test_forty_thousand_samples_stay_small() -> None:
    noisy = window(*((index * 7919 % 160) / 10 for index in range(40_000)), onset_at_s=400)
    assert len(draw(noisy).encode()) < 10_000
    assert len(spark(noisy).encode()) < 2_000
    assert len(rows(noisy)) <= 25


def test_the_table_tells_what_the_picture_shows() -> None:
    evidence = fall_window()
    table = rows(evidence)
    assert (table[0].from_s, table[-1].to_s) == (-4, 8)
    assert all(a.to_s == b.from_s for a, b in pairwise(table))
    highest = peak(evidence)
    assert highest is not None
    assert max(row.highest_g for row in table) == highest.magnitude_g
    assert highest.at_s == pytest.approx(0.36)
    [hit] = [row for row in table if row.from_s <= highest.at_s < row.to_s]
    assert hit.highest_g == highest.magnitude_g


def test_a_word_that_is_not_ours_is_escaped() -> None:
    svg = draw(fall_window(), name='"><script>', peak_word="<b>")
    ElementTree.fromstring(svg)
    assert "<script" not in svg
    assert "<b>" not in svg

"""What counts as a hit, and what as a false alarm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.accuracy.truth import Claim, Fall, judge

STRUCK = Fall(impact_s=10.0)
ANNOTATED = Fall(impact_s=10.0, onset_s=9.0, end_s=13.0)


@pytest.mark.parametrize(
    ("fall", "onsets_s", "hit_s", "false_alarms"),
    [
        pytest.param(STRUCK, [], None, 0, id="nothing is said of a fall"),
        pytest.param(STRUCK, [10.0], 10.0, 0, id="at the impact"),
        pytest.param(STRUCK, [9.4], 9.4, 0, id="as the fall begins"),
        pytest.param(STRUCK, [8.0], 8.0, 0, id="just early enough"),
        pytest.param(STRUCK, [7.9], None, 1, id="too early"),
        pytest.param(STRUCK, [12.0], 12.0, 0, id="just in time"),
        pytest.param(STRUCK, [12.1], None, 1, id="too late"),
        pytest.param(STRUCK, [9.8, 11.5], 9.8, 1, id="the same fall twice"),
        pytest.param(STRUCK, [3.0, 10.0], 10.0, 1, id="an alarm before the fall, and the fall"),
        pytest.param(STRUCK, [10.0, 20.0], 10.0, 1, id="the fall, and an alarm on getting up"),
        pytest.param(STRUCK, [3.0, 20.0], None, 2, id="alarms in a recording of a fall"),
        pytest.param(ANNOTATED, [7.0], 7.0, 0, id="two seconds before what was annotated"),
        pytest.param(ANNOTATED, [15.0], 15.0, 0, id="two seconds after what was annotated"),
        pytest.param(ANNOTATED, [15.1], None, 1, id="later than what was annotated"),
        pytest.param(
            Fall(30.0, 9.0, 13.0), [30.0], None, 1, id="a gesture harder than the annotated fall"
        ),
        pytest.param(Fall(10.0, 9.0), [11.5], 11.5, 0, id="only its beginning is known"),
        pytest.param(None, [], None, 0, id="a quiet day"),
        pytest.param(None, [1.0, 10.0], None, 2, id="alarms while nobody fell"),
    ],
)
def test_a_hit_is_near_the_fall_and_all_else_is_false(
    fall: Fall | None, onsets_s: list[float], hit_s: float | None, false_alarms: int
) -> None:
    verdict = judge(fall, [Claim(onset_s, onset_s + 1.4) for onset_s in onsets_s])
    assert (verdict.hit.onset_s if verdict.hit else None) == hit_s
    assert len(verdict.false_alarms) == false_alarms


def test_the_claim_that_was_settled_first_is_the_hit() -> None:
    slow, fast = Claim(9.5, 12.5), Claim(10.5, 11.0)
    verdict = judge(STRUCK, [slow, fast])
    assert verdict.hit is fast
    assert verdict.latency_s(STRUCK) == 1.0


@pytest.mark.parametrize(
    ("fall", "decided_s", "latency_s"),
    [
        pytest.param(STRUCK, 11.4, 1.4, id="from the impact"),
        pytest.param(ANNOTATED, 11.4, 1.4, id="from the impact inside what was annotated"),
        pytest.param(Fall(30.0, 9.0, 13.0), 14.0, 1.0, id="from the annotated end"),
        pytest.param(Fall(1.0, 9.0, 13.0), 10.0, 1.0, id="from the annotated beginning"),
    ],
)
def test_latency_counts_from_the_impact(fall: Fall, decided_s: float, latency_s: float) -> None:
    verdict = judge(fall, [Claim(10.0, decided_s)])
    assert verdict.latency_s(fall) == pytest.approx(latency_s)


@given(st.lists(st.floats(0, 30)), st.floats(0, 30))
def test_every_claim_is_counted_once(onsets_s: list[float], impact_s: float) -> None:
    claims = [Claim(onset_s, onset_s) for onset_s in onsets_s]
    verdict = judge(Fall(impact_s), claims)
    assert len(verdict.false_alarms) + (verdict.hit is not None) == len(claims)

"""The published rules: what each takes for a fall, and what it has to be worth comparing with."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.catalogue import catalogue
from simulators.accuracy.baselines.baseline import Baseline
from simulators.accuracy.baselines.bourke_upper import BourkeUpper
from simulators.accuracy.baselines.chen import Chen
from simulators.accuracy.baselines.impact import Impact
from simulators.accuracy.baselines.kangas_1 import Kangas1
from simulators.accuracy.baselines.kangas_3 import Kangas3
from simulators.accuracy.baselines.sucerquia_c8 import SucerquiaC8, low_passed
from simulators.accuracy.system import published
from tests.support.detector_checks import CHECKS, Check, check_documented
from tests.support.detector_checks import run as run_detector
from tests.support.eventful import eventful
from tests.support.hall import hall
from tests.support.motions import Part, blocks, blow, drop, fall, jump, restless, sampled, still

RULES = {each.name: each.detector for each in published() if isinstance(each.detector, Baseline)}
FALL = (still(6), *fall())
SEATED_FALL = (still(6), drop(0.3), blow(5.0), restless(4), still(4))
SIDEWAYS = (still(6), drop(0.3), blow(5.0, 0.3, (0, 1, 0)), still(6, (0, 1, 0)))
LANDED_LYING = (still(6), blow(5.0), restless(0.6, (0, 1, 0)), still(6, (0, 1, 0)))


UP = (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("rule", "parts", "falls"),
    [
        pytest.param(Impact(), FALL, 1, id="impact: a fall"),
        pytest.param(Impact(), (still(6), *jump(), still(3)), 1, id="impact: a jump, too"),
        pytest.param(Impact(), (still(6), restless(9)), 0, id="impact: moving about"),
        pytest.param(BourkeUpper(), (still(3), blow(3.3), still(3)), 0, id="bourke: 3.3 g"),
        pytest.param(BourkeUpper(), (still(3), blow(3.8), still(3)), 1, id="bourke: 3.8 g"),
        pytest.param(Chen(), FALL, 1, id="chen: a fall"),
        pytest.param(Chen(), (still(6), *jump(), still(3)), 0, id="chen: a jump"),
        pytest.param(Chen(), (still(6), blow(2.5), still(6, (0, 1, 0))), 0, id="chen: too soft"),
        pytest.param(Kangas1(up=UP), FALL, 1, id="kangas 1: a fall"),
        pytest.param(Kangas1(up=UP), SEATED_FALL, 0, id="kangas 1: upright after it"),
        pytest.param(Kangas1(up=(0, 1, 0)), SEATED_FALL, 1, id="kangas 1: worn another way up"),
        pytest.param(Kangas1(up=UP), LANDED_LYING, 1, id="kangas 1: no free fall"),
        pytest.param(Kangas3(up=UP), FALL, 1, id="kangas 3: a fall"),
        pytest.param(Kangas3(up=UP), LANDED_LYING, 0, id="kangas 3: no free fall"),
        pytest.param(
            Kangas3(up=UP), (still(6), *fall(free_s=0.04)), 0, id="kangas 3: no speed to speak of"
        ),
        pytest.param(SucerquiaC8(up=UP), SIDEWAYS, 1, id="c8: a fall"),
        pytest.param(SucerquiaC8(up=UP), (still(6), *jump(), still(3)), 0, id="c8: a jump"),
    ],
)
def test_a_rule_sees_falls_where_its_paper_does(
    rule: Baseline, parts: tuple[Part, ...], falls: int
) -> None:
    assert len(run_detector(rule, blocks(sampled(parts)))) == falls


PROMISES = [check for check in CHECKS if check is not check_documented]
"""The example that runs is its paper's cases, above."""


@pytest.mark.parametrize("check", PROMISES, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_what_every_detector_promises(name: str, check: Check) -> None:
    rule = RULES[name].at(hall())
    check(rule, eventful(rule))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_where_it_comes_from(name: str) -> None:
    rule = type(RULES[name])
    said = inspect.getdoc(rule) or ""
    assert "References" in said
    assert rule.from_memory == ("from memory" in said.lower())
    assert rule.swept[0] in rule.model_fields


def test_no_site_can_ask_for_a_published_rule() -> None:
    assert RULES
    assert not {type(rule) for rule in RULES.values()} & set(catalogue().values())


@pytest.mark.parametrize("odr_hz", [20.0, 50.0, 200.0])
@pytest.mark.parametrize(
    ("hz", "gain", "within"),
    [
        pytest.param(0.0, 1.0, 1e-9, id="rest passes"),
        pytest.param(5.0, 0.5**0.5, 1e-3, id="half the power at the corner"),
        pytest.param(9.0, 0.095, 0.095, id="an octave above next to nothing"),
    ],
)
def test_a_low_pass_filter_passes_what_is_slow(
    odr_hz: float, hz: float, gain: float, within: float
) -> None:
    t = np.arange(round(20 * odr_hz)) / odr_hz
    wave = np.cos(2 * np.pi * hz * t)[:, None]
    out, _ = low_passed(wave, odr_hz, None)
    settled = out[len(out) // 2 :, 0]
    assert np.sqrt(2 * np.mean(settled**2)) / (2**0.5 if hz == 0 else 1) == pytest.approx(
        gain, abs=within
    )


@given(st.lists(st.integers(1, 90), min_size=1, max_size=6), st.integers(0, 1000))
def test_a_filter_does_not_see_where_blocks_are_cut(sizes: list[int], seed: int) -> None:
    x = np.random.default_rng(seed).normal(1, 2, (sum(sizes), 3))
    whole, _ = low_passed(x, 100.0, None)
    memory, out = None, []
    for piece in np.split(x, np.cumsum(sizes)[:-1]):
        filtered, memory = low_passed(piece, 100.0, memory)
        out.append(filtered)
    np.testing.assert_allclose(np.concatenate(out), whole, atol=1e-9)

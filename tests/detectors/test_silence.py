"""What the silence detector promises: devices are heard, and then they are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import sitefile
from contract.detection import Detection
from contract.imu import ImuBlock
from contract.instants import ns, seconds
from contract.message import Message
from contract.site import Site
from contract.tick import Tick
from detectors.finding import Finding
from detectors.pipeline import Pipeline
from detectors.silence.device_silent import SilenceDetector
from detectors.subject import Subject
from tests.support.hall import TOML, hall
from tests.support.motions import T0_NS, blocks, sampled, still

BELTS = ("belt-1", "belt-2", "belt-3", "belt-4")


def floor(agents: Sequence[str] = ("edge-1",)) -> Site:
    """Return a site of four wearers, the fourth alone, whose belts are spread over the agents."""
    text = '[site]\nid = "hall-4"\n[[zone]]\nid = "cell"\nhazard = "A"\n'
    text += "".join(f'[[agent]]\nid = "{agent}"\n' for agent in agents)
    for number, belt in enumerate(BELTS):
        lone = "true" if number == 3 else "false"
        text += f'[[wearer]]\nid = "w-{number + 1}"\nname = "Nobody"\nlone = {lone}\n'
        text += f'[[device]]\nid = "{belt}"\nkind = "imu"\nwearer = "w-{number + 1}"\n'
        text += f'agent = "{agents[number % len(agents)]}"\n'
    return sitefile.parse(text)


Heard = Mapping[str, Iterable[int]]
"""The seconds in which a block of each device arrives."""
ALL = {belt: range(400) for belt in BELTS}


def block(device: str, at_s: int, measured_s: float | None = None, **said: bool) -> ImuBlock:
    """Return the block of a device that arrives in a second."""
    t0_ns = T0_NS + ns(at_s if measured_s is None else measured_s)
    (made,) = blocks(sampled((still(0.5),)), device=device, seq=at_s, t0_ns=t0_ns)
    return made.model_copy(update=said)


def arriving(heard: Heard, until_s: int = 400) -> list[Message]:
    """Return blocks and ticks in the order in which a gateway sees them."""
    stream: list[Message] = []
    for second in range(until_s):
        stream.append(Tick(at_ns=T0_NS + ns(second)))
        stream += [block(device, second) for device, at in heard.items() if second in at]
    return stream


def found(stream: Sequence[Any], site: Site | None = None) -> list[Finding]:
    detector = SilenceDetector().at(site or floor())
    state = detector.start(Subject("hall-4"))
    told: list[Finding] = []
    for message in stream:
        state, new = detector.step(state, message)
        told += new
    return told


def said(told: Sequence[Finding]) -> list[tuple[str, str, str | None]]:
    return [(f.kind, f.phase, f.device) for f in told]


def at_s(told: Sequence[Finding]) -> list[int]:
    return [round(seconds(f.decided_ns - T0_NS)) for f in told]


def test_nobody_is_silent_while_all_are_heard() -> None:
    assert found(arriving(ALL)) == []


def test_one_that_falls_silent_is_told_as_it_lasts_and_cleared_when_heard() -> None:
    told = found(arriving({**ALL, "belt-2": (*range(10), *range(330, 400))}))
    assert [(f.phase, f.facts["silent_s"]) for f in told] == [
        ("onset", 90.0),
        ("update", 300.0),
        ("clear", 321.0),
    ]
    assert {f.device for f in told} == {"belt-2"}
    assert {f.onset_ns for f in told} == {T0_NS + ns(10)}
    assert at_s(told) == [100, 310, 331]


def test_one_that_was_never_heard_is_not_missed() -> None:
    assert found(arriving({belt: range(400) for belt in BELTS[:3]})) == []


@pytest.mark.parametrize("away_s", [45, 600])
def test_a_gateway_that_was_away_says_nothing_of_that_time(away_s: int) -> None:
    """It takes the agents most of a minute and a half to find it again."""
    back_s = 60 + away_s
    waiting: list[Message] = [Tick(at_ns=T0_NS + ns(back_s + second)) for second in range(80)]
    heard: list[Message] = [block(belt, back_s + 79) for belt in BELTS]
    after: list[Message] = [Tick(at_ns=T0_NS + ns(back_s + 80 + second)) for second in range(60)]
    assert found([*arriving(ALL, 60), *waiting, *heard, *after]) == []


def test_a_silence_from_before_the_pause_is_not_taken_back_by_it() -> None:
    before = arriving({**ALL, "belt-2": range(10)}, 120)
    told = found([*before, Tick(at_ns=T0_NS + ns(500)), Tick(at_ns=T0_NS + ns(501))])
    assert said(told) == [("device_silent", "onset", "belt-2")]


def test_a_clock_that_is_set_back_raises_nothing() -> None:
    back = [Tick(at_ns=T0_NS - ns(3600 - second)) for second in range(80)]
    assert found([*arriving(ALL, 30), *back]) == []


def test_what_is_delivered_late_counts_when_it_arrives() -> None:
    """The agent empties its spool: old samples, oldest first, all on the way right now."""
    stream = arriving({**ALL, "belt-2": range(10)}, 60)
    for second in range(60, 400):
        stream.append(Tick(at_ns=T0_NS + ns(second)))
        stream += [block(belt, second) for belt in BELTS if belt != "belt-2"]
        stream.append(block("belt-2", second, measured_s=10 + (second - 60) / 2))
    assert found(stream) == []


def test_who_is_charging_is_not_waited_for() -> None:
    stream = arriving({**ALL, "belt-2": range(10)}, 10)
    stream.append(block("belt-2", 10, worn=False))
    stream += arriving({**ALL, "belt-2": ()})[50:]
    assert found(stream) == []


def test_put_on_the_charger_while_silent() -> None:
    stream = arriving({**ALL, "belt-2": range(10)}, 150)
    told = found([*stream, block("belt-2", 150, worn=False), Tick(at_ns=T0_NS + ns(151))])
    assert said(told)[-1] == ("device_silent", "clear", "belt-2")


# An agent, not the devices.


def test_all_behind_an_agent_at_once_are_one_blind_area() -> None:
    away = (*range(50), *range(300, 400))
    told = found(arriving(dict.fromkeys(BELTS, away)))
    assert said(told) == [("blind_area", "onset", "edge-1"), ("blind_area", "clear", "edge-1")]
    assert told[0].reason == "4 devices behind edge-1 fell silent at once: w-1, w-2, w-3, w-4"
    assert at_s(told) == [140, 301]


def test_who_stays_silent_when_the_agent_is_back_is_told_then() -> None:
    away = (*range(50), *range(200, 400))
    told = found(arriving({**dict.fromkeys(BELTS, away), "belt-4": range(50)}))
    assert said(told) == [
        ("blind_area", "onset", "edge-1"),
        ("blind_area", "clear", "edge-1"),
        ("device_silent", "onset", "belt-4"),
    ]
    assert at_s(told)[2] == 201 + 90


def test_one_by_one_is_no_blind_area() -> None:
    told = found(arriving({belt: range(20 + 30 * i) for i, belt in enumerate(BELTS)}, 300))
    assert [f.kind for f in told if f.phase == "onset"] == ["device_silent"] * 4


def test_two_agents_are_two_areas() -> None:
    """Two devices are too few to be sure of their agent: each is told."""
    told = found(arriving(dict.fromkeys(BELTS, range(50)), 200), floor(("edge-1", "edge-2")))
    assert [f.kind for f in told] == ["device_silent"] * 4


def test_one_agent_of_two() -> None:
    site = floor(("edge-1",)).model_copy()
    moved = tuple(
        d.model_copy(update={"agent": "edge-2"}) if d.id == "belt-4" else d for d in site.device
    )
    site = site.model_copy(update={"device": moved})
    told = found(arriving({**dict.fromkeys(BELTS, range(50)), "belt-4": range(400)}), site)
    assert said(told) == [("blind_area", "onset", "edge-1")]


# Through the pipeline: who it is, and how bad.


def detections(heard: Heard, until_s: int = 400) -> list[tuple[str | None, str, str]]:
    site = floor()
    pipeline = Pipeline(site, [SilenceDetector().at(site)])
    told: list[Detection] = []
    for message in arriving(heard, until_s):
        outcome = (
            pipeline.tick(message.at_ns) if isinstance(message, Tick) else pipeline.feed(message)  # type: ignore[arg-type]
        )
        assert outcome.faults == ()
        told += outcome.detections
    return [(d.person, d.phase, d.assessment.severity.value) for d in told]


@pytest.mark.parametrize(
    ("belt", "tiers"),
    [
        pytest.param(0, ["SEV4", "SEV4"], id="among-others-it-waits-for-the-digest"),
        pytest.param(3, ["SEV2", "SEV1"], id="alone-it-pages"),
    ],
)
def test_how_bad_it_is(belt: int, tiers: list[str]) -> None:
    told = detections({**ALL, BELTS[belt]: range(10)})
    assert [(person, tier) for person, _, tier in told] == [(f"w-{belt + 1}", t) for t in tiers]


def test_a_blind_area_pages_once() -> None:
    assert detections(dict.fromkeys(BELTS, range(10))) == [(None, "onset", "SEV2")]


def test_the_sites_own_times_are_the_steps() -> None:
    site = hall(TOML + "[severity]\nsilent_s = 40\nsilent_long_s = 120\n")
    assert SilenceDetector().at(site).steps_s == (40.0, 120.0)
    assert SilenceDetector(steps_s=(600.0,)).at(site).steps_s == (40.0, 120.0, 600.0)


@given(st.data())
@settings(max_examples=40)
@pytest.mark.slow
def test_every_silence_is_told_once_and_ends(data: st.DataObject) -> None:
    """Whatever falls silent when: one claim at a time a device, and none after all are back."""
    heard: dict[str, set[int]] = {}
    for belt in BELTS:
        cuts = data.draw(st.lists(st.integers(0, 500), min_size=0, max_size=4).map(sorted))
        gone = {
            s for low, high in zip(cuts[::2], cuts[1::2], strict=False) for s in range(low, high)
        }
        heard[belt] = set(range(620)) - gone
    open_claims: set[tuple[str, str | None]] = set()
    for finding in found(arriving(heard, 620)):
        claim = (finding.kind, finding.device)
        if finding.phase == "onset":
            assert claim not in open_claims
            open_claims.add(claim)
        else:
            assert claim in open_claims
        if finding.phase == "clear":
            open_claims.remove(claim)
    assert not open_claims

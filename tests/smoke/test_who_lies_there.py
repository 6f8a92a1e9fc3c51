"""What a camera sees of somebody who lies there, from its tracks to the pages: nobody is missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract import sitefile
from contract.detection import AskWearer, Detection
from contract.message import Block, Message
from contract.tick import Tick
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from tests.support.badges import sent, ticking, walk
from tests.support.filmed import T0_NS, Body, falling, filmed, walking
from tests.support.hall import TOML
from tests.support.pages import Pager

PEOPLE = """
[[detector]]
kind = "camera"
[[detector]]
kind = "fusion"
hold_s = 0
[[detector]]
kind = "missed_check_in"

[[person]]
id = "karin-ek"
name = "Karin Ek"
roles = ["ehs-officer"]
email = "karin.ek@hall2.example"

[[escalation]]
severity = "SEV1"
steps = [{ to = ["person:karin-ek"], wait_s = 60 }]
[[escalation]]
severity = "SEV2"
steps = [{ to = ["person:karin-ek"], wait_s = 180 }]
[[escalation]]
severity = "SEV3"
steps = [{ to = ["person:karin-ek"], wait_s = 900 }]

[[channel]]
kind = "console"
"""
BAND = """
[[device]]
id = "band-berg"
kind = "imu"
wearer = "berg"
worn = "arm"
can_ask = true
"""


PLAIN = sitefile.parse(TOML + PEOPLE)
DEADLY = sitefile.parse(
    TOML.replace(
        'id = "stores"\nhazard = "C"',
        'id = "stores"\nhazard = "A"\nidlh = true\nwearers = ["sato"]',
    )
    + PEOPLE
    + BAND
)
LYING = [replace(Body((420, 400)), lean=1.0, t_s=n / 10) for n in range(600)]


@pytest.fixture
def pager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pager]:
    pager = Pager(f"sqlite:///{tmp_path / 'backend.sqlite'}", site=request.param)
    pager.now_ns = T0_NS
    yield pager
    pager.close()


def told(
    pager: Pager, messages: Iterable[Message]
) -> list[tuple[Detection, tuple[AskWearer, ...]]]:
    """Run what the site file asks for over these messages; hand all that is told to the backend."""
    pipeline = Pipeline(pager.site, build(pager.site))
    found = []
    for message in messages:
        if isinstance(message, Tick):
            outcome = pipeline.tick(message.at_ns)
        else:
            assert isinstance(message, Block)
            outcome = pipeline.feed(message)
        assert not outcome.faults
        for detection in outcome.detections:
            pager.now_ns = max(pager.now_ns, detection.decided_ns)
            found.append((detection, pager.receive(detection).commands))
    return found


@pytest.mark.parametrize("pager", [PLAIN], ids=["three zones"], indirect=True)
def test_three_who_fall_in_one_zone_are_a_mass_event_that_is_paged(pager: Pager) -> None:
    film = [*walking(Body((340, 400)), (420, 400), 6.0), *falling(Body((420, 400)), 6.0, 8.0)]
    people = [
        [
            replace(b, foot_px=(b.foot_px[0] + 90 * n, 400), track=n, t_s=b.t_s + n / 10)
            for b in film
        ]
        for n in range(3)
    ]
    told(pager, filmed(*people))
    incidents = [pager.view(number) for number in (1, 2, 3)]
    assert [(each.severity, each.title) for each in incidents] == [
        ("SEV2", "Fall"),
        ("SEV2", "Fall"),
        ("SEV1", "Several people down"),
    ]
    assert incidents[2].assessment.rule == "mass-event"
    pager.expect_pages("SEV2 karin-ek", "SEV2 karin-ek", "SEV1 karin-ek")


@pytest.mark.parametrize("pager", [DEADLY], ids=["IDLH"], indirect=True)
def test_whoever_comes_to_somebody_whom_a_camera_sees_lie_in_an_idlh_zone_is_warned(
    pager: Pager,
) -> None:
    badge = walk([("robot-cell", 30.0), ("aisle", 25.0)], person="berg", t0_ns=T0_NS)
    found = told(pager, ticking([*filmed(LYING), *sent(badge)], 58, t0_ns=T0_NS))
    begun = [detection for detection, _ in found if detection.phase == "onset"]
    assert [(each.kind, each.person, each.zone) for each in begun] == [
        ("zone_breach", None, "stores"),
        ("person_down", None, "stores"),
        ("rescuer", "berg", "stores"),
    ]
    warned = [(each.command, each.device) for _, commands in found for each in commands]
    assert ("warn", "band-berg") in warned
    pager.expect_pages("SEV1 karin-ek", "SEV1 karin-ek", "SEV2 karin-ek")

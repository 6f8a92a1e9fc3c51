"""Three people down in one zone are a mass event, whatever told of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.detection import Detection, Phase, detection_id, subject_of
from contract.instants import ns
from contract.policy import SeverityPolicy
from contract.severity import Facts, Severity, assess
from detectors.casualties import LASTS_NS, Casualties
from detectors.fusion import FusionDetector
from detectors.pipeline import Pipeline
from detectors.vision.detector import CameraDetector
from tests.support.filmed import T0_NS, Body, falling, filmed, walking
from tests.support.hall import hall

POLICY = SeverityPolicy()


def down(
    person: str,
    kind: str = "fall",
    *,
    phase: Phase = "onset",
    zone: str | None = "kiln",
    onset_s: float = 0,
) -> Detection:
    facts, onset_ns = Facts(kind=kind), T0_NS + ns(onset_s)
    return Detection(
        id=detection_id(kind, subject_of(kind, person, zone, "belt"), onset_ns),
        kind=kind, phase=phase, site="hall-7", device="belt", person=person, zone=zone,
        onset_ns=onset_ns, decided_ns=onset_ns + ns(2), confidence=0.9, reason="is down",
        facts=facts, assessment=assess(facts),
    )  # fmt: skip


THIRD = down("c")


@pytest.mark.parametrize(
    ("before", "count"),
    [
        pytest.param([], 0, id="alone"),
        pytest.param([down("a")], 2, id="two"),
        pytest.param([down("a"), down("b", "person_down")], 3, id="three, told in several ways"),
        pytest.param([down("a"), down("a", "no_motion")], 2, id="one who fell and does not move"),
        pytest.param([down("a"), down("b", zone="hall")], 2, id="one of them elsewhere"),
        pytest.param([down("a"), down("b", zone=None)], 2, id="one of them nobody knows where"),
        pytest.param([down("a"), down("b"), down("b", phase="clear")], 2, id="one is up again"),
        pytest.param(
            [down("a"), down("b"), down("b", phase="clear"), down("b", phase="update")],
            3,
            id="and down again",
        ),
        pytest.param([down("a"), down("b", "sos")], 2, id="one only calls for help"),
        pytest.param(
            [down("a"), down("b", onset_s=-LASTS_NS / 1e9 - 1)], 2, id="one of them long ago"
        ),
    ],
)
def test_who_is_down_is_counted(before: list[Detection], count: int) -> None:
    casualties = Casualties(POLICY)
    for each in before:
        casualties.counted(each)
    told = casualties.counted(THIRD)
    assert told.facts.people_down == count
    assert told.assessment == assess(told.facts, POLICY)
    assert (told.assessment.rule == "mass-event") == (count == 3)


def test_those_who_went_down_first_say_so_with_their_next_word() -> None:
    casualties = Casualties(POLICY)
    for person in "abc":
        casualties.counted(down(person))
    assert casualties.counted(down("a", phase="update")).facts.people_down == 3


def test_three_who_fall_before_a_camera_are_one_sev1() -> None:
    film = [*walking(Body((340, 400)), (420, 400), 6.0), *falling(Body((420, 400)), 6.0, 8.0)]
    people = [
        [
            replace(b, foot_px=(b.foot_px[0] + 90 * n, 400), track=n, t_s=b.t_s + n / 10)
            for b in film
        ]
        for n in range(3)
    ]
    site = hall()
    pipeline = Pipeline(site, [CameraDetector().at(site), FusionDetector(hold_s=0).at(site)])
    found = [d for block in filmed(*people) for d in pipeline.feed(block).detections]
    onsets = [d for d in found if d.phase == "onset"]
    assert [d.facts.people_down for d in onsets] == [0, 2, 3]
    assert onsets[-1].assessment.severity is Severity.SEV1
    assert onsets[-1].assessment.rule == "mass-event"

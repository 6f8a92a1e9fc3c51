"""Laws of fusion: nothing that a camera saw is kept back; what is told later has begun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.detection import Detection, Phase, detection_id, subject_of
from contract.instants import ns, seconds
from contract.severity import Facts, assess
from contract.tick import Tick
from detectors.finding import Finding
from detectors.fusion import FusionDetector
from detectors.subject import Subject
from tests.support.filmed import T0_NS
from tests.support.hall import hall

pytestmark = pytest.mark.slow

ONE = hall().devices["camera-1"]
TWO = ONE.model_copy(update={"id": "camera-2"})
FUSION = FusionDetector().at(hall().model_copy(update={"device": (*hall().device, TWO)}))
WEARER = "keller"


@dataclass(frozen=True)
class Seen:
    """One claim that a camera makes, and what it says of it later."""

    camera: str
    at_s: float
    kind: Literal["fall", "person_down"]
    later: tuple[tuple[Phase, float], ...]


@dataclass(frozen=True)
class Felt:
    """A fall that a wearable tells of."""

    at_s: float


def claim(
    device: str,
    person: str | None,
    kind: str,
    phase: Phase,
    onset_s: float,
    at_s: float,
    track: str | None = None,
) -> Detection:
    onset_ns, zone = T0_NS + ns(onset_s), "stores"
    facts = Facts(kind=kind)
    return Detection(
        id=detection_id(kind, subject_of(kind, person, zone, device, track), onset_ns),
        kind=kind, phase=phase, site="hall-7", device=device, person=person, zone=zone,
        onset_ns=onset_ns, decided_ns=T0_NS + ns(at_s), confidence=0.8, reason="it looks so",
        facts=facts, assessment=assess(facts, hall().severity), track=track,
    )  # fmt: skip


def stream(events: list[Seen | Felt]) -> Iterator[Detection | Tick]:
    """Yield all that is told, in order of time, and the time each second."""
    told: list[tuple[float, Detection | Tick]] = []
    for n, event in enumerate(events):
        if isinstance(event, Felt):
            onset_s = event.at_s + n / 1000
            told.append(
                (onset_s + 0.9, claim("belt-1", WEARER, "fall", "onset", onset_s, onset_s + 0.9))
            )
            continue
        onset_s, at_s, track = event.at_s, event.at_s + 1.1, f"0/{n}"
        told.append((at_s, claim(event.camera, None, event.kind, "onset", onset_s, at_s, track)))
        for phase, after_s in event.later:
            at_s += after_s
            told.append((at_s, claim(event.camera, None, event.kind, phase, onset_s, at_s, track)))
            if phase == "clear":
                break
    end_s = max(at_s for at_s, _ in told) + 5
    told += [(float(n), Tick(at_ns=T0_NS + ns(n))) for n in range(int(end_s) + 1)]
    yield from (message for _, message in sorted(told, key=lambda each: each[0]))


Claimed = tuple[str, str | None, str | None, int]
"""A claim's kind, whose it is, by name or by camera and track, and its onset."""
TIMES = st.floats(1, 40)
EVENTS = st.lists(
    st.one_of(
        st.builds(Felt, TIMES),
        st.builds(
            Seen,
            st.sampled_from(("camera-1", "camera-2")),
            TIMES,
            st.sampled_from(("fall", "person_down")),
            st.lists(
                st.tuples(st.sampled_from(("update", "clear")), st.floats(0.1, 20)), max_size=3
            ).map(tuple),
        ),
    ),
    min_size=1,
    max_size=8,
)


@given(events=EVENTS)
@settings(max_examples=200)
def test_whatever_a_camera_saw_is_told_of_something_that_began(events: list[Seen | Felt]) -> None:
    state = FUSION.start(Subject("hall-7"))
    begun: set[Claimed] = set()
    seen: set[str] = set()
    for message in stream(events):
        if isinstance(message, Detection) and message.person is not None:
            # Told by itself.
            begun.add((message.kind, message.person, None, message.onset_ns))
        if isinstance(message, Detection) and message.person is None and message.phase == "onset":
            seen.add(message.id)
        state, found = FUSION.step(state, message)
        for finding in found:
            _check(finding, begun)
        if isinstance(message, Tick):
            ages_s = [seconds(message.at_ns - each.decided_ns) for each in state.held]
            assert all(age_s < FUSION.settings.hold_s for age_s in ages_s), (
                "somebody lies there, untold"
            )
    assert not state.held
    assert seen <= state.claims.keys(), "each became a claim"


def _check(finding: Finding, begun: set[Claimed]) -> None:
    track = None if finding.person else f"{finding.device}/{finding.track}"
    whose = finding.kind, finding.person, track, finding.onset_ns
    if finding.phase == "onset":
        assert whose not in begun, "told twice"
        begun.add(whose)
    else:
        assert whose in begun, f"{finding.phase} of what nobody was told of"

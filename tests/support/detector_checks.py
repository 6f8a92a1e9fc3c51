"""What every detector promises. A new detector is held to this without a line of its own."""

from __future__ import annotations

import copy
import math
import pickle
import re
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import TypeAdapter

from contract.detection_kinds import MEANINGS
from contract.message import Message
from contract.severity import Facts
from detectors.detector import Detector
from detectors.finder import AnyFinder
from detectors.finding import Finding
from detectors.subject import Subject
from tests.support.alike import alike
from tests.support.eventful import time_ns
from tests.support.hall import hall
from tests.support.recut import recut

Check = Callable[[AnyFinder, Sequence[Message]], None]

SUBJECT = Subject("keller", device="belt-keller", wearer="keller", roles=("operator",))
EQUIPMENT = Subject("press-guard", device="press-guard")
STATE_BYTES = 20_000
"""A site has thousands of states, and a gateway writes them down."""


def about(detector: AnyFinder, stream: Sequence[Message]) -> Subject:
    """Return what a detector is for: some watch people, and some watch what nobody wears."""
    return SUBJECT if run(detector, stream) else EQUIPMENT


def run(
    detector: AnyFinder | Detector, stream: Sequence[Message], subject: Subject = SUBJECT
) -> list[Finding]:
    """Return what a detector finds in a stream; settings alone run at the small hall."""
    if isinstance(detector, Detector):
        detector = detector.at(hall())
    state = detector.start(subject)
    found: list[Finding] = []
    for message in stream:
        state, new = detector.step(state, message)
        found += new
    return found


def check_finds_something(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """Otherwise every other check would hold for nothing."""
    assert run(detector, stream, about(detector, stream)), (
        f'detector "{detector.kind}" finds nothing in the stream that it is checked with: '
        f"bring its own in tests/support/streams/{detector.kind}.py (docs/add-a-detector.md)"
    )


def check_same_twice(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """A replay is exact."""
    assert run(detector, stream, about(detector, stream)) == run(
        detector, stream, about(detector, stream)
    )


def check_leaves_its_arguments_alone(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """The lane goes back to an earlier state for a late block, so none may have changed."""
    state = detector.start(about(detector, stream))
    for message in stream:
        state_before, message_before = copy.deepcopy(state), copy.deepcopy(message)
        after, _ = detector.step(state, message)
        assert alike(state, state_before), "step changed the state that it was given"
        assert alike(message, message_before), "step changed the message that it was given"
        state = after


def check_state_survives_a_restart(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """A state can be written down and read again at every block, and stays small."""
    state = detector.start(about(detector, stream))
    found: list[Finding] = []
    for message in stream:
        written = pickle.dumps(state)
        assert len(written) <= STATE_BYTES, f"the state has grown to {len(written)} bytes"
        state, new = detector.step(pickle.loads(written), message)
        found += new
    assert found == run(detector, stream, about(detector, stream))


def check_what_lasts_can_be_resumed(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """What outlives the process is JSON, and resumed it would outlive the next one just so."""
    assert detector.keyed_by == "person" or not detector.lasts, "only states of persons last"
    subject = about(detector, stream)
    state, lasted = detector.start(subject), 0
    for message in stream:
        state, _found = detector.step(state, message)
        lasting = detector.lasting(state)
        if lasting is None:
            continue
        lasted += 1
        kind = TypeAdapter(type(state))
        written = kind.dump_json(lasting)
        again = detector.resume(kind.validate_json(written), subject)
        detector.step(again, message)
        assert kind.dump_json(detector.resume(detector.lasting(again), subject)) == kind.dump_json(
            again
        )
    assert bool(lasted) == detector.lasts


def check_decides_after_the_fact(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """Onset, then decision, and no decision on a sample that has not arrived."""
    state = detector.start(about(detector, stream))
    now_ns = 0
    for message in stream:
        now_ns = max(now_ns, time_ns(message))
        state, found = detector.step(state, message)
        for finding in found:
            assert finding.onset_ns <= finding.decided_ns <= now_ns, finding


def check_every_claim_begins(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """An update or a clear belongs to an onset that was told before, and a clear ends it."""
    open_claims: set[tuple[str, int]] = set()
    for finding in run(detector, stream, about(detector, stream)):
        claim = (finding.kind, finding.onset_ns)
        if finding.phase == "onset":
            assert claim not in open_claims, f"told twice: {finding}"
            open_claims.add(claim)
            continue
        assert claim in open_claims, f"nothing was said of its onset: {finding}"
        if finding.phase == "clear":
            open_claims.remove(claim)


def check_findings_can_be_told(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """Its kind has a row, severity knows the facts, people read the reason, nothing is NaN."""
    for finding in run(detector, stream, about(detector, stream)):
        assert finding.kind in detector.settings.tells, (
            f'detector "{detector.kind}" tells of "{finding.kind}": add it to its `tells`'
        )
        unheard = set(finding.facts) - MEANINGS[finding.kind].known
        assert not unheard, (
            f"{sorted(unheard)}: add it to the facts of `{finding.kind}` in "
            f"contract/detection_kinds.py, or no rule can be known to look at it"
        )
        assert 0 <= finding.confidence <= 1, finding
        assert 0 < len(finding.reason) <= 500, finding
        assert all(math.isfinite(number) for number in finding.evidence.values()), finding
        Facts.model_validate({"kind": finding.kind, **finding.facts})


def check_settings_round_trip(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """Settings survive being written to a file."""
    settings = detector.settings
    assert type(settings).model_validate_json(settings.model_dump_json()) == settings


def check_documented(detector: AnyFinder, stream: Sequence[Message]) -> None:
    """Every setting says what it is, and the class where it comes from and what it does."""
    for name, setting in type(detector.settings).model_fields.items():
        assert setting.description, f"the setting {name} has no description"
    told = vars(type(detector.settings)).get("__doc__") or ""
    assert re.search(r"^ *(References|Notes)\n *-+\n *\S", told, re.MULTILINE), (
        f'the docstring of detector "{detector.kind}" needs a References section with its source, '
        f"or a Notes section that says what it rests on and what was not measured"
    )
    assert ">>> " in told, (
        f'the docstring of detector "{detector.kind}" needs an example that runs; '
        f"simulators/examples.py has people who walk, fall, press and are filmed"
    )


CHECKS: tuple[Check, ...] = (
    check_finds_something,
    check_same_twice,
    check_leaves_its_arguments_alone,
    check_state_survives_a_restart,
    check_what_lasts_can_be_resumed,
    check_decides_after_the_fact,
    check_every_claim_begins,
    check_findings_can_be_told,
    check_settings_round_trip,
    check_documented,
)


def check_does_not_see_cuts(
    detector: AnyFinder, stream: Sequence[Message], sizes: Sequence[int]
) -> None:
    """The same samples in other blocks give the same findings, to the last digit."""
    assert _told(run(detector, recut(stream, sizes), about(detector, stream))) == _told(
        run(detector, stream, about(detector, stream))
    )


def _told(found: Sequence[Finding]) -> list[tuple[Any, ...]]:
    return [(f.kind, f.phase, f.onset_ns, f.decided_ns, f.evidence, f.facts) for f in found]

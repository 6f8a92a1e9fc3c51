"""Runs the law, prints what states it saw, and shows that it finds each rule that is taken out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from backend.database.tables import IncidentRow, PageRow
from backend.database.time_base import TimeBase
from backend.incidents import answers, holding, intake, matching, relapse, tier, updating
from backend.incidents.matching import Match
from backend.incidents.relapse import AfterResolution
from backend.paging import ladder
from backend.paging.ladder import Ladders
from backend.paging.outcome import EndedTry, Tries, TryResult
from backend.paging.page_life import PageStatus
from contract.detection_kinds import MEANINGS, DetectionKind, Sequel, meaning
from contract.response import LONGEST_S
from contract.severity import RULES, Severity
from tests.backend.law.machine import Law
from tests.backend.law.promise import VISITED
from tests.support.pages import Pager

pytestmark = pytest.mark.slow

STATES = 40
"""So many states of an incident the quick look goes through at least, and the long one."""
STATES_FURTHER = 80


@pytest.fixture(scope="module", autouse=True)
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A migrated database to copy, so that an example costs no migration."""
    path: Path = tmp_path_factory.mktemp("law") / "template.sqlite"
    Pager(f"sqlite:///{path}").close()
    Law.template = path
    yield
    Law.template = None


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """No log: a traceback of each fault of a channel took more time than everything else."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


def looks(examples: int, steps: int = 30) -> settings:
    explain = (Phase.generate, Phase.shrink) if os.environ.get("EXPLAIN") else (Phase.generate,)
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=explain,
        print_blob=False,
    )


def test_somebody_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    _look(45, 35, capsys)
    assert len(VISITED) >= STATES


@pytest.mark.long
def test_somebody_is_called_looking_further(capsys: pytest.CaptureFixture[str]) -> None:
    _look(600, 50, capsys)
    assert len(VISITED) >= STATES_FURTHER


def _look(examples: int, steps: int, capsys: pytest.CaptureFixture[str]) -> None:
    VISITED.clear()
    try:
        run_state_machine_as_test(Law, settings=looks(examples, steps))
    finally:
        with capsys.disabled():
            print(f"\nthe law: {len(VISITED)} states of an incident in {VISITED.total()} looks")
            for state, count in sorted(VISITED.items()):
                print(f"  {' '.join(map(str, state[:-1]))}{' exercise' * state[-1]}: {count}")


def _never_asks(patch: pytest.MonkeyPatch) -> None:
    def lease(self: Ladders, _s: Any, incident: IncidentRow, now_ns: int, _span: float) -> None:
        incident.escalation = "leased"
        ladder.plan(incident, now_ns, LONGEST_S[Severity(incident.severity)])

    patch.setattr(Ladders, "lease", lease)


def _raise_pages_nobody(patch: pytest.MonkeyPatch) -> None:
    real = tier._call_for_the_tier

    def quiet(session: Any, site: Any, ladders: Any, incident: IncidentRow, now_ns: int) -> None:
        if incident.status != "acknowledged":
            real(session, site, ladders, incident, now_ns)
        else:
            holding.hold(session, site, ladders, incident, now_ns)

    patch.setattr(tier, "_call_for_the_tier", quiet)


def _yesterday_is_today(patch: pytest.MonkeyPatch) -> None:
    row = replace(MEANINGS[DetectionKind.NO_MOTION], follows=Sequel(DetectionKind.FALL, 10**6))
    patch.setattr(matching, "meaning", lambda kind: row if kind == "no_motion" else meaning(kind))


def _a_word_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answers, "_asking_ends_ns", lambda site, settled_ns: 2**62)


def _joins_what_was_cancelled(patch: pytest.MonkeyPatch) -> None:
    real = matching._nearest

    def match(session: Any, detection: Any) -> Match:
        found = matching.match(session, detection)
        if found.incident is None and found.related is not None:
            before = session.get(IncidentRow, found.related)
            if before is not None and real([before], detection):
                return Match(before)
        return found

    patch.setattr(intake, "match", match)


def _a_ladder_ends(patch: pytest.MonkeyPatch) -> None:
    def end(self: Ladders, _session: Any, incident: IncidentRow, now_ns: int) -> None:
        incident.climbs = 10**6
        ladder.plan(incident, now_ns, LONGEST_S[Severity(incident.severity)])

    patch.setattr(Ladders, "_after_the_end", end)


def _a_tier_overrules_all(patch: pytest.MonkeyPatch) -> None:
    def overrule(_site: Any, incident: IncidentRow, _known: Any, _at: int) -> None:
        incident.overruled = [rule.name for rule in RULES]

    for module in (tier, answers, updating, intake):
        patch.setattr(module, "overrule", overrule)


def _closed_stays_closed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(relapse, "judge", lambda *args: AfterResolution.NO)


def _a_used_key_does_nothing(patch: pytest.MonkeyPatch) -> None:
    def pass_over(_session: Any, _ladders: Ladders, incident: IncidentRow, now_ns: int) -> None:
        # Somebody is believed for ever, whether they answer or not.
        incident.escalation = "leased"
        ladder.plan(incident, now_ns, LONGEST_S[Severity(incident.severity)])

    patch.setattr(holding, "pass_over", pass_over)


def _clocks_are_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TimeBase, "look", lambda self: None)
    patch.setattr(TimeBase, "now_ns", lambda self: self._host.wall_ns())


def _one_hard_answer_ends_a_page(patch: pytest.MonkeyPatch) -> None:
    real = Tries._failed

    def failed(
        self: Tries, session: Any, incident: IncidentRow, page: PageRow, outcome: EndedTry
    ) -> bool:
        hurried = real(self, session, incident, page, outcome)
        if outcome.result is TryResult.REFUSED and page.status == PageStatus.DUE:
            page.status = PageStatus.WITHDRAWN
        return hurried

    patch.setattr(Tries, "_failed", failed)


@pytest.mark.long
@pytest.mark.parametrize(
    "taken_out",
    [
        pytest.param(_never_asks, id="1: an acknowledgement is a lease"),
        pytest.param(_a_used_key_does_nothing, id="1: who is silent is passed over"),
        pytest.param(_raise_pages_nobody, id="1: a raise calls the new tier"),
        pytest.param(_yesterday_is_today, id="2: matching is bounded in time"),
        pytest.param(_a_word_for_ever, id="3: a word answers what it can have known of"),
        pytest.param(_joins_what_was_cancelled, id="3: nothing joins what was cancelled"),
        pytest.param(_a_ladder_ends, id="4: a ladder never ends"),
        pytest.param(_clocks_are_believed, id="5: deadlines survive clocks"),
        pytest.param(_one_hard_answer_ends_a_page, id="9: no page fails for good"),
        pytest.param(_a_tier_overrules_all, id="13: only the very fact is overruled"),
        pytest.param(_closed_stays_closed, id="13: evidence after a resolution reopens"),
    ],
)
def test_the_law_notices_when_a_rule_is_taken_out(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    taken_out: Callable[[pytest.MonkeyPatch], None],
) -> None:
    taken_out(monkeypatch)
    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(Law, settings=looks(150, 35))
    with capsys.disabled():
        print(f"\nnoticed: {str(found.value).splitlines()[0]}")

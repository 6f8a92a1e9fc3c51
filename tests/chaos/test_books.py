"""The judge is judged: each promise notices when it is broken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.instants import NS_PER_S
from tests.chaos.books import ENDS_AN_ANSWER, Books, Call, Entry, Incident, broken_promises
from tests.chaos.faults import Fault, Kind, schedule
from tests.chaos.responder import Taken
from tests.chaos.shift import Fall

AT_NS = 1_700_000_000 * NS_PER_S
LATER_NS = AT_NS + 60 * NS_PER_S
FALL = Fall("w-1", AT_NS)
TIMELINE = (Entry(1, "opened"), Entry(2, "paging", 1), Entry(3, "acknowledged"))
CALL = Call(1, 0, "officer", "webhook")
INCIDENT = Incident(
    1, "w-1", AT_NS + NS_PER_S, TIMELINE, (AT_NS + 9,), {7: CALL}, ((7, AT_NS + 5),)
)
NEXT = CALL._replace(round=2)
PAGE = Taken(7, 1, "SEV2", "7", False, "w-1", AT_NS + 6)
KINDS = len(Kind)
BLOCK = ("belt-1", 1)
CRASH = Fault(1.0, 1.0, Kind.KILL, "backend")
GOOD = Books(
    offered={BLOCK},
    recorded={BLOCK},
    falls=(FALL,),
    incidents=(INCIDENT,),
    taken=(PAGE,),
    acknowledged_ns={1: AT_NS + 10},
)


def test_nothing_is_said_of_a_good_run() -> None:
    assert broken_promises(GOOD) == []


def test_a_repeat_after_a_crash_is_no_fault() -> None:
    again = replace(GOOD, faults=(CRASH,), taken=(PAGE, replace(PAGE, repeat=True)))
    assert broken_promises(again) == []
    assert again.duplicates == 1


def timed(*timeline: Entry) -> Incident:
    """Return the incident with another timeline."""
    return replace(INCIDENT, timeline=timeline)


@pytest.mark.parametrize("why", sorted(ENDS_AN_ANSWER))
def test_the_next_round_after_an_answer_has_ended_is_no_fault(why: str) -> None:
    again = replace(
        timed(*TIMELINE, Entry(4, why), Entry(5, "paging", 2)),
        calls={7: CALL, 8: NEXT},
        claimed=((7, AT_NS + 5), (8, LATER_NS)),
    )
    news = replace(PAGE, page=8, key="8", at_ns=LATER_NS)
    assert broken_promises(replace(GOOD, incidents=(again,), taken=(PAGE, news))) == []


@pytest.mark.parametrize(
    ("books", "told"),
    [
        pytest.param(replace(GOOD, recorded=set()), "in no recorder", id="acknowledged and lost"),
        pytest.param(
            replace(GOOD, recorded=set(), spooled={BLOCK}), "never arrived", id="never arrived"
        ),
        pytest.param(replace(GOOD, incidents=()), "has 0 incidents", id="a fall unseen"),
        pytest.param(
            replace(GOOD, incidents=(INCIDENT, replace(INCIDENT, id=2))),
            "has 2 incidents",
            id="a fall seen twice",
        ),
        pytest.param(replace(GOOD, falls=()), "nobody fell", id="an invented fall"),
        pytest.param(
            replace(GOOD, stand_ins=("w-2",)), "who never fell", id="an invented stand-in"
        ),
        pytest.param(
            replace(GOOD, stand_ins=("w-1", "w-1")), "not folded", id="stand-ins that are not one"
        ),
        pytest.param(replace(GOOD, taken=()), "nobody was paged", id="nobody paged"),
        pytest.param(
            replace(GOOD, taken=(PAGE, PAGE)), "came 2 times", id="a copy without a crash"
        ),
        pytest.param(
            replace(GOOD, incidents=(replace(INCIDENT, calls={7: CALL, 8: CALL}),)),
            "as if it were news",
            id="a copy as another page",
        ),
        pytest.param(
            replace(GOOD, faults=(CRASH,), taken=(PAGE, replace(PAGE, key="8"))),
            "neither says",
            id="a copy with another key",
        ),
        pytest.param(
            replace(GOOD, incidents=(replace(INCIDENT, claimed=((7, LATER_NS),)),)),
            "page 7 begun",
            id="a page of an answered round begun",
        ),
        pytest.param(
            replace(GOOD, taken=(replace(PAGE, at_ns=LATER_NS),)),
            "s after the answer",
            id="a page of an answered round that came late",
        ),
        pytest.param(
            replace(GOOD, incidents=(replace(INCIDENT, answered_ns=()),)),
            "is forgotten",
            id="an answer forgotten",
        ),
        pytest.param(
            replace(GOOD, incidents=(timed(*TIMELINE[:2]),)),
            "is forgotten",
            id="an answer that no timeline has",
        ),
        pytest.param(
            replace(GOOD, incidents=(timed(*TIMELINE, Entry(4, "paging", 2)),)),
            "calls for no reason",
            id="a call while an answer holds",
        ),
        pytest.param(
            replace(GOOD, incidents=(timed(TIMELINE[0], TIMELINE[2]),)), "timeline", id="a gap"
        ),
        pytest.param(replace(GOOD, restless="pages"), "not idle", id="stuck"),
        pytest.param(replace(GOOD, deaths={"gateway": [1]}), "ended by itself", id="died"),
        pytest.param(replace(GOOD, exit_codes={"edge-1": -9}), "exit code -9", id="hung"),
    ],
)
def test_a_broken_promise_is_told(books: Books, told: str) -> None:
    assert any(told in sentence for sentence in broken_promises(books))


def test_a_seed_gives_one_schedule_with_every_kind_and_no_part_broken_twice_at_once() -> None:
    faults = schedule(1, KINDS, 2.0, 21.0)
    assert faults == schedule(1, KINDS, 2.0, 21.0)
    assert faults != schedule(2, KINDS, 2.0, 21.0)
    assert {fault.kind for fault in faults} == set(Kind)
    for fault in faults:
        others = [other for other in faults if other.part == fault.part and other is not fault]
        assert not any(o.at_s < fault.end_s and fault.at_s < o.end_s for o in others)


def test_too_many_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        schedule(1, 200, 2.0, 21.0)

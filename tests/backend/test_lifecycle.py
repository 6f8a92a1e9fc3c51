from __future__ import annotations

import pytest

from backend.errors import IllegalTransitionError
from backend.incidents.lifecycle import LIFE, Act, Status, after

LEGAL = {
    (Status.OPEN, Act.ACKNOWLEDGE): Status.ACKNOWLEDGED,
    (Status.OPEN, Act.ARRIVE): Status.ON_SCENE,
    (Status.OPEN, Act.RESOLVE): Status.RESOLVED,
    (Status.ACKNOWLEDGED, Act.ACKNOWLEDGE): Status.ACKNOWLEDGED,
    (Status.ACKNOWLEDGED, Act.ARRIVE): Status.ON_SCENE,
    (Status.ACKNOWLEDGED, Act.GIVE_BACK): Status.OPEN,
    (Status.ACKNOWLEDGED, Act.PASS_OVER): Status.OPEN,
    (Status.ACKNOWLEDGED, Act.OUTGROW): Status.OPEN,
    (Status.ACKNOWLEDGED, Act.BECOME_REAL): Status.OPEN,
    (Status.ACKNOWLEDGED, Act.RESOLVE): Status.RESOLVED,
    (Status.ON_SCENE, Act.ARRIVE): Status.ON_SCENE,
    (Status.ON_SCENE, Act.GIVE_BACK): Status.OPEN,
    (Status.ON_SCENE, Act.PASS_OVER): Status.OPEN,
    (Status.ON_SCENE, Act.BECOME_REAL): Status.OPEN,
    (Status.ON_SCENE, Act.RESOLVE): Status.RESOLVED,
    (Status.RESOLVED, Act.REOPEN): Status.OPEN,
    (Status.RESOLVED, Act.RELAPSE): Status.OPEN,
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("act", list(Act))
def test_what_is_not_in_the_table_is_refused_by_name(status: Status, act: Act) -> None:
    if (status, act) in LEGAL:
        assert after(status, act) is LEGAL[status, act]
        return
    told = f"cannot {act} an incident that is {status.replace('_', ' ')}"
    with pytest.raises(IllegalTransitionError, match=told):
        after(status, act)


@pytest.mark.parametrize(
    ("status", "act", "hint"),
    [
        pytest.param(
            Status.OPEN,
            Act.REOPEN,
            "possible now: acknowledge it, say that you are on scene or resolve it",
            id="open: nobody has it to give back",
        ),
        pytest.param(
            Status.ON_SCENE,
            Act.ACKNOWLEDGE,
            "possible now: say that you are on scene, give it back or resolve it",
            id="what the system alone does is offered to nobody",
        ),
        pytest.param(
            Status.RESOLVED, Act.ACKNOWLEDGE, "possible now: reopen it", id="one thing alone"
        ),
    ],
)
def test_a_refusal_offers_what_a_person_can_do(status: Status, act: Act, hint: str) -> None:
    with pytest.raises(IllegalTransitionError) as refused:
        after(status, act)
    assert refused.value.hint == hint


def test_every_act_of_a_person_is_offered_and_no_other() -> None:
    ours = {Act.PASS_OVER, Act.OUTGROW, Act.RELAPSE, Act.BECOME_REAL}
    assert set(LIFE.offers) == set(Act) - ours

from __future__ import annotations

import pytest

from backend.errors import IllegalTransitionError
from backend.incidents.lifecycle import LIFE, Act, Life, after

LEGAL = {
    (Life.OPEN, Act.ACKNOWLEDGE): Life.ACKNOWLEDGED,
    (Life.OPEN, Act.ARRIVE): Life.ON_SCENE,
    (Life.OPEN, Act.RESOLVE): Life.RESOLVED,
    (Life.ACKNOWLEDGED, Act.ACKNOWLEDGE): Life.ACKNOWLEDGED,
    (Life.ACKNOWLEDGED, Act.ARRIVE): Life.ON_SCENE,
    (Life.ACKNOWLEDGED, Act.GIVE_BACK): Life.OPEN,
    (Life.ACKNOWLEDGED, Act.PASS_OVER): Life.OPEN,
    (Life.ACKNOWLEDGED, Act.OUTGROW): Life.OPEN,
    (Life.ACKNOWLEDGED, Act.BECOME_REAL): Life.OPEN,
    (Life.ACKNOWLEDGED, Act.RESOLVE): Life.RESOLVED,
    (Life.ON_SCENE, Act.ARRIVE): Life.ON_SCENE,
    (Life.ON_SCENE, Act.GIVE_BACK): Life.OPEN,
    (Life.ON_SCENE, Act.PASS_OVER): Life.OPEN,
    (Life.ON_SCENE, Act.BECOME_REAL): Life.OPEN,
    (Life.ON_SCENE, Act.RESOLVE): Life.RESOLVED,
    (Life.RESOLVED, Act.REOPEN): Life.OPEN,
    (Life.RESOLVED, Act.RELAPSE): Life.OPEN,
}


@pytest.mark.parametrize("status", list(Life))
@pytest.mark.parametrize("act", list(Act))
def test_what_is_not_in_the_table_is_refused_by_name(status: Life, act: Act) -> None:
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
            Life.OPEN,
            Act.REOPEN,
            "possible now: acknowledge it, say that you are on scene or resolve it",
            id="open: nobody has it to give back",
        ),
        pytest.param(
            Life.ON_SCENE,
            Act.ACKNOWLEDGE,
            "possible now: say that you are on scene, give it back or resolve it",
            id="what the system alone does is offered to nobody",
        ),
        pytest.param(
            Life.RESOLVED, Act.ACKNOWLEDGE, "possible now: reopen it", id="one thing alone"
        ),
    ],
)
def test_a_refusal_offers_what_a_person_can_do(status: Life, act: Act, hint: str) -> None:
    with pytest.raises(IllegalTransitionError) as refused:
        after(status, act)
    assert refused.value.hint == hint


def test_every_act_of_a_person_is_offered_and_no_other() -> None:
    ours = {Act.PASS_OVER, Act.OUTGROW, Act.RELAPSE, Act.BECOME_REAL}
    assert set(LIFE.offers) == set(Act) - ours

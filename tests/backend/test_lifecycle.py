from __future__ import annotations

import pytest

from backend.errors import IllegalTransitionError
from backend.incidents.lifecycle import Act, Status, after

LEGAL = {
    (Status.OPEN, Act.ACKNOWLEDGE): Status.ACKNOWLEDGED,
    (Status.OPEN, Act.RESOLVE): Status.RESOLVED,
    (Status.ACKNOWLEDGED, Act.UNACKNOWLEDGE): Status.OPEN,
    (Status.ACKNOWLEDGED, Act.RESOLVE): Status.RESOLVED,
    (Status.RESOLVED, Act.REOPEN): Status.OPEN,
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("act", list(Act))
def test_what_is_not_in_the_table_is_refused_by_name(status: Status, act: Act) -> None:
    if (status, act) in LEGAL:
        assert after(status, act) is LEGAL[status, act]
        return
    with pytest.raises(IllegalTransitionError, match=f"cannot {act} an incident that is {status}"):
        after(status, act)

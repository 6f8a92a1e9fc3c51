"""How a channel fares, as a table over its attempts, and read from a database."""

from __future__ import annotations

import pytest

from backend.paging.channel_health import LAST, Attempt, health, read_health
from backend.paging.outcome import TryResult
from tests.support.pages import Pager


def attempts(told: str, person: str = "karin") -> list[Attempt]:
    """Return attempts, oldest first: `.` was sent, `x` failed, `r` was refused, `h` hung."""
    of = {".": TryResult.SENT, "x": TryResult.FAILED, "r": TryResult.REFUSED, "h": TryResult.HUNG}
    return [Attempt(n, of[sign], person, sign) for n, sign in enumerate(told, start=1)]


@pytest.mark.parametrize(
    ("told", "failures", "last_success_ns", "since_ns"),
    [
        pytest.param("", 0, None, None, id="nothing yet"),
        pytest.param("...", 0, 3, None, id="well"),
        pytest.param("..x", 1, 2, 3, id="failing since the third"),
        pytest.param(".xrh", 3, 1, 2, id="whatever way it fails"),
        pytest.param("xxx", 3, None, 1, id="it never worked"),
        pytest.param("xxx.", 0, 4, None, id="it works again"),
        pytest.param("." + "x" * LAST, LAST, None, 2, id="more failures than are looked at"),
    ],
)
def test_what_is_said_of_a_channel(
    told: str, failures: int, last_success_ns: int | None, since_ns: int | None
) -> None:
    found = health("mail", reversed(attempts(told)), hung=2)
    assert (found.failures, found.last_success_ns, found.failing_since_ns) == (
        failures,
        last_success_ns,
        since_ns,
    )
    assert found.fails is (failures > 0)
    assert found.people == (1 if failures else 0)
    assert found.hung == 2


def test_one_wrong_address_is_told_from_a_channel_that_fails() -> None:
    one = health("mail", attempts("rrrr"))
    two = health("mail", attempts("rr") + attempts("xx", "ines"))
    assert (one.people, two.people) == (1, 2)


def test_it_is_read_from_the_attempts(pager: Pager) -> None:
    pager.inbox.breaks("karin-ek", permanent=True)
    pager.inbox.breaks("ines-falk", permanent=False)
    pager.detect("fall", "belt-12")
    pager.fast_forward(3)
    pager.inbox.empty()
    with pager.parts.database.read() as session:
        found = read_health(session, ["inbox", "mail"], pager.parts.engine.hung)
    # Karin's was refused once and waits; Ines's failed at 0, 1 and 3 s.
    assert (found["inbox"].failures, found["inbox"].people) == (4, 2)
    assert found["inbox"].error == "no route"
    assert (found["mail"].results, found["mail"].hung) == ((), 0)

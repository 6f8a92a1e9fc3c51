"""What the page counts and counts down."""

from __future__ import annotations

from typing import Any

import pytest

from backend.console.calls import calls
from backend.console.countdown import asking, next_step
from contract.instants import ns
from tests.backend.console.sample_incidents import NOW_NS, fall, page


def test_repeated_pages_are_one_line_with_the_latest_state() -> None:
    first = NOW_NS - ns(60)
    pages = (
        page(4, "karin-ek", "Karin Ek", due_ns=first + ns(30)),
        page(1, "karin-ek", "Karin Ek", "due", due_ns=first, error="no route"),
        page(2, "omar-said", "Omar Said", due_ns=first + ns(1)),
        page(3, "karin-ek", "Karin Ek", due_ns=first + ns(2), channel="smtp"),
    )
    told = [
        (call.latest.id, call.latest.status, call.count, call.in_vain)
        for call in calls(fall(pages=pages))
    ]
    assert told == [(4, "sent", 2, 1), (2, "sent", 1, 0), (3, "sent", 1, 0)]


@pytest.mark.parametrize(
    ("changes", "left_s", "share"),
    [
        pytest.param({}, 46.0, 46 / 117.9, id="since the last page"),
        pytest.param({"pages": ()}, 46.0, 46 / 118, id="since it was opened"),
        pytest.param(
            {"next_step_ns": NOW_NS - ns(5)}, 0.0, 0.0, id="overdue is zero, not negative"
        ),
        pytest.param({"next_step_ns": None}, None, None, id="nobody is next"),
        pytest.param({"status": "acknowledged"}, None, None, id="taken"),
    ],
)
def test_the_countdown(changes: dict[str, Any], left_s: float | None, share: float | None) -> None:
    found = next_step(fall(**changes))
    assert (found and found.left_s(NOW_NS)) == left_s
    assert (found and found.share_left(NOW_NS)) == (share and pytest.approx(share))


@pytest.mark.parametrize(
    ("until_ns", "status", "asked"),
    [
        pytest.param(NOW_NS + 1, "open", True, id="being asked"),
        pytest.param(NOW_NS, "open", False, id="time is up"),
        pytest.param(None, "open", False, id="never asked"),
        pytest.param(NOW_NS + 1, "acknowledged", False, id="somebody goes"),
    ],
)
def test_the_wearer_is_asked(until_ns: int | None, status: str, asked: bool) -> None:
    assert bool(asking(fall(asking_until_ns=until_ns, status=status), NOW_NS)) is asked

"""Every channel that there is against every promise. None is listed here."""

from __future__ import annotations

import pytest

from backend.paging import channels
from backend.paging.channel import Channel
from contract.plugins import find
from tests.support.channel_checks import CHECKS, Check
from tests.support.stage import stage_of

KINDS = sorted(find(channels, Channel))  # type: ignore[type-abstract]


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("kind", KINDS)
def test_keeps_the_promise(kind: str, check: Check) -> None:
    check(stage_of(kind))


def test_the_folder_has_what_ships() -> None:
    assert {"console", "smtp", "webhook"} <= set(KINDS)

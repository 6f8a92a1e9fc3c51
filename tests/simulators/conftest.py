"""What the simulators' tests share: the worked example's site, and real brokers."""

from __future__ import annotations

import pytest

from contract.site import Site
from contract.sitefile import parse
from tests.support.brokers import broker as broker
from tests.support.needs import ROOT


@pytest.fixture(scope="session")
def site() -> Site:
    return parse((ROOT / "site.toml").read_text(encoding="utf-8"))

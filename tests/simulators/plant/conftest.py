"""One small plant for all of these tests: sixteen zones, two minutes."""

from __future__ import annotations

import pytest

from simulators.plant.plant import Delivery, Plant


@pytest.fixture(scope="session")
def plant() -> Plant:
    return Plant(bays=2, badges=80, lasts_s=120, acts=50, seed=3)


@pytest.fixture(scope="session")
def deliveries(plant: Plant) -> tuple[Delivery, ...]:
    return tuple(plant.deliveries())

"""The people model's weights, for tests that look at real pictures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.vision.weights import WeightsError, locate
from tests.support.needs import all_required


@pytest.fixture(scope="session")
def movenet() -> Path:
    """Where MoveNet's weights are."""
    try:
        return locate("movenet")
    except WeightsError as error:
        if all_required(os.environ):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))

"""The people model's weights, for tests that look at real pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.vision.weights import WeightsError, locate


@pytest.fixture(scope="session")
def movenet() -> Path:
    """Where MoveNet's weights are."""
    try:
        return locate("movenet")
    except WeightsError as error:
        pytest.skip(str(error))

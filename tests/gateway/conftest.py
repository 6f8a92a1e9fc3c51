from __future__ import annotations

import pytest

from gateway.ingest import Ingest
from tests.support.brokers import broker as broker
from tests.support.ingested import new_ingest


@pytest.fixture
def ingest() -> Ingest:
    """An ingest of the site of two, with its detectors."""
    return new_ingest()

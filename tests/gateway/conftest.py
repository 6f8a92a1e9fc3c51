from __future__ import annotations

from tests.support.brokers import broker as broker

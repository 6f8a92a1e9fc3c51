"""`pytest tests/replay --accept` takes what is detected today as right."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes what is detected today into expected.jsonl."""
    parser.addoption(
        "--accept",
        action="store_true",
        help="write today's detections into expected.jsonl; look at the diff before you commit",
    )

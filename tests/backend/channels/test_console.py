from __future__ import annotations

import pytest

from backend.paging.channels.console import ConsoleChannel
from tests.support.paged import a_page


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param(
            {},
            "PAGE SEV2 → Karin Ek: Fall, Mira Keller, B3 Press line, 20:18:44. "
            "Acknowledge: http://floorwatch.example/a/TOKEN\n",
            id="a page",
        ),
        pytest.param(
            {
                "exercise": True,
                "summary": "EXERCISE – SEV2: Fall, Mira Keller, B3 Press line, 20:18:44",
            },
            "EXERCISE – PAGE SEV2 → Karin Ek: Fall, Mira Keller, B3 Press line, 20:18:44. "
            "Acknowledge: http://floorwatch.example/a/TOKEN\n",
            id="an exercise",
        ),
        pytest.param(
            {"repeat": True},
            "PAGE SEV2 → Karin Ek: Fall, Mira Keller, B3 Press line, 20:18:44 (repeat). "
            "Acknowledge: http://floorwatch.example/a/TOKEN\n",
            id="a repeat",
        ),
    ],
)
def test_one_line_a_page(
    capsys: pytest.CaptureFixture[str], changes: dict[str, object], line: str
) -> None:
    ConsoleChannel().send(a_page(**changes))
    assert capsys.readouterr().out == line

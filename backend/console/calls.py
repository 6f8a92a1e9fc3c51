"""Pages repeat until somebody answers; a reader sees one line a person and channel. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from backend.incidents.view import IncidentView, PageView


@dataclass(frozen=True)
class CallLine:
    """Every page to one person over one channel: the latest, and how many there were."""

    latest: PageView
    count: int
    in_vain: int
    """How many were tried, did not get through, and are tried on."""


def calls(view: IncidentView) -> tuple[CallLine, ...]:
    """Return one call a person and channel, in the order in which they were first due."""
    grouped: dict[tuple[str, str], list[PageView]] = {}
    for page in sorted(view.pages, key=lambda page: (page.due_ns, page.id)):
        grouped.setdefault((page.person, page.channel), []).append(page)
    return tuple(
        CallLine(pages[-1], len(pages), sum(page.in_vain for page in pages))
        for pages in grouped.values()
    )

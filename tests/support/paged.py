"""A page, as a channel gets it."""

from __future__ import annotations

from backend.paging.page import Page
from backend.people.contact import Contact
from contract.instants import ns
from contract.severity import Severity

PAGE = Page(
    id=7,
    token="c0ffee",
    created_ns=ns(1_767_640_726),
    incident=3,
    severity=Severity.SEV2,
    kind="fall",
    to=Contact(person="karin-ek", name="Karin Ek", email="karin.ek@hall7.example"),
    person="m-keller",
    zone="press-line",
    onset="2026-01-05T19:18:44+00:00",
    summary="SEV2: Fall, Mira Keller, B3 Press line, 20:18:44",
    text="SEV2: Fall, Mira Keller, B3 Press line, 20:18:44\n"
    "Acknowledge: http://floorwatch.example/a/TOKEN",
    acknowledge_url="http://floorwatch.example/a/TOKEN",
    exercise=False,
    repeat=False,
)


def a_page(**changes: object) -> Page:
    """Return a page of a fall, with these fields changed."""
    return PAGE.model_copy(update=changes)

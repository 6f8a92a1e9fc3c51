"""One word, one thing: no two packages call different things by one name, but for those here."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.support.packages import PACKAGES
from tests.support.tree import kept_files, text_of

SITE_FILE = "the site file's table of this name says how the thing of this name is to be"
TWIN = "the same part at both ends of one wire, and neither end imports the other"
PLAYED = "the simulators play, or know the truth of, what the other measures or judges"
SEEN_AND_JUDGED = "the agent measures what the detectors judge, each in the terms of its own side"
TOLD_AND_KEPT = "the contract carries what the detectors reckon with"
_REASONS = {
    SITE_FILE: ("Agent", "Gateway"),
    TWIN: ("BrokerError", "Inbox", "Intake", "Link"),
    SEEN_AND_JUDGED: (
        *("Blindness", "Context", "Heard", "Hours", "Passed", "Seen", "Source", "Stream", "Watch"),
    ),
    TOLD_AND_KEPT: ("Rule", "Whereabouts"),
    PLAYED: (
        *("Act", "Change", "Channel", "Claim", "Crossing", "Delivery", "Detector", "Entry", "Eye"),
        *(
            "Floor",
            "Moment",
            "Motion",
            "Movement",
            "Outcome",
            "Press",
            "Run",
            "Scene",
            "Step",
            "Told",
        ),
        *("Told", "Verdict", "Watched", "Watcher", "Way", "Weights", "Where"),
    ),
}
EXCEPTIONS = {name: reason for reason, names in _REASONS.items() for name in names}
"""Name → why it may stand for a class of each of several packages."""


def used_by_several() -> dict[str, set[str]]:
    """Return each class name that several packages have, with the packages."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in kept_files():
        package = path.partition("/")[0]
        if package not in PACKAGES or not path.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(text_of(path) or "")):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].add(package)
    return {name: packages for name, packages in found.items() if len(packages) > 1}


def test_no_class_name_stands_for_things_of_several_packages() -> None:
    new = {name: sorted(by) for name, by in used_by_several().items() if name not in EXCEPTIONS}
    assert new == {}, "give the newer one the field's word for what it is"


def test_no_exception_is_left_over() -> None:
    assert sorted(EXCEPTIONS.keys() - used_by_several().keys()) == [], "take it off the list"

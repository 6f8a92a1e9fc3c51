"""The documents as a reader follows them: links lead somewhere, decisions have one number each."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from typer.main import get_command

from floorwatch.__main__ import application
from tests.support.needs import ROOT

DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "detectors").rglob("*.md")),
]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
LINK = re.compile(r"\[([^\]\[]*)\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
COMMAND = re.compile(r"\bfloorwatch ((?:[a-z][a-z-]+ ?){1,2})")


def anchors(document: Path) -> set[str]:
    """Return what a link may name in a document, as the usual renderers make it of headings."""
    heads = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def dead(document: Path) -> list[str]:
    text = CODE.sub("", document.read_text(encoding="utf-8"))
    found = []
    for _, target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            found.append(target)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    assert dead(document) == []


def test_a_decision_has_a_number_of_its_own_and_says_it() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert [n for n, times in Counter(numbers).items() if times > 1] == []
    assert numbers == list(range(1, len(numbers) + 1))
    heads = [path.read_text(encoding="utf-8").split(maxsplit=2)[1] for path in DECISIONS]
    assert [int(head.rstrip(".")) for head in heads] == numbers


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_to_a_decision_says_its_number(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"\[(\d{4})\]\((?:[\w./]*/)?(\d{4})-", text)
    assert [pair for pair in named if pair[0] != pair[1]] == []


def test_every_command_that_a_document_names_is_there() -> None:
    root = get_command(application())
    commands = dict(getattr(root, "commands", {}))
    for document in DOCUMENTS:
        spans = CODE.findall(document.read_text(encoding="utf-8"))
        for said in (word for span in spans for word in COMMAND.findall(span)):
            first, *more = said.split()
            assert first in commands, f"{document.name}: floorwatch {said}"
            under = getattr(commands[first], "commands", None)
            assert not (under and more) or more[0] in under, f"{document.name}: floorwatch {said}"


@pytest.mark.parametrize(
    ("package", "decision"),
    [
        pytest.param("backend", "0011-folders-of-the-backend.md", id="backend"),
        pytest.param("edge", "0017-no-circles.md", id="edge"),
    ],
)
def test_the_folders_of_a_package_are_told_in_the_order_that_imports_have(
    package: str, decision: str
) -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = table["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each.get("containers") == [package])
    chapter = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    chapter = chapter.split(f"| folder of `{package}/`")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`.*?`) \|", chapter, re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    rank = {name: n for n, layer in enumerate(reversed(layers)) for name in layer.split(" | ")}
    folders = [name for name in rank if (ROOT / package / name).is_dir()]
    assert sorted(told) == sorted(folders)
    assert [rank[name] for name in told] == sorted(rank[name] for name in told)
    text = (ROOT / "docs" / "decisions" / decision).read_text("utf-8")
    line = next(line for line in text.splitlines() if re.match(r"`\w+ <", line))
    ordered = re.findall(r"\w+", line)
    assert [rank[name] for name in ordered] == sorted(rank[name] for name in ordered)
    assert set(folders) <= set(ordered)

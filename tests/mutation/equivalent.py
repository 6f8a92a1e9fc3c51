"""Mutants that do what the code does: each with the reason, in `equivalent.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

SQL = re.compile(
    r"\b(select|insert|delete|update|set|where|and|on conflict|is_event)\b", re.IGNORECASE
)
LISTED = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Equivalent:
    """A change of a file that nobody can notice, and why not."""

    file: str
    change: str
    """The lines that go and come, as a survivor is printed, without what indents them."""
    why: str


def listed(path: Path = LISTED) -> list[Equivalent]:
    """Return all that are listed."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Equivalent(entry["file"], bare(entry["change"]), entry["why"])
        for entry in told.get("equivalent", [])
    ]


def bare(change: str) -> str:
    """Return a change without the indentation of its lines: code moves, a change stays.

    >>> bare("-    a = 1\\n+    a = 2\\n")
    '-a = 1\\n+a = 2'
    """
    lines = [line for line in change.splitlines() if line.strip()]
    return "\n".join(line[:1] + line[1:].strip() for line in lines)


def is_sql_in_another_case(change: str) -> bool:
    """Whether a change writes a statement of SQL in capitals, or without: to SQL it is the same.

    >>> is_sql_in_another_case("-'DELETE FROM block'\\n+'delete from block'")
    True
    >>> is_sql_in_another_case("-'resolved'\\n+'RESOLVED'")
    False
    """
    gone = [line[1:] for line in change.splitlines() if line.startswith("-")]
    come = [line[1:] for line in change.splitlines() if line.startswith("+")]
    same = [line.casefold() for line in gone] == [line.casefold() for line in come]
    return same and all(SQL.search(line) for line in gone)

"""Which mutants are tried: the files and tests that pyproject.toml names, and a seeded sample."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Area:
    """Code that stands together, and the tests that are about it."""

    name: str
    files: tuple[str, ...]
    """Glob patterns from the root of the project."""
    tests: tuple[str, ...]
    """As pytest takes them: paths and options."""

    def sources(self, root: Path) -> list[str]:
        """Return the files that its patterns mean, as paths from the root.

        Raises
        ------
        FileNotFoundError
            When a pattern means no file: what moved is not left out in silence.
        """
        found: set[str] = set()
        for pattern in self.files:
            meant = {str(path.relative_to(root)) for path in root.glob(pattern)}
            if not meant:
                raise FileNotFoundError(f"{pattern} of the area {self.name} means no file")
            found |= meant
        return sorted(path for path in found if not path.endswith("__init__.py"))


@dataclass(frozen=True)
class Plan:
    """What `[tool.floorwatch.mutants]` says."""

    sample: int
    least_per_file: int
    seed: int
    areas: tuple[Area, ...]


def read_plan(pyproject: Path) -> Plan:
    """Return the plan that stands in a pyproject.toml."""
    told = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["floorwatch"]["mutants"]
    areas = tuple(
        Area(area["name"], tuple(area["files"]), tuple(area["tests"])) for area in told["area"]
    )
    return Plan(told["sample"], told["least_per_file"], told["seed"], areas)


def allot(counts: Mapping[str, int], sample: int, least: int) -> dict[str, int]:
    """Return how many mutants of each file are tried, from how many it has.

    Every file has `least` of them, or all when it has fewer, even when that is more than `sample`
    together. What remains of `sample` is shared in proportion to what each file has beyond that.

    >>> allot({"small": 3, "middle": 20, "large": 60}, sample=33, least=5)
    {'small': 3, 'middle': 9, 'large': 21}
    >>> allot({"small": 3, "middle": 20, "large": 60}, sample=1, least=5)
    {'small': 3, 'middle': 5, 'large': 5}
    """
    first = {file: min(count, least) for file, count in counts.items()}
    beyond = {file: count - first[file] for file, count in counts.items()}
    left = max(0, min(sample - sum(first.values()), sum(beyond.values())))
    shares = {file: left * more / max(1, sum(beyond.values())) for file, more in beyond.items()}
    whole = {file: int(share) for file, share in shares.items()}
    owed = left - sum(whole.values())
    most_owed = sorted(shares, key=lambda file: (whole[file] - shares[file], file))
    for file in most_owed[:owed]:
        whole[file] += 1
    return {file: first[file] + whole[file] for file in counts}


def drawn(names: Collection[str], number: int, seed: int) -> list[str]:
    """Return that many of the names, the same ones for the same seed.

    Each name has its own lot, so that a mutant more in one function exchanges no other.

    >>> drawn(["a", "b", "c", "d"], 2, seed=1) == drawn(["d", "c", "b", "a"], 2, seed=1)
    True
    """
    lot = {name: hashlib.sha256(f"{seed}:{name}".encode()).digest() for name in names}
    return sorted(sorted(lot, key=lot.__getitem__)[:number])

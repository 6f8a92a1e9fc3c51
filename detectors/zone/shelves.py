"""A mapping by name of which a changed copy is cheap: what is known of thousands of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TypeVar, overload
from zlib import crc32

V = TypeVar("V")
D = TypeVar("D")
SHELVES = 256


class Shelves(Mapping[str, V]):
    """Names shared out over shelves; never changed in place, and copies share unchanged shelves.

    So what a change costs does not grow with how many names there are, up to some thousands. On
    which shelf a name lies does not change from one process to the next.

    >>> one = Shelves[int]().having({"anna": 1})
    >>> one.having({"ben": 2}).without("anna"), one
    (Shelves({'ben': 2}), Shelves({'anna': 1}))
    """

    __slots__ = ("shelves",)

    shelves: tuple[Mapping[str, V], ...]

    def __init__(self, shelves: tuple[Mapping[str, V], ...] = ({},) * SHELVES) -> None:
        self.shelves = shelves

    def having(self, changes: Mapping[str, V]) -> Shelves[V]:
        """Return a copy with these values."""
        shelves = list(self.shelves)
        fresh: dict[int, dict[str, V]] = {}
        for name, value in changes.items():
            number = crc32(name.encode()) % SHELVES
            shelf = fresh.get(number)
            if shelf is None:
                shelf = shelves[number] = fresh[number] = dict(shelves[number])
            shelf[name] = value
        return Shelves(tuple(shelves))

    def without(self, *names: str) -> Shelves[V]:
        """Return a copy without these names."""
        shelves = list(self.shelves)
        for name in names:
            number = crc32(name.encode()) % SHELVES
            shelves[number] = {key: shelves[number][key] for key in shelves[number] if key != name}
        return Shelves(tuple(shelves))

    def __getitem__(self, name: str) -> V:
        return self.shelves[crc32(name.encode()) % SHELVES][name]

    @overload
    def get(self, name: str, /) -> V | None: ...
    @overload
    def get(self, name: str, default: V | D, /) -> V | D: ...
    def get(self, name: str, default: V | D | None = None, /) -> V | D | None:
        """Return what lies under a name, or else `default`."""
        return self.shelves[crc32(name.encode()) % SHELVES].get(name, default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.shelves[crc32(name.encode()) % SHELVES]

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.shelves)

    def __len__(self) -> int:
        return sum(map(len, self.shelves))

    def __repr__(self) -> str:
        return f"Shelves({dict(self)})"

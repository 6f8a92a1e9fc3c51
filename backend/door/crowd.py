"""Connections in the order in which they give way, kept up to date: a flood costs no search."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)


class Crowd(Generic[C]):
    """Members by rank, and within one in the order in which they came to it."""

    def __init__(self) -> None:
        self._rank_of: dict[C, int | None] = {}
        self._by_rank: dict[int | None, dict[C, None]] = {}

    def __len__(self) -> int:
        return len(self._rank_of)

    def put(self, one: C, rank: int | None) -> None:
        """Put a member, new or known, behind all others of a rank."""
        self.drop(one)
        self._rank_of[one] = rank
        self._by_rank.setdefault(rank, {})[one] = None

    def drop(self, one: C) -> None:
        """Take a member out, if it is one."""
        if one in self._rank_of:
            del self._by_rank[self._rank_of.pop(one)][one]

    def longest_waiting(self) -> Iterator[C]:
        """Yield the first of every rank but of None, who never gives way."""
        for rank, members in self._by_rank.items():
            if rank is not None and members:
                yield next(iter(members))

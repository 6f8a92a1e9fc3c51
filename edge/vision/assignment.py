"""The cheapest pairing of two sets, by the Hungarian method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FORBIDDEN = 1e6
"""A cost that no pairing is worth: such pairs are left apart."""


def assign(cost: NDArray[np.float64]) -> Sequence[tuple[int, int]]:
    """Return the pairs (row, column) whose costs add up to the least.

    As many pairs are made as the shorter side has members; those that cost `FORBIDDEN` or more are
    left out of the answer, after they were made dear enough to be nobody's choice.

    Notes
    -----
    Shortest augmenting paths with potentials, O(n² m) (R. Jonker and A. Volgenant, Computing 38,
    1987). A picture has tens of people at most, so numpy alone is fast enough.

    >>> assign(np.array([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]]))
    [(0, 1), (1, 0), (2, 2)]
    >>> assign(np.array([[1.0], [0.5], [FORBIDDEN]]))
    [(1, 0)]
    >>> assign(np.zeros((0, 3)))
    []
    """
    rows, columns = cost.shape
    if not rows or not columns:
        return []
    if rows > columns:
        return sorted((row, column) for column, row in assign(cost.T))
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    row_of = np.full(columns, -1)
    for row in range(rows):
        column, came_from = _cheapest_path(row, cost, row_price, column_price, row_of)
        while column != -1:
            before = came_from[column]
            row_of[column] = row if before == -1 else row_of[before]
            column = before
    pairs = [(int(row), column) for column, row in enumerate(row_of) if row != -1]
    return sorted(pair for pair in pairs if cost[pair] < FORBIDDEN)


def _cheapest_path(
    row: int,
    cost: NDArray[np.float64],
    row_price: NDArray[np.float64],
    column_price: NDArray[np.float64],
    row_of: NDArray[np.int_],
) -> tuple[int, NDArray[np.int_]]:
    """Return the free column that `row` reaches cheapest, and the way back; update the prices."""
    columns = cost.shape[1]
    distance = np.full(columns, np.inf)
    came_from = np.full(columns, -1)
    done = np.zeros(columns, bool)
    here, last, least = row, -1, 0.0
    while True:
        onward = least + cost[here] - row_price[here] - column_price
        closer = ~done & (onward < distance)
        distance[closer] = onward[closer]
        came_from[closer] = last
        last = int(np.argmin(np.where(done, np.inf, distance)))
        least = float(distance[last])
        done[last] = True
        if row_of[last] == -1:
            break
        here = int(row_of[last])
    row_price[row] += least
    for column in np.flatnonzero(done):
        if row_of[column] != -1:
            row_price[row_of[column]] += least - distance[column]
        column_price[column] += distance[column] - least
    return last, came_from

"""What a count says about the rate behind it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

HALVINGS = 60
"""Each halves the bracket: 60 leave nothing of it that a float could tell."""


def interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact confidence interval of a Poisson mean of which `count` was seen.

    It is that of F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936)
    437-442: the lower limit is the mean of which `count` or more are seen with probability
    (1 - confidence) / 2, the upper one that of which `count` or fewer are. The same limits are
    quantiles of chi-square with 2 count and 2 count + 2 degrees of freedom, halved. Here they are
    found by bisection.

    >>> [round(limit, 4) for limit in interval(0)]
    [0.0, 3.6889]
    >>> [round(limit, 4) for limit in interval(10)]
    [4.7954, 18.3904]
    """
    if count < 0:
        raise ValueError(f"{count}: a count is not negative")
    tail = (1 - confidence) / 2
    reach = count + 10 * math.sqrt(count + 1) + 10
    upper = _falls_to(lambda mean: at_most(count, mean), tail, count, reach)
    if count == 0:
        return 0.0, upper
    return _falls_to(lambda mean: at_most(count - 1, mean), 1 - tail, 0, count), upper


def at_most(count: int, mean: float) -> float:
    """Return the probability of seeing `count` or fewer where `mean` are expected.

    >>> round(at_most(2, 1.0), 4)  # e**-1 * (1 + 1 + 1/2)
    0.9197
    """
    if mean <= 0:
        return 1.0
    seen = np.arange(count + 1)
    log_factorials = np.concatenate(([0.0], np.cumsum(np.log(seen[1:]))))
    return min(1.0, float(np.exp(seen * math.log(mean) - mean - log_factorials).sum()))


def _falls_to(
    probability: Callable[[float], float], wanted: float, low: float, high: float
) -> float:
    """Return where a falling probability has come down to `wanted`."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if probability(middle) > wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2

"""What a count says about the rate behind it."""

from __future__ import annotations


def interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact confidence interval of a Poisson mean of which `count` was seen.

    It is that of F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936)
    437-442: the lower limit is the mean of which `count` or more are seen with probability
    (1 - confidence) / 2, the upper one that of which `count` or fewer are. Both are quantiles of a
    gamma distribution, with shapes `count` and `count` + 1.

    >>> [round(limit, 4) for limit in interval(0)]
    [0.0, 3.6889]
    >>> [round(limit, 4) for limit in interval(10)]
    [4.7954, 18.3904]
    """
    if count < 0:
        raise ValueError(f"{count}: a count is not negative")
    from scipy.special import gammaincinv  # not at the start of every `floorwatch`: 40 MB

    tail = (1 - confidence) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return low, float(gammaincinv(count + 1, 1 - tail))
